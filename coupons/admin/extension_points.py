"""What other apps add to the pages of campaigns and coupons: registered here, as this app does not know them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from coupons.admin.rehearsal import Rehearsed
from coupons.models import Campaign, Coupon


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: a template and what it shows."""

    template: str
    context: Mapping[str, Any]


ReachUrl = Callable[[HttpRequest, Rehearsed, str], str]
"""Gets the request, of what, and its id, blank for a new one; returns a URL that answers the posted form, or ""."""

CampaignSection = Callable[[HttpRequest, Campaign, Sequence[Coupon]], Section | None]

reach_urls: list[ReachUrl] = []
campaign_sections: list[CampaignSection] = []


def reach_url(request: HttpRequest, of: Rehearsed, object_id: str) -> str:
    """Where the form asks how far a campaign or coupon would reach; blank where nobody can tell."""
    return next((url for make in reach_urls if (url := make(request, of, object_id))), "")


def sections(request: HttpRequest, campaign: Campaign, coupons: Sequence[Coupon]) -> list[Section]:
    found = [make(request, campaign, coupons) for make in campaign_sections]
    return [section for section in found if section is not None]
