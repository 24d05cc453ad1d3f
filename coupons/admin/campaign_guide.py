"""The page of a campaign: a guided form while it is a draft, and what it is and did once it is not."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext

from coupons import services
from coupons.admin.campaign_copy import CampaignCopy
from coupons.admin.campaign_page import campaign_page
from coupons.admin.checks import checks_of, may_go_live
from coupons.admin.extension_points import reach_url
from coupons.admin.live import live_answer, touched_by_edits
from coupons.admin.rehearsal import Rehearsed, coupons_of, rehearse
from coupons.admin.state import actor_of, is_draft, refusal_text, refused
from coupons.errors import CouponError
from coupons.models import Campaign

GUIDE = "admin/coupons/campaign/guide.html"
PAGE = "admin/coupons/campaign/page.html"


class CampaignGuide(CampaignCopy):
    """Part of CampaignAdmin."""

    change_form_template = add_form_template = GUIDE

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("add/live/", wrap(self.live_view), name="coupons_campaign_live_new"),
            path("<path:object_id>/change/live/", wrap(self.live_view), name="coupons_campaign_live"),
            path("<path:object_id>/duplicate/", wrap(self.copy_view), name="coupons_campaign_duplicate"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def live_view(self, request: HttpRequest, object_id: str | None = None) -> HttpResponse:
        """The aside and the checks for what the form holds now. Nothing of it is kept."""
        return answer_live(request, object_id, Campaign)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        campaign = self.get_object(request, unquote(object_id)) if object_id else None  # type: ignore[attr-defined]
        if isinstance(campaign, Campaign) and request.method == "GET" and self._is_to_read(request, campaign):
            return self._page(request, campaign)
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[misc]
        except CouponError as error:
            return refused(request, error, request.path)

    def _is_to_read(self, request: HttpRequest, campaign: Campaign) -> bool:
        """Outside draft only the name changes, behind its own button."""
        may_edit = self.has_change_permission(request, campaign)  # type: ignore[attr-defined]
        return not may_edit or not (is_draft(campaign) or "edit" in request.GET)

    def _page(self, request: HttpRequest, campaign: Campaign) -> HttpResponse:
        if not self.has_view_or_change_permission(request, campaign):  # type: ignore[attr-defined]
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": campaign,
            "title": campaign.name,
            "steps": self._steps(request, campaign),
            "may_rename": self.has_change_permission(request, campaign),  # type: ignore[attr-defined]
            **campaign_page(request, campaign),
        }
        return TemplateResponse(request, PAGE, context)

    def _steps(self, request: HttpRequest, campaign: Campaign) -> list[tuple[str, str, bool]]:
        """What this person may do with it now: text, URL, and whether it is the way on rather than a halt."""
        actions = self.get_actions_detail(request, str(campaign.pk))  # type: ignore[attr-defined]
        names = [(str(each.description), each.action_name.rsplit("_", 1)[1]) for each in actions]
        return [
            (
                text,
                reverse(f"admin:coupons_campaign_{name}", args=[campaign.pk]),
                name in {"submit", "approve", "resume"},
            )
            for text, name in names
        ]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **options: Any) -> HttpResponse:
        """The guided form: its parts by card, its checks, and where the aside asks."""
        campaign: Campaign | None = options.get("obj")
        offer, budgets = _formsets(context)
        saved = campaign is not None and campaign.pk is not None
        coupons = coupons_of(campaign) if campaign is not None and saved else []
        checks = checks_of(campaign, coupons, user=request.user) if campaign is not None and saved else []
        number = str(campaign.pk) if campaign is not None and saved else ""
        live = (
            reverse("admin:coupons_campaign_live", args=[number])
            if number
            else reverse("admin:coupons_campaign_live_new")
        )
        context["guide"] = {
            "form": context["adminform"].form,
            "offer": offer,
            "offer_form": offer.forms[0] if offer is not None and offer.forms else None,
            "covers": offer.forms[0]["covers"] if offer and offer.forms and "covers" in offer.forms[0].fields else None,
            "budgets": budgets,
            "coupons": coupons if len(coupons) > 1 else [],
            "checks": checks,
            "may_go_live": bool(checks) and may_go_live(checks),
            "live_url": live,
            "reach_url": reach_url(request, Campaign, number),
            "touched": touched_by_edits(campaign) if campaign is not None and saved else "",
            "may_submit": request.user.has_perm("coupons.submit_campaign"),
            "draft": campaign is None or is_draft(campaign),
        }
        answer: HttpResponse = super().render_change_form(request, context, **options)  # type: ignore[misc]
        return answer

    def response_add(self, request: HttpRequest, obj: Campaign, post_url_continue: Any = None) -> HttpResponse:
        answer: HttpResponse = super().response_add(request, obj, post_url_continue)  # type: ignore[misc]
        return self._after_saving(request, obj, answer)

    def response_change(self, request: HttpRequest, obj: Campaign) -> HttpResponse:
        answer: HttpResponse = super().response_change(request, obj)  # type: ignore[misc]
        return self._after_saving(request, obj, answer)

    def _after_saving(self, request: HttpRequest, campaign: Campaign, answer: HttpResponse) -> HttpResponse:
        """What was saved is sent for approval where that was asked for and nothing stands in its way."""
        if "_submit" not in request.POST:
            return answer
        if not request.user.has_perm("coupons.submit_campaign"):
            raise PermissionDenied
        page = HttpResponseRedirect(reverse("admin:coupons_campaign_change", args=[campaign.pk]))
        stored = Campaign.objects.select_related("channel").get(pk=campaign.pk)
        failed = [
            check for check in checks_of(stored, coupons_of(stored), user=request.user) if check.state == "failed"
        ]
        if failed:
            messages.warning(request, gettext("Saved, and not sent: %(why)s.") % {"why": failed[0].text})
            return page
        try:
            services.submit_campaign(campaign_id=campaign.pk, actor=actor_of(request))
        except CouponError as error:
            messages.error(request, gettext("Saved, and not sent: %(why)s") % {"why": refusal_text(error)})
        else:
            messages.success(request, gettext("Sent for approval. Somebody else approves it."))
        return page


def answer_live(request: HttpRequest, object_id: str | None, of: Rehearsed) -> HttpResponse:
    """What live_answer tells of the posted form of a campaign or coupon, as JSON."""
    if request.method != "POST":
        return JsonResponse({"errors": {"": ["POST"]}}, status=405)
    try:
        with rehearse(request, object_id, of) as found:
            answer = JsonResponse(live_answer(request, found))
    except OperationalError:  # somebody else holds the draft; the page asks again with the next change
        return JsonResponse({}, status=503)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _formsets(context: dict[str, Any]) -> tuple[Any, Any]:
    """The formsets of the coupon and of the budgets; None for one that this person may not see."""
    found = {each.formset.prefix: each.formset for each in context["inline_admin_formsets"]}
    return found.get("coupons"), found.get("budgets")
