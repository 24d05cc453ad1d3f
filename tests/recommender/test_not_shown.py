"""Not shown, and why: the stage of the policy that removed each coupon, on the page of a shopper."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from recommender.enums import PolicyStatus
from recommender.partitions import ensure_partitions
from tests.made_up_rows import make_superuser
from tests.made_up_shop import (
    make_campaign,
    make_channel,
    make_coupon,
    make_coupons,
    make_shopper,
    make_version,
    recommend,
)
from tests.recommender.made_up_policies import make_policy

pytestmark = pytest.mark.django_db


def test_each_stage_says_what_it_removed(client: Client) -> None:
    now = timezone.now()
    ensure_partitions(first=now, last=now)
    channel = make_channel()
    shown, excluded, crowded = make_coupons(make_campaign(channel, "A", now=now), 3)
    members = make_coupon(make_campaign(channel, "M", now=now, audience="members"), "sent")
    shopper = make_shopper(channel)
    recommend(make_version(), shopper, shown, excluded, crowded, members)
    make_policy(channel, PolicyStatus.LIVE, excluded_coupons=[excluded.pk], max_per_campaign=1)
    client.force_login(make_superuser())

    answer = client.get(reverse("admin:coupons_shopper_change", args=[shopper.pk]))

    page = answer.context["page"]
    assert [item.coupon.pk for item in page["shown"]] == [shown.pk]
    assert [(hidden.coupon.pk, hidden.stage_text, hidden.why) for hidden in page["hidden"]] == [
        (excluded.pk, "The policy's own rules", "The policy excludes it"),
        (members.pk, "What the shopper may use", "Campaign M was not sent to this shopper"),
        (crowded.pk, "Mix", "Enough coupons of its campaign are shown"),
    ]
    assert "<td>Mix</td>" in answer.content.decode()
