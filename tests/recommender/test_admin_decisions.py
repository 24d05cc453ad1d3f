"""The page of one decision: every candidate by name, the best first, with what became of it in words."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recommender.policies.removals import Removal
from tests.made_up_rows import make_superuser
from tests.made_up_shop import make_campaign, make_channel, make_coupon, make_shopper
from tests.recommender.made_up_policies import log_slate


@pytest.mark.django_db
def test_a_decision_names_its_candidates_and_what_became_of_them(client: Client) -> None:
    channel = make_channel()
    campaign = make_campaign(channel)
    first, second = (make_coupon(campaign, number, title=f"Coupon {number}") for number in ("1", "2"))
    gone = second.pk + 1
    log = log_slate(
        make_shopper(channel), timezone.now(), candidates=[first.pk, second.pk, gone], scores=[0.1, 0.5, 0.0],
        removed=[Removal.LOW_SCORE, Removal.SHOWN, Removal.EXCLUDED], propensities=[0.0, 0.75, 0.0],
    )  # fmt: skip
    client.force_login(make_superuser())
    page = client.get(reverse("admin:recommender_slatelog_change", args=[log.pk])).content.decode()
    [body] = re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    rows = [re.findall(r">([^<>]+)<", row) for row in re.findall(r"<tr>(.*?)</tr>", body)]
    assert rows == [
        ["Coupon 2", "0.5000", "Shown", "0.750"],
        ["Coupon 1", "0.1000", "Its score is below the lowest that the policy shows", "0.000"],
        [f"#{gone}", "–", "The policy excludes it", "0.000"],
    ]
