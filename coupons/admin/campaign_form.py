"""The form of a campaign: times in its own zone, hours of the week as rows, locked outside draft."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coupons.admin.offer_form import free_id
from coupons.admin.rows import WindowsField, label_as_django
from coupons.admin.state import is_draft
from coupons.models import Campaign, Channel
from coupons.timezones import is_timezone

USUAL_LENGTH = timedelta(weeks=3)
TIMES = ("starts_at", "ends_at")


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]
    edited_version = forms.IntegerField(label="", required=False, widget=forms.HiddenInput)
    weekly_windows = WindowsField(
        label=_("hours of the week"), help_text=_("In the campaign's time zone; no row: always")
    )

    class Meta:
        model = Campaign
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label_as_django(self)
        campaign = self.instance
        if "external_id" in self.fields:
            self.fields["external_id"].required = False
            self.fields["external_id"].help_text = gettext("Other systems know it by this; blank: made from the name")
        for name in set(TIMES) & self.fields.keys():
            self.fields[name].help_text = gettext("In the campaign's time zone")
        if campaign.pk:
            self.initial["edited_version"] = campaign.version
            zone = ZoneInfo(campaign.timezone)
            self.initial.update((name, _clock(getattr(campaign, name), zone)) for name in TIMES)
            if not is_draft(campaign):
                for name, field in self.fields.items():
                    field.disabled = name not in {"name", "edited_version"}
        else:
            self._suggest()

    def _suggest(self) -> None:
        """A new campaign starts tomorrow and is of the only channel, where there is one."""
        channels = list(Channel.objects.order_by("pk")[:2])
        zone = channels[0].timezone if channels else "UTC"
        if len(channels) == 1:
            self.initial.setdefault("channel", channels[0].pk)
        self.initial["timezone"] = self.initial.get("timezone") or zone
        start = _clock(timezone.now(), ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        self.initial.setdefault("starts_at", start + timedelta(days=1))
        self.initial.setdefault("ends_at", start + timedelta(days=1) + USUAL_LENGTH)

    def clean_timezone(self) -> str:
        name: str = self.cleaned_data["timezone"]
        if not is_timezone(name):
            raise ValidationError(gettext("A time zone looks like Europe/Berlin"))
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        zone = data.get("timezone")
        for name in TIMES:
            if zone and data.get(name) and not self.fields[name].disabled:
                # typed as a clock in the campaign's zone, read by Django as one in the site's
                data[name] = _clock(data[name], timezone.get_current_timezone()).replace(tzinfo=ZoneInfo(zone))
        start, end = data.get("starts_at"), data.get("ends_at")
        if start and end and end <= start:
            self.add_error("ends_at", gettext("It ends before it starts"))
        group, channel = data.get("stacking_group"), data.get("channel") or getattr(self.instance, "channel", None)
        if group and channel and group.channel_id != channel.pk:
            self.add_error("stacking_group", gettext("The group belongs to another channel"))
        if not data.get("external_id") and channel and data.get("name"):
            taken = Campaign.objects.filter(channel=channel).exclude(pk=self.instance.pk)
            wanted = slugify(data["name"], allow_unicode=True)[:50] or "campaign"
            data["external_id"] = free_id(set(taken.values_list("external_id", flat=True)), wanted)
        return data

    def changes(self) -> dict[str, Any]:
        """The columns that were changed here, by name."""
        names = set(self.changed_data) - {"edited_version"}
        if "timezone" in names:  # the same clocks in another zone are other instants
            names |= set(TIMES)
        return {name: self.cleaned_data[name] for name in sorted(names)}


def _clock(moment: datetime, zone: Any) -> datetime:
    """What a clock in the zone shows, without the zone."""
    return moment.astimezone(zone).replace(tzinfo=None)
