"""A campaign as machines read and write it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from rest_framework import serializers

from coupons.api.fields import Choice, Instant, StrictSerializer, Text, WholeNumber, YesNo
from coupons.api.problems import Fault, invalid_parameters
from coupons.enums import Audience, CampaignPhase, CampaignStatus
from coupons.models import Campaign, Channel, StackingGroup
from coupons.phase import campaign_phase
from coupons.schedule import check_weekly_windows, end_of_day, start_of_day
from coupons.timezones import is_timezone

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$"
"""External ids made through the API are part of an address."""


class WindowSerializer(StrictSerializer):
    """Local hours on some days of the week, `[from, to)`."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        clock = r"^([01]\d|2[0-3]):[0-5]\d$"
        return {
            "days": serializers.ListField(
                child=WholeNumber(min_value=1, max_value=7), min_length=1, max_length=7, help_text="1 is Monday."
            ),
            "from": serializers.RegexField(clock, help_text="Such as 18:00."),
            "to": serializers.RegexField(r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", help_text="At most 24:00."),
        }


class CampaignChangesSerializer(StrictSerializer):
    """What is left out of a PATCH stays as it is. Only `name` can be changed outside draft."""

    name = Text(max_length=100)
    kind = Text(max_length=40, allow_blank=True, required=False, help_text="The shop's own label.")
    starts_at = Instant()
    ends_at = Instant(help_text="The first instant after it; a date alone means the end of that day.")
    timezone = Text(max_length=50, required=False, help_text="IANA name; the channel's if left out.")
    audience = Choice(choices=Audience.choices, required=False)
    priority = WholeNumber(min_value=-32_768, max_value=32_767, required=False, help_text="Higher applies first.")
    weekly_windows = serializers.ListField(
        child=WindowSerializer(), required=False, max_length=50, help_text="Empty: always."
    )
    stacking_group = Text(max_length=60, required=False, allow_null=True, help_text="The group's name.")
    exclusive = YesNo(required=False)
    holdout_percent = WholeNumber(min_value=0, max_value=100, required=False)


class CampaignRequestSerializer(CampaignChangesSerializer):
    external_id = serializers.RegexField(ID_PATTERN, max_length=64, help_text="Part of its address.")


class FullCampaignSerializer(serializers.Serializer[object]):
    """A campaign with its stored status and its phase at this instant."""

    external_id = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(choices=CampaignStatus.choices)
    phase = serializers.ChoiceField(choices=CampaignPhase.choices)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    timezone = serializers.CharField()
    audience = serializers.ChoiceField(choices=Audience.choices)
    priority = serializers.IntegerField()
    weekly_windows = WindowSerializer(many=True)
    stacking_group = serializers.CharField(allow_null=True)
    exclusive = serializers.BooleanField()
    holdout_percent = serializers.IntegerField()
    submitted_by = serializers.CharField(allow_blank=True)
    approved_by = serializers.CharField(allow_blank=True)
    version = serializers.IntegerField(help_text="The ETag without its quotes.")
    created_at = serializers.DateTimeField()


CAMPAIGN_REQUEST_EXAMPLE = {
    "external_id": "evening-saver",
    "name": "Evening saver",
    "starts_at": "2026-06-01",
    "ends_at": "2026-06-30",
    "timezone": "Europe/Berlin",
    "weekly_windows": [{"days": [1, 2, 3, 4, 5], "from": "18:00", "to": "22:00"}],
}
CAMPAIGN_EXAMPLE = {
    "external_id": "evening-saver",
    "name": "Evening saver",
    "kind": "",
    "status": "draft",
    "phase": "draft",
    "starts_at": "2026-05-31T22:00:00Z",
    "ends_at": "2026-06-30T22:00:00Z",
    "timezone": "Europe/Berlin",
    "audience": "everyone",
    "priority": 0,
    "weekly_windows": [{"days": [1, 2, 3, 4, 5], "from": "18:00", "to": "22:00"}],
    "stacking_group": None,
    "exclusive": False,
    "holdout_percent": 0,
    "submitted_by": "",
    "approved_by": "",
    "version": 1,
    "created_at": "2026-05-01T12:30:00Z",
}


def campaign_body(campaign: Campaign, now: datetime) -> dict[str, Any]:
    """FullCampaignSerializer documents it. Reads `stacking_group`: select it."""
    group = campaign.stacking_group
    return {
        "external_id": campaign.external_id,
        "name": campaign.name,
        "kind": campaign.kind,
        "status": campaign.status,
        "phase": campaign_phase(campaign, now).value,
        "starts_at": campaign.starts_at,
        "ends_at": campaign.ends_at,
        "timezone": campaign.timezone,
        "audience": campaign.audience,
        "priority": campaign.priority,
        "weekly_windows": campaign.weekly_windows,
        "stacking_group": group.name if group else None,
        "exclusive": campaign.exclusive,
        "holdout_percent": campaign.holdout_percent,
        "submitted_by": campaign.submitted_by,
        "approved_by": campaign.approved_by,
        "version": campaign.version,
        "created_at": campaign.created_at,
    }


def campaign_fields(data: Mapping[str, Any], *, channel: Channel, now: Campaign | None = None) -> dict[str, Any]:
    """The checked members as columns: dates become instants of the campaign's zone, the group its row.

    `now` is the campaign as it stands, for a change. Raises Problem 400 naming what does not fit.
    """
    fields = dict(data)
    zone = fields.get("timezone", now.timezone if now else channel.timezone)
    if not is_timezone(zone):
        raise _fault("timezone", zone, "is not a time zone such as Europe/Berlin")
    if now is None:
        fields["timezone"] = zone
    for name, of_day in (("starts_at", start_of_day), ("ends_at", end_of_day)):
        if name in fields and not isinstance(fields[name], datetime):
            day: date = fields[name]
            fields[name] = of_day(day, zone)
    starts_at = fields.get("starts_at", now.starts_at if now else None)
    ends_at = fields.get("ends_at", now.ends_at if now else None)
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise _fault("ends_at", str(ends_at), "is not after starts_at")
    if "weekly_windows" in fields:
        fields["weekly_windows"] = [dict(window) for window in fields["weekly_windows"]]
        problem = check_weekly_windows(fields["weekly_windows"])
        if problem:
            raise _fault("weekly_windows", None, problem)
    if fields.get("stacking_group") is not None:
        name = fields["stacking_group"]
        fields["stacking_group"] = StackingGroup.objects.filter(channel=channel, name=name).first()
        if fields["stacking_group"] is None:
            raise _fault("stacking_group", name, "is not a stacking group of this channel")
    return fields


def _fault(field: str, value: Any, reason: str) -> Exception:
    return invalid_parameters([Fault(field=field, value=value, reason=reason)])
