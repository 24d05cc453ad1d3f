"""What other apps add to the pages of campaigns: they register here, so that this app need not know them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from coupons.models import Campaign, Coupon


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: a template and what it shows."""

    template: str
    context: Mapping[str, Any]


ReachUrl = Callable[[HttpRequest, str], str]
"""Gets the request and the campaign's id, blank for a new one; returns a URL that answers the posted form, or ""."""

CampaignSection = Callable[[HttpRequest, Campaign, Sequence[Coupon]], Section | None]

reach_urls: list[ReachUrl] = []
campaign_sections: list[CampaignSection] = []


def reach_url(request: HttpRequest, campaign_id: str) -> str:
    """Where the form asks how far a campaign would reach; blank where nobody can tell."""
    return next((url for make in reach_urls if (url := make(request, campaign_id))), "")


def sections(request: HttpRequest, campaign: Campaign, coupons: Sequence[Coupon]) -> list[Section]:
    found = [make(request, campaign, coupons) for make in campaign_sections]
    return [section for section in found if section is not None]
