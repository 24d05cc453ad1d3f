"""A campaign's phase is one thing, asked in two ways: the function and its SQL twin must agree."""

from datetime import timedelta

import pytest

from coupons.enums import CampaignPhase, CampaignStatus
from coupons.models import Campaign, Channel
from coupons.phase import campaign_phase, phase_expression, running
from tests.made_up_shop import NOW, make_campaign, make_channel

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
SCHEDULES = {
    "ahead": (NOW + DAY, NOW + 2 * DAY),
    "starts now": (NOW, NOW + DAY),
    "in the middle": (NOW - DAY, NOW + DAY),
    "ends now": (NOW - DAY, NOW),
    "over": (NOW - 2 * DAY, NOW - DAY),
}


@pytest.fixture
def channel() -> Channel:
    return make_channel()


@pytest.mark.parametrize(
    ("schedule", "phase"),
    [
        ("ahead", CampaignPhase.SCHEDULED),
        ("starts now", CampaignPhase.RUNNING),
        ("in the middle", CampaignPhase.RUNNING),
        ("ends now", CampaignPhase.ENDED),
        ("over", CampaignPhase.ENDED),
    ],
)
def test_an_approved_campaign_follows_its_schedule(channel: Channel, schedule: str, phase: CampaignPhase) -> None:
    starts_at, ends_at = SCHEDULES[schedule]
    campaign = make_campaign(channel, starts_at=starts_at, ends_at=ends_at)
    assert campaign_phase(campaign, NOW) is phase


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        (CampaignStatus.DRAFT, CampaignPhase.DRAFT),
        (CampaignStatus.IN_REVIEW, CampaignPhase.IN_REVIEW),
        (CampaignStatus.PAUSED, CampaignPhase.PAUSED),
        (CampaignStatus.ARCHIVED, CampaignPhase.ARCHIVED),
    ],
)
def test_any_other_status_decides_whatever_the_time(
    channel: Channel, status: CampaignStatus, phase: CampaignPhase
) -> None:
    campaign = make_campaign(channel, status=status)
    assert campaign_phase(campaign, NOW) is phase


def test_the_sql_twin_agrees_for_every_status_and_schedule(channel: Channel) -> None:
    for status in CampaignStatus.values:
        for name, (starts_at, ends_at) in SCHEDULES.items():
            make_campaign(channel, f"{status} {name}", status=status, starts_at=starts_at, ends_at=ends_at)
    campaigns = list(Campaign.objects.annotate(phase=phase_expression(NOW)))
    assert len(campaigns) == 25
    in_sql = {campaign.external_id: campaign.phase for campaign in campaigns}
    assert in_sql == {campaign.external_id: campaign_phase(campaign, NOW) for campaign in campaigns}
    assert set(in_sql.values()) == set(CampaignPhase.values)


def test_the_running_filter_is_the_running_phase(channel: Channel) -> None:
    for status in CampaignStatus.values:
        for name, (starts_at, ends_at) in SCHEDULES.items():
            make_campaign(channel, f"{status} {name}", status=status, starts_at=starts_at, ends_at=ends_at)
    filtered = set(Campaign.objects.filter(running(NOW)).values_list("external_id", flat=True))
    assert filtered == {"approved starts now", "approved in the middle"}
    assert filtered == {
        campaign.external_id
        for campaign in Campaign.objects.all()
        if campaign_phase(campaign, NOW) is CampaignPhase.RUNNING
    }
