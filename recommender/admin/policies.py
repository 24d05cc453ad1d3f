"""Policies: drafted, previewed, estimated and made live, version by version."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coupons.admin.base import PlatformAdmin, ReadOnly
from coupons.admin.display import choice_pill
from coupons.models import Channel
from coupons.money import from_minor
from recommender.admin.budget_forecast import forecast_view
from recommender.admin.policy_form import BaseBudgetRows, PolicyForm, budget_rows
from recommender.admin.policy_page import page_of
from recommender.admin.policy_preview import PreviewForm, preview_view
from recommender.admin.policy_words import GATES, refusal_text
from recommender.admin.steps import Steps
from recommender.enums import EstimateKind, PolicyStatus
from recommender.models import Policy, PolicyEstimate
from recommender.selectors.experiments import is_simulated
from recommender.selectors.gate import promotion_gate
from recommender.selectors.typical import typical_basket
from recommender.services.estimates import request_estimate
from recommender.services.policies import (
    TERMS,
    PolicyError,
    copy_policy,
    create_policy,
    discard_policy,
    edit_policy,
    promote_policy,
    retire_policy,
)
from recommender.services.training import QueueUnreachableError

PROMOTE = "recommender.promote_policy"
OVERRIDE = "recommender.override_policygate"
EDIT = "recommender.change_policy"
ADD = "recommender.add_policy"
POLICY_TONES = {
    PolicyStatus.DRAFT: ("plain", "edit"),
    PolicyStatus.TRIAL: ("info", "science"),
    PolicyStatus.LIVE: ("ok", "check"),
    PolicyStatus.RETIRED: ("plain", "history"),
}


class OverrideForm(forms.Form):
    """Why a policy goes live against its estimate."""

    override_reason = forms.CharField(
        label=_("Reason to go against the estimate"),
        max_length=300,
        required=False,
        help_text=_("Kept in the audit log"),
    )


@admin.register(Policy)
class PolicyAdmin(Steps[Policy], ReadOnly, PlatformAdmin):
    refusal = PolicyError
    related = ("channel", "edited_by", "live_by", "based_on")
    list_display = ("policy", "state", "channel", "objective", "edited_by", "live_at")
    list_filter = ("status", "channel")
    list_select_related = ("channel", "edited_by")
    ordering = ("channel", "-number")
    search_fields = ("name",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return bool(request.user.has_perm(ADD))

    @display(description=_("policy"), ordering="number")
    def policy(self, row: Policy) -> str:
        return str(row)

    @display(description=_("status"), ordering="status")
    def state(self, row: Policy) -> str:
        return choice_pill(row, "status", POLICY_TONES)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        views: dict[str, Callable[..., HttpResponse]] = {
            "edit": self.edit_view,
            "copy": self.copy_view,
            "discard": self.discard_view,
            "promote": self.promote_view,
            "retire": self.retire_view,
            "preview": self.preview_view,
            "estimate": self.estimate_view,
            "progress": self.progress_view,
        }
        own = [path(f"<int:pk>/{name}/", wrap(view), name=f"recommender_policy_{name}") for name, view in views.items()]
        return own + super().get_urls()  # type: ignore[no-any-return]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002  (Django's signature)
        extra_context: Any = None,  # noqa: ARG002
    ) -> HttpResponse:
        """What the version says, costs and would have earned."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        policy = self.row(int(object_id)) if object_id.isdecimal() else None
        if policy is None:
            raise Http404
        tone, icon = POLICY_TONES[PolicyStatus(policy.status)]
        mine = policy.edited_by_id == request.user.pk and policy.live_at is None
        context = {
            **page_of(policy),
            "title": str(policy),
            "original": policy,
            "tone": tone,
            "icon": icon,
            "simulated": is_simulated(policy.channel),
            "may_edit": request.user.has_perm(EDIT) and policy.status == PolicyStatus.DRAFT,
            "may_copy": request.user.has_perm(ADD),
            "may_promote": request.user.has_perm(PROMOTE)
            and policy.status in {PolicyStatus.DRAFT, PolicyStatus.RETIRED}
            and not mine,
            "own": mine and request.user.has_perm(PROMOTE),
            "may_retire": request.user.has_perm(PROMOTE) and policy.status == PolicyStatus.LIVE,
            "may_estimate": request.user.has_perm(EDIT) or request.user.has_perm(PROMOTE),
        }
        return self.page(request, "admin/recommender/policy/policy.html", context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:  # noqa: ARG002
        """A draft; the channel first where there is more than one."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        channels = list(Channel.objects.order_by("name"))
        chosen = request.GET.get("channel", "")
        channel = next((each for each in channels if str(each.pk) == chosen or len(channels) == 1), None)
        if channel is None:
            return self.page(
                request, "admin/recommender/policy/channel.html", {"title": gettext("New policy"), "channels": channels}
            )
        return self._edit(request, channel, None)

    def edit_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        policy = self.row_for(request, pk, EDIT)
        if policy.status != PolicyStatus.DRAFT:
            messages.error(request, str(refusal_text(PolicyError("not_draft", ""))))
            return HttpResponseRedirect(self.url("change", policy))
        return self._edit(request, policy.channel, policy)

    def _edit(self, request: HttpRequest, channel: Channel, policy: Policy | None) -> HttpResponse:
        """Save the draft, or work out what its budgets would earn and save nothing."""
        data = request.POST if request.method == "POST" else None
        initial = None if policy else {"name": gettext("New policy"), **_defaults(channel)}
        kwargs = {} if initial is None else {"initial": initial}
        form = PolicyForm(data, channel=channel, policy=policy, **kwargs)
        rows = budget_rows(data, channel=channel, policy=policy)
        forecast = None
        if data is not None and form.is_valid() and rows.is_valid():
            if "forecast" in data:
                forecast = forecast_view(channel=channel, values=form.values, budgets=rows.specs())
            else:
                saved = self._save(request, channel, policy, form, rows)
                if saved is not None:
                    messages.success(request, gettext("%(policy)s is saved as a draft.") % {"policy": saved})
                    return HttpResponseRedirect(self.url("change", saved))
        context = {
            "title": gettext("Edit %(policy)s") % {"policy": policy} if policy else gettext("New policy"),
            "form": form,
            "rows": rows,
            "policy": policy,
            "channel": channel,
            "forecast": forecast,
            "simulated": is_simulated(channel),
            "back": self.url("change", policy) if policy else reverse("admin:recommender_policy_changelist"),
        }
        return self.page(request, "admin/recommender/policy/edit.html", context)

    def _save(
        self, request: HttpRequest, channel: Channel, policy: Policy | None, form: PolicyForm, rows: BaseBudgetRows
    ) -> Policy | None:
        actor: Any = request.user
        try:
            if policy is None:
                return create_policy(channel=channel, values=form.values, budgets=rows.specs(), actor=actor)
            return edit_policy(policy=policy, values=form.values, budgets=rows.specs(), actor=actor)
        except PolicyError as error:
            form.add_error(error.field if error.field in form.fields else None, refusal_text(error))
            return None

    def copy_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        policy = self.row_for(request, pk, ADD)
        if request.method == "POST":
            copy = copy_policy(policy=policy, actor=request.user)  # type: ignore[arg-type]
            return HttpResponseRedirect(self.url("edit", copy))
        points = [gettext("A draft with the same rules and budgets. What serves now does not change.")]
        return self.ask(request, policy, gettext("Copy %(policy)s") % {"policy": policy}, points, gettext("Copy"))

    def discard_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        policy = self.row_for(request, pk, EDIT)
        points = [gettext("The draft is deleted. The audit log keeps what it said.")]
        if request.method == "POST":
            return self.attempt(
                request,
                policy,
                lambda: discard_policy(policy=policy, actor=request.user),  # type: ignore[arg-type]
                gettext("The draft is gone."),
                reverse("admin:recommender_policy_changelist"),
            )
        return self.ask(request, policy, gettext("Discard %(policy)s") % {"policy": policy}, points, gettext("Discard"))

    def retire_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        policy = self.row_for(request, pk, PROMOTE)
        points = [gettext("Shoppers get the model's own order without caps, budgets or a hold-out.")]
        if request.method == "POST":
            return self.attempt(
                request,
                policy,
                lambda: retire_policy(policy=policy, actor=request.user),  # type: ignore[arg-type]
                gettext("No policy is live on %(channel)s.") % {"channel": policy.channel},
            )
        return self.ask(
            request, policy, gettext("Take %(policy)s off") % {"policy": policy}, points, gettext("Take it off")
        )

    def promote_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, with what the gate says; on POST make it live."""
        policy = self.row_for(request, pk, PROMOTE)
        gate = promotion_gate(policy)
        form = OverrideForm(request.POST or None) if not gate.open else None
        if request.method == "POST" and (form is None or form.is_valid()):
            reason = form.cleaned_data["override_reason"] if form else ""
            return self.attempt(
                request,
                policy,
                lambda: promote_policy(
                    policy=policy,
                    actor=request.user,  # type: ignore[arg-type]
                    now=timezone.now(),
                    override_reason=reason,
                ),
                gettext("%(policy)s is live.") % {"policy": policy},
            )
        points = [str(GATES[gate.code]), gettext("It decides from the next answer on; prices follow in a minute.")]
        live = Policy.objects.filter(channel=policy.channel, status=PolicyStatus.LIVE).first()
        if live is not None:
            points.append(gettext("%(live)s is kept and can come back.") % {"live": live})
        blocked = "" if gate.open or request.user.has_perm(OVERRIDE) else str(GATES[gate.code])
        if policy.edited_by_id == request.user.pk and policy.live_at is None:
            blocked = str(refusal_text(PolicyError("self_promotion", "")))
        title = gettext("Make %(policy)s live") % {"policy": policy}
        return self.ask(request, policy, title, points, gettext("Make it live"), form=form, blocked=blocked)

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """For any shopper and instant: each stage's candidates and why each was removed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        policy = self.row(pk)
        if policy is None:
            raise Http404
        form = PreviewForm(request.GET if "shopper" in request.GET else None, channel=policy.channel)
        told = None
        if form.is_bound and form.is_valid():
            data = form.cleaned_data
            told = preview_view(
                policy=policy,
                shopper=data["shopper"],
                at=data["at"],
                places=data["places"],
                ignore_holdout=data["ignore_holdout"],
            )
        context = {
            "title": gettext("Preview %(policy)s") % {"policy": policy},
            "policy": policy,
            "form": form,
            "told": told,
            "simulated": is_simulated(policy.channel),
            "back": self.url("change", policy),
        }
        return self.page(request, "admin/recommender/policy/preview.html", context)

    def estimate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What would this policy have earned? A worker answers."""
        policy = self.row_for(request, pk, EDIT, PROMOTE)
        if request.method == "POST":
            try:
                request_estimate(policy=policy, kind=EstimateKind.EARNINGS, actor=request.user)  # type: ignore[arg-type]
            except QueueUnreachableError:
                messages.error(request, gettext("The task queue does not answer: nothing was asked."))
        return HttpResponseRedirect(self.url("change", policy))

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The latest estimate's state, for the page's poll."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        latest = PolicyEstimate.objects.filter(policy=pk, kind=EstimateKind.EARNINGS).order_by("-pk").first()
        state = {"status": latest.status, "progress": latest.progress} if latest else {"status": "", "progress": 0}
        return JsonResponse(state)


def _defaults(channel: Channel) -> dict[str, Any]:
    """What the columns say, and the worth of a purchase as the channel's orders tell it."""
    fields = {field.name: field for field in Policy._meta.concrete_fields}
    values = {name: fields[name].get_default() for name in TERMS if name != "name"}
    return {**values, "basket_minor": from_minor(typical_basket(channel=channel), channel.currency)}
