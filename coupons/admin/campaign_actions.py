"""The steps of a campaign's life as buttons: each asks first and calls the service, which alone decides."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant

from coupons import services
from coupons.admin.state import actor_of, refusal_text
from coupons.enums import CampaignStatus as Status
from coupons.errors import CouponError
from coupons.models import Campaign


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the service, where it is offered, what is asked and what is said afterwards."""

    take: Callable[..., Campaign]
    offered: frozenset[Status]
    title: Any
    points: tuple[Any, ...]
    done: Any


STEPS = {
    "submit": Step(
        services.submit_campaign,
        frozenset({Status.DRAFT}),
        _("Send for approval"),
        (_("Its terms cannot be changed while it is under review."), _("Somebody else approves it.")),
        _("Sent for approval. Somebody else approves it."),
    ),
    "approve": Step(
        services.approve_campaign,
        frozenset({Status.IN_REVIEW}),
        _("Approve"),
        (_("It runs from its start on, at its hours, to its end."), _("Your name is kept with the approval.")),
        _("Approved."),
    ),
    "reopen": Step(
        services.reopen_campaign,
        frozenset({Status.IN_REVIEW, Status.PAUSED}),
        _("Reopen"),
        (_("It becomes a draft: terms can be changed, and it needs a new approval."),),
        _("It is a draft again."),
    ),
    "pause": Step(
        services.pause_campaign,
        frozenset({Status.APPROVED}),
        _("Pause"),
        (_("No new use from now on; what is held may still be redeemed."),),
        _("Paused."),
    ),
    "resume": Step(
        services.resume_campaign,
        frozenset({Status.PAUSED}),
        _("Resume"),
        (_("Its coupons can be used again. The approval stands: nothing could be changed meanwhile."),),
        _("It runs again."),
    ),
    "archive": Step(
        services.archive_campaign,
        frozenset(set(Status) - {Status.ARCHIVED}),
        _("Archive"),
        (_("It ends for good and cannot be reopened."), _("What was redeemed stays in the ledger.")),
        _("Archived."),
    ),
}


class CampaignActions:
    """Part of CampaignAdmin."""

    actions_detail = ("submit", "approve", "resume", "pause", "reopen", "archive")
    admin_site: Any
    opts: Any

    # As methods: a dotted name would make the system checks ask a database that `migrate` has yet to fill
    def has_submit_permission(self, request: HttpRequest, object_id: Any = None) -> bool:  # noqa: ARG002
        return request.user.has_perm("coupons.submit_campaign")

    def has_approve_permission(self, request: HttpRequest, object_id: Any = None) -> bool:  # noqa: ARG002
        return request.user.has_perm("coupons.approve_campaign")

    def has_run_permission(self, request: HttpRequest, object_id: Any = None) -> bool:  # noqa: ARG002
        return request.user.has_perm("coupons.run_campaign")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Of the steps somebody may take, those that the campaign's state offers."""
        campaign = self.get_object(request, object_id)  # type: ignore[attr-defined]
        status = campaign.status if isinstance(campaign, Campaign) else ""
        allowed: list[Any] = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        return [each for each in allowed if status in STEPS[each.action_name.rsplit("_", 1)[1]].offered]

    def _take(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        campaign = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if not isinstance(campaign, Campaign):
            raise Http404
        step, page = STEPS[name], reverse("admin:coupons_campaign_change", args=[campaign.pk])
        if request.method == "POST":
            try:
                step.take(campaign_id=campaign.pk, actor=actor_of(request))
            except CouponError as error:
                messages.error(request, refusal_text(error))
            else:
                messages.success(request, step.done)
            return HttpResponseRedirect(page)
        own = name == "approve" and campaign.submitted_by == actor_of(request)
        context = {
            "opts": self.opts,
            "title": f"{step.title}: {campaign.name}",
            "points": step.points,
            "submit": step.title,
            "final": name == "archive",
            "back": page,
            "blocked": gettext("You sent this campaign for approval: somebody else approves it.") if own else "",
        }
        return TemplateResponse(request, "admin/confirm.html", {**self.admin_site.each_context(request), **context})

    @action(  # type: ignore[untyped-decorator]  # Unfold ships no types
        description=_("Send for approval…"), url_path="submit", icon="send", permissions=["submit"],
        variant=ActionVariant.PRIMARY,
    )  # fmt: skip
    def submit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._take(request, object_id, "submit")

    @action(  # type: ignore[untyped-decorator]
        description=_("Approve…"), url_path="approve", icon="verified", permissions=["approve"],
        variant=ActionVariant.PRIMARY,
    )  # fmt: skip
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._take(request, object_id, "approve")

    @action(description=_("Reopen…"), url_path="reopen", icon="edit", permissions=["submit"])  # type: ignore[untyped-decorator]
    def reopen(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._take(request, object_id, "reopen")

    @action(description=_("Pause…"), url_path="pause", icon="pause", permissions=["run"])  # type: ignore[untyped-decorator]
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._take(request, object_id, "pause")

    @action(description=_("Resume…"), url_path="resume", icon="play_arrow", permissions=["run"])  # type: ignore[untyped-decorator]
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._take(request, object_id, "resume")

    @action(description=_("Archive…"), url_path="archive", icon="inventory_2", permissions=["run"])  # type: ignore[untyped-decorator]
    def archive(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._take(request, object_id, "archive")
