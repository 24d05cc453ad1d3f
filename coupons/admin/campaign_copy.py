"""Duplicate a campaign: a draft with the same terms under another name."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coupons.admin.offer_form import free_id
from coupons.admin.state import actor_of
from coupons.models import Campaign
from coupons.services.duplicate import duplicate_campaign


class CopyForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("Staff see this name. Shoppers do not."))


class CampaignCopy:
    """Part of CampaignAdmin."""

    admin_site: Any
    opts: Any

    def copy_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        campaign = cast("Campaign | None", self.get_object(request, object_id))  # type: ignore[attr-defined]
        if campaign is None:
            raise Http404
        if not self.has_add_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        suggested = (gettext("%(name)s, again") % {"name": campaign.name})[:100]
        form = CopyForm(request.POST or None, initial={"name": suggested})
        if request.method == "POST" and form.is_valid():
            copy = self._copy(request, campaign, form.cleaned_data["name"])
            messages.success(request, gettext("A draft with the same terms. Check its dates."))
            return HttpResponseRedirect(reverse("admin:coupons_campaign_change", args=[copy.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Duplicate %(name)s") % {"name": campaign.name},
            "form": form,
            "back": reverse("admin:coupons_campaign_change", args=[campaign.pk]),
        }
        return TemplateResponse(request, "admin/coupons/campaign/copy.html", context)

    def _copy(self, request: HttpRequest, campaign: Campaign, name: str) -> Campaign:
        taken = set(Campaign.objects.filter(channel=campaign.channel_id).values_list("external_id", flat=True))
        external_id = free_id(taken, slugify(name, allow_unicode=True)[:50] or "campaign")
        return duplicate_campaign(campaign_id=campaign.pk, name=name, external_id=external_id, actor=actor_of(request))
