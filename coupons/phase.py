"""What a campaign is at one instant: one function, and its SQL twin for lists and filters (a test holds them equal)."""

from datetime import datetime

from django.db.models import BooleanField, Case, CharField, DateTimeField, F, Func, JSONField, Q, Value, When

from coupons.enums import CampaignPhase, CampaignStatus
from coupons.models import Campaign

_STATUS_PHASE = {
    CampaignStatus.DRAFT: CampaignPhase.DRAFT,
    CampaignStatus.IN_REVIEW: CampaignPhase.IN_REVIEW,
    CampaignStatus.PAUSED: CampaignPhase.PAUSED,
    CampaignStatus.ARCHIVED: CampaignPhase.ARCHIVED,
}


def campaign_phase(campaign: Campaign, now: datetime) -> CampaignPhase:
    """Stored status decides first; an approved campaign is scheduled, running or ended by `[starts_at, ends_at)`."""
    if campaign.status != CampaignStatus.APPROVED:
        return _STATUS_PHASE[CampaignStatus(campaign.status)]
    if now < campaign.starts_at:
        return CampaignPhase.SCHEDULED
    return CampaignPhase.RUNNING if now < campaign.ends_at else CampaignPhase.ENDED


def phase_expression(now: datetime, prefix: str = "") -> Case:
    """The same as SQL; `prefix` leads to the campaign, for example `campaign__`."""
    status = f"{prefix}status"
    return Case(
        *(When(Q(**{status: stored}), then=Value(phase.value)) for stored, phase in _STATUS_PHASE.items()),
        When(Q(**{f"{prefix}starts_at__gt": now}), then=Value(CampaignPhase.SCHEDULED.value)),
        When(Q(**{f"{prefix}ends_at__gt": now}), then=Value(CampaignPhase.RUNNING.value)),
        default=Value(CampaignPhase.ENDED.value),
        output_field=CharField(),
    )


def running(now: datetime, prefix: str = "") -> Q:
    """Campaigns in phase `running`, in a form that an index on status and ends_at serves."""
    return Q(
        **{
            f"{prefix}status": CampaignStatus.APPROVED,
            f"{prefix}starts_at__lte": now,
            f"{prefix}ends_at__gt": now,
        }
    )


INSIDE = "$[*] ? (@.days[*] == $d && @.from <= $t && $t < @.to)"
"""The window that holds weekday `d` and clock `t`, as a JSON path."""


def within_hours(now: datetime, prefix: str = "") -> Q:
    """Campaigns inside their weekly windows: the SQL twin of coupons.schedule.in_weekly_window."""
    instant = Value(now, output_field=DateTimeField())
    local = Func(F(f"{prefix}timezone"), instant, function="timezone", output_field=DateTimeField())
    weekday = Func(local, template="extract(isodow from %(expressions)s)::integer")
    clock = Func(local, Value("HH24:MI"), function="to_char")
    values = Func(Value("d"), weekday, Value("t"), clock, function="jsonb_build_object", output_field=JSONField())
    inside = Func(
        F(f"{prefix}weekly_windows"),
        Value(INSIDE),
        values,
        function="jsonb_path_exists",
        output_field=BooleanField(),
    )
    return Q(**{f"{prefix}weekly_windows": []}) | Q(inside)
