"""The demo begins with a draft policy: something to look at that serves nobody."""

import pytest

from recommender.datasets.demo import draft_policy
from recommender.enums import HoldoutSees, PolicyStatus
from recommender.models import Policy
from recommender.selectors.rules import read_rules
from tests.made_up_shop import make_channel

pytestmark = pytest.mark.django_db


def test_the_draft_is_made_once_and_serves_nobody() -> None:
    channel = make_channel()
    draft_policy(channel)
    draft_policy(channel)
    policy = Policy.objects.get()
    assert (policy.status, policy.holdout_sees) == (PolicyStatus.DRAFT, HoldoutSees.NOTHING)
    assert [(budget.name, budget.limit_minor) for budget in policy.budgets.all()] == [("Coupons", 30_000)]
    assert read_rules(channel.pk).live is None
