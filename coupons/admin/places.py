"""Where store coupons are used."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from coupons.models import Place
from coupons.schedule import check_weekly_windows
from coupons.timezones import is_timezone


class PlaceForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    def clean_opening_hours(self) -> Any:
        hours = self.cleaned_data["opening_hours"] or []
        if wrong := check_weekly_windows(hours):
            raise ValidationError(wrong)
        return hours

    def clean_timezone(self) -> str:
        name: str = self.cleaned_data["timezone"]
        if not is_timezone(name):
            raise ValidationError(_("There is no such time zone, for example Europe/Berlin"))
        return name


@admin.register(Place)
class PlaceAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    form = PlaceForm
    list_display = ("name", "external_id", "channel", "timezone", "active")
    list_filter = ("channel", "active")
    list_select_related = ("channel",)
    search_fields = ("name", "external_id")
    autocomplete_fields = ("coupons",)
