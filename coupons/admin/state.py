"""What several pages ask of a campaign's state, and how a refusal of the services is told."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coupons.enums import CampaignStatus
from coupons.errors import CouponError
from coupons.models import Campaign, Coupon

REFUSALS = {
    "self_approval": _("You sent this campaign for approval: somebody else approves it."),
    "version_conflict": _("Somebody else changed it in the meantime. This is how it is now."),
    "limit_below_use": _("A limit cannot be set below the uses already taken."),
}
"""What the services refuse, said to whoever works in the admin."""


def is_draft(owner: Any) -> bool:
    """Whether the terms of a campaign or coupon may change; a new one is a draft."""
    if owner is None or owner.pk is None:
        return True
    campaign: Campaign = owner.campaign if isinstance(owner, Coupon) else owner
    return campaign.status == CampaignStatus.DRAFT


def actor_of(request: HttpRequest) -> str:
    """As the audit log names people."""
    return f"user:{request.user.pk}"


def refusal_text(error: CouponError) -> str:
    return str(REFUSALS.get(error.code, error.detail))


def refused(request: HttpRequest, error: CouponError, page: str) -> HttpResponse:
    """Say why nothing was done, on the page it leads back to."""
    messages.error(request, gettext("Nothing was saved. %(why)s") % {"why": refusal_text(error)})
    return HttpResponseRedirect(page)
