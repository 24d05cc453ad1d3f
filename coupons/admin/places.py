"""Where store coupons are used."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from coupons.admin.base import PlatformAdmin
from coupons.admin.rows import WindowsField, label_as_django
from coupons.models import Place
from coupons.timezones import is_timezone


class PlaceForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    opening_hours = WindowsField(label=_("opening hours"), help_text=_("In the place's time zone; no row: always open"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label_as_django(self)

    def clean_timezone(self) -> str:
        name: str = self.cleaned_data["timezone"]
        if not is_timezone(name):
            raise ValidationError(_("There is no such time zone, for example Europe/Berlin"))
        return name


@admin.register(Place)
class PlaceAdmin(PlatformAdmin):
    form = PlaceForm
    list_display = ("name", "external_id", "channel", "timezone", "active")
    list_filter = ("channel", "active")
    list_select_related = ("channel",)
    search_fields = ("name", "external_id")
    autocomplete_fields = ("coupons",)
