"""The form of a campaign: hours of the week as rows, locked outside draft."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coupons.admin.rows import WindowsField, label_as_django
from coupons.admin.state import is_draft
from coupons.models import Campaign
from coupons.timezones import is_timezone


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]
    edited_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    weekly_windows = WindowsField(
        label=_("hours of the week"), help_text=_("In the campaign's time zone; no row: always. Save to get more rows.")
    )

    class Meta:
        model = Campaign
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label_as_django(self)
        for name in {"starts_at", "ends_at"} & self.fields.keys():
            self.fields[name].help_text = gettext("Time of this site, %(zone)s") % {"zone": get_current_timezone_name()}
        if self.instance.pk:
            self.initial["edited_version"] = self.instance.version
            if not is_draft(self.instance):
                for name, field in self.fields.items():
                    field.disabled = name not in {"name", "edited_version"}

    def clean_timezone(self) -> str:
        name: str = self.cleaned_data["timezone"]
        if not is_timezone(name):
            raise ValidationError(gettext("A time zone looks like Europe/Berlin"))
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        start, end = data.get("starts_at"), data.get("ends_at")
        if start and end and end <= start:
            self.add_error("ends_at", gettext("It ends before it starts"))
        group, channel = data.get("stacking_group"), data.get("channel") or getattr(self.instance, "channel", None)
        if group and channel and group.channel_id != channel.pk:
            self.add_error("stacking_group", gettext("The group belongs to another channel"))
        return data

    def changes(self) -> dict[str, Any]:
        """The columns that were changed here, by name."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "edited_version"}
