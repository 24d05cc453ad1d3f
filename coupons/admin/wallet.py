"""Coupons that shoppers hold: given and taken back through the ledger, so that limits and the audit log stay true."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import action
from unfold.enums import ActionVariant

from coupons.admin.base import BigTableAdmin
from coupons.admin.display import choice_pill
from coupons.admin.state import actor_of, refused
from coupons.enums import GrantSource, GrantStatus
from coupons.errors import CouponError
from coupons.models import CouponGrant
from coupons.services import claim_coupon, revoke_grant

TONES = {
    GrantStatus.ISSUED: ("info", "confirmation_number"),
    GrantStatus.HELD: ("warn", "hourglass_top"),
    GrantStatus.REDEEMED: ("ok", "check"),
}


@admin.register(CouponGrant)
class CouponGrantAdmin(BigTableAdmin):
    list_display = ("shopper", "coupon", "state", "source", "created_at")
    list_filter = ("status", "source", ("created_at", RangeDateTimeFilter))
    list_select_related = ("shopper", "coupon")
    search_fields = ("=shopper__external_id", "=coupon__external_id")
    autocomplete_fields = ("shopper", "coupon")
    actions_detail = ("take_back",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        if obj is None:
            return ("shopper", "coupon")
        return ("shopper", "coupon", "state", "source", "code", "created_at", "slate_id", "uid")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.get_fields(request, obj) if obj else ()

    def page_name(self, row: CouponGrant) -> str:
        return f"{row.coupon}, {row.shopper}"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """A coupon in a wallet moves by its ledger only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """It is taken back, so that what was done stays explained."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return bool(request.user.has_perm("coupons.view_coupongrant"))

    def has_take_back_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of what is in a wallet, unused."""
        if not request.user.has_perm("coupons.change_coupongrant"):
            return False
        return object_id is None or CouponGrant.objects.filter(pk=object_id, status=GrantStatus.ISSUED).exists()

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A refusal leads back to the form, as it was filled in."""
        try:
            return cast("HttpResponse", super().add_view(request, form_url, extra_context))
        except CouponError as error:
            typed = {name: request.POST.get(name, "") for name in ("shopper", "coupon")}
            return refused(request, error, f"{request.path}?{urlencode(typed)}")

    def save_model(self, request: HttpRequest, obj: CouponGrant, form: Any, change: bool) -> None:  # noqa: ARG002
        given = claim_coupon(
            channel=obj.coupon.campaign.channel,
            shopper=obj.shopper,
            coupon_uid=obj.coupon.uid,
            now=timezone.now(),
            source=GrantSource.OPERATOR,
            actor=actor_of(request),
        )
        obj.pk, obj.uid, obj._state.adding = given.pk, given.uid, False

    @display(description=_("status"), ordering="status")
    def state(self, grant: CouponGrant) -> str:
        return choice_pill(grant, "status", TONES)

    @action(  # type: ignore[untyped-decorator]  # Unfold ships no types
        description=_("Take back…"), url_path="take-back", icon="undo", permissions=["take_back"],
        variant=ActionVariant.DANGER,
    )  # fmt: skip
    def take_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and on POST take the coupon out of the wallet."""
        if not self.has_take_back_permission(request):
            raise PermissionDenied
        grant = cast("CouponGrant | None", self.get_object(request, object_id))
        if grant is None:
            raise Http404
        page = reverse("admin:coupons_coupongrant_change", args=[grant.pk])
        if request.method != "POST":
            return TemplateResponse(request, "admin/confirm.html", self._question(request, grant, page))
        try:
            revoke_grant(channel=grant.coupon.campaign.channel, uid=grant.uid, actor=actor_of(request))
        except CouponError as error:
            return refused(request, error, page)
        messages.success(request, gettext("The coupon is out of the wallet."))
        return HttpResponseRedirect(page)

    def _question(self, request: HttpRequest, grant: CouponGrant, page: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": grant,
            "title": gettext("Take “%(coupon)s” back from shopper %(shopper)s")
            % {"coupon": grant.coupon, "shopper": grant.shopper},
            "points": [
                gettext("The shopper no longer has it; orders already paid keep their discount."),
                gettext("It counts as unclaimed again, so another shopper may claim it."),
            ],
            "submit": gettext("Take it back"),
            "back": page,
        }
