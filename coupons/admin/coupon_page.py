"""What stands beside the form of a coupon: the ticket as shoppers see it, its reach, its funnel, and what is gone."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext

from coupons.admin.campaign_guide import answer_live
from coupons.admin.campaign_page import bar, budgets_of
from coupons.admin.display import number
from coupons.admin.extension_points import reach_url, sections
from coupons.admin.history import timeline_of_coupon
from coupons.admin.rehearsal import coupons_of
from coupons.admin.ticket import ticket_of
from coupons.enums import LIVE_REDEMPTIONS
from coupons.models import Coupon, CouponGrant, Redemption


class CouponPage:
    """Part of CouponAdmin."""

    change_form_template = add_form_template = "admin/coupons/coupon/change.html"
    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("add/live/", wrap(self.live_view), name="coupons_coupon_live_new"),
            path("<path:object_id>/change/live/", wrap(self.live_view), name="coupons_coupon_live"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def live_view(self, request: HttpRequest, object_id: str | None = None) -> HttpResponse:
        """The ticket and the sample for what the form holds now. Nothing of it is kept."""
        return answer_live(request, object_id, Coupon)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:  # noqa: ARG002  (Django's signature)
        """The audit log of the coupon, whoever changed it: the admin's own log knows the admin alone."""
        coupon: Coupon | None = self.get_object(request, unquote(object_id))  # type: ignore[attr-defined]
        if coupon is None:
            raise Http404
        if not self.has_view_or_change_permission(request, coupon):  # type: ignore[attr-defined]
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": Coupon._meta,
            "original": coupon,
            "title": gettext("History"),
            "timeline": timeline_of_coupon(coupon),
        }
        return TemplateResponse(request, "admin/coupons/coupon/history.html", context)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **options: Any) -> HttpResponse:
        """The form with its aside; who may not save is shown the coupon as it is stored."""
        coupon: Coupon | None = options.get("obj")
        stored = coupon if coupon is not None and coupon.pk else None
        may_save = (
            self.has_change_permission(request, stored) if stored else self.has_add_permission(request)  # type: ignore[attr-defined]
        )
        context["guide"] = {**_asked(request, stored, may_save=may_save), **(_told(request, stored) if stored else {})}
        answer: HttpResponse = super().render_change_form(request, context, **options)  # type: ignore[misc]
        return answer


def _asked(request: HttpRequest, stored: Coupon | None, *, may_save: bool) -> dict[str, str]:
    """Where the aside asks; nowhere for who may not save what is asked about."""
    if not may_save:
        return {"live_url": "", "reach_url": ""}
    pk = str(stored.pk) if stored else ""
    live = reverse("admin:coupons_coupon_live", args=[pk]) if pk else reverse("admin:coupons_coupon_live_new")
    return {"live_url": live, "reach_url": reach_url(request, Coupon, pk)}


def _told(request: HttpRequest, stored: Coupon) -> dict[str, Any]:
    campaign = stored.campaign
    coupon = next(each for each in coupons_of(campaign) if each == stored)
    return {
        "ticket": ticket_of(coupon),
        "sections": sections(request, campaign, [coupon]),
        "bars": [*limits_of(coupon), *budgets_of(campaign, [coupon])],
    }


def limits_of(coupon: Coupon) -> Sequence[dict[str, Any]]:
    """How much of each limit over all shoppers is taken; uses that are held for an order count as the till counts."""
    limits = [
        (gettext("Uses"), coupon.usage_limit, Redemption.objects.filter(coupon=coupon, status__in=LIVE_REDEMPTIONS)),
        (gettext("Claims"), coupon.claim_limit, CouponGrant.objects.filter(coupon=coupon)),
    ]
    return [
        bar(name, gone=taken, limit=limit, words=(number(taken), number(limit)))
        for name, limit, rows in limits
        if limit is not None
        for taken in [rows.count()]
    ]
