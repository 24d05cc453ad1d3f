"""Shoppers as the promotion domain knows them. The recommender adds what it has learnt to the same page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from coupons.admin.base import BigTableAdmin, Kept
from coupons.admin.exchange.pages import ExchangePages
from coupons.admin.exchange.shopper_file import ShopperFile
from coupons.admin.shopper_actions import ShopperActions
from coupons.admin.state import actor_of
from coupons.models import Shopper
from coupons.services.shoppers import set_personalised


@admin.register(Shopper)
class ShopperAdmin(Kept, ShopperActions, ExchangePages, BigTableAdmin):
    """Erased, not deleted."""

    actions = ("treat_as_one_person",)  # type: ignore[assignment]  # the base offers none
    resource_classes = [ShopperFile]
    import_needs = export_needs = ("coupons.add_shopper", "coupons.change_shopper")
    list_display = ("external_id", "channel", "personalised", "created_at", "erased_at")
    list_filter = ("channel", "personalised")
    list_select_related = ("channel",)
    search_fields = ("=external_id",)
    search_help_text = _("A shopper's external id")
    sortable_by = None
    readonly_fields = ("same_person_as", "created_at", "erased_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        """The identity stays once given: events and imports refer to it."""
        return (*self.readonly_fields, "channel", "external_id") if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Shopper, form: Any, change: bool) -> None:
        """What was edited alone, as checkouts write other columns meanwhile; a change of consent is audited."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        changed = set(form.changed_data)
        if "personalised" in changed:
            set_personalised(
                channel=obj.channel,
                external_id=obj.external_id,
                personalised=obj.personalised,
                actor=actor_of(request),
            )
        if columns := sorted(changed & {"attributes", "segments"}):
            obj.save(update_fields=columns)
