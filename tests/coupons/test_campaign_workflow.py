"""Two people approve; every step and edit is written down; what is left out of an edit stays as it was."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from coupons.enums import CampaignStatus
from coupons.errors import LimitBelowUse, Malformed, NotFound, SelfApproval, StateConflict, VersionConflict
from coupons.models import AuditEntry, Campaign, Coupon
from coupons.services import (
    approve_campaign,
    archive_campaign,
    pause_campaign,
    reopen_campaign,
    resume_campaign,
    submit_campaign,
    update_campaign,
    update_coupon,
)
from tests.coupons.factories import make_campaign, make_coupon, make_shopper
from tests.coupons.ledger import redeem, use

pytestmark = pytest.mark.django_db
ANNA, BORIS = "user:1", "user:2"


@pytest.fixture
def draft() -> Campaign:
    return make_coupon(make_campaign(status=CampaignStatus.DRAFT)).campaign


def status(campaign: Campaign) -> str:
    return Campaign.objects.get(pk=campaign.pk).status


def test_from_draft_to_archive(draft: Campaign) -> None:
    steps: list[tuple[Callable[..., Campaign], str, str]] = [
        (submit_campaign, ANNA, "in_review"),
        (approve_campaign, BORIS, "approved"),
        (pause_campaign, ANNA, "paused"),
        (resume_campaign, ANNA, "approved"),
        (pause_campaign, ANNA, "paused"),
        (reopen_campaign, ANNA, "draft"),
        (archive_campaign, ANNA, "archived"),
    ]
    for step, actor, expected in steps:
        assert step(campaign_id=draft.pk, actor=actor, request_id="r-1").status == expected
    entries = AuditEntry.objects.filter(object_type="campaign", object_id=str(draft.pk)).order_by("pk")
    assert [(e.actor, e.action) for e in entries] == [
        (actor, step.__name__.removesuffix("_campaign")) for step, actor, _ in steps
    ]
    approval = entries[1]
    assert approval.before == {"status": "in_review", "approved_by": "", "version": 2}
    assert approval.after == {"status": "approved", "approved_by": BORIS, "version": 3}
    assert approval.request_id == "r-1"


def test_nobody_approves_their_own(draft: Campaign) -> None:
    submit_campaign(campaign_id=draft.pk, actor=ANNA)
    with pytest.raises(SelfApproval):
        approve_campaign(campaign_id=draft.pk, actor=ANNA)
    assert status(draft) == "in_review"


@pytest.mark.parametrize(
    ("before", "step"),
    [
        ("draft", approve_campaign),
        ("draft", pause_campaign),
        ("in_review", submit_campaign),
        ("approved", resume_campaign),
        ("approved", reopen_campaign),
        ("paused", approve_campaign),
        ("archived", archive_campaign),
        ("archived", resume_campaign),
    ],
)
def test_other_steps_are_refused_and_change_nothing(before: str, step: Callable[..., Campaign]) -> None:
    campaign = make_coupon(make_campaign(status=before)).campaign
    with pytest.raises(StateConflict):
        step(campaign_id=campaign.pk, actor=ANNA)
    assert (status(campaign), AuditEntry.objects.count()) == (before, 0)


def test_a_campaign_without_coupons_is_not_submitted() -> None:
    campaign = make_campaign(status=CampaignStatus.DRAFT)
    with pytest.raises(Malformed):
        submit_campaign(campaign_id=campaign.pk, actor=ANNA)
    with pytest.raises(NotFound):
        submit_campaign(campaign_id=campaign.pk + 1, actor=ANNA)


def test_tc_26_an_edit_that_omits_the_end_leaves_it_to_the_microsecond(draft: Campaign) -> None:
    end = datetime(2030, 4, 1, 3, 59, 59, 123_457, tzinfo=UTC)
    Campaign.objects.filter(pk=draft.pk).update(ends_at=end)
    before = Campaign.objects.filter(pk=draft.pk).values().get()
    update_campaign(campaign_id=draft.pk, changes={"name": "Another"}, actor=ANNA)
    after = Campaign.objects.filter(pk=draft.pk).values().get()
    assert after == {**before, "name": "Another", "version": 2}
    assert AuditEntry.objects.get().after == {"name": "Another", "version": 2}


def test_an_edit_of_an_older_version_is_refused(draft: Campaign) -> None:
    update_campaign(campaign_id=draft.pk, changes={"name": "One"}, actor=ANNA, expected_version=1)
    with pytest.raises(VersionConflict):
        update_campaign(campaign_id=draft.pk, changes={"name": "Two"}, actor=BORIS, expected_version=1)
    assert Campaign.objects.get(pk=draft.pk).name == "One"


def test_approved_terms_do_not_change_but_a_coupon_can_be_switched_off() -> None:
    coupon = make_coupon(usage_limit=5)
    with pytest.raises(StateConflict):
        update_coupon(coupon_id=coupon.pk, changes={"usage_limit": 50}, actor=ANNA)
    update_coupon(coupon_id=coupon.pk, changes={"active": False}, actor=ANNA)
    row = Coupon.objects.get(pk=coupon.pk)
    assert (row.usage_limit, row.active) == (5, False)


@pytest.mark.parametrize(
    "changes",
    [
        {"weekly_windows": [{"days": [8], "from": "18:00", "to": "22:00"}]},
        {"status": "approved"},
        {"nonsense": 1},
        {"timezone": "x" * 51},
        {"ends_at": datetime(2000, 1, 1, tzinfo=UTC)},
    ],
)
def test_impossible_edits_are_refused(draft: Campaign, changes: dict[str, object]) -> None:
    before = Campaign.objects.filter(pk=draft.pk).values().get()
    with pytest.raises(Malformed):
        update_campaign(campaign_id=draft.pk, changes=changes, actor=ANNA)
    assert Campaign.objects.filter(pk=draft.pk).values().get() == before


def test_a_limit_is_not_set_below_the_uses() -> None:
    coupon = make_coupon(usage_limit=5)
    for number in range(3):
        redeem(make_shopper(coupon.campaign.channel), f"order-{number}", use(coupon))
    Campaign.objects.update(status=CampaignStatus.DRAFT)
    with pytest.raises(LimitBelowUse):
        update_coupon(coupon_id=coupon.pk, changes={"usage_limit": 2}, actor=ANNA)
    assert update_coupon(coupon_id=coupon.pk, changes={"usage_limit": 3}, actor=ANNA).usage_limit == 3
