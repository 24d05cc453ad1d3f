"""Becoming somebody else: what a shop's log-in would do, without a password, because it is a demo."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from coupons.models import Channel
from couponsite.shop import basket, shelves, visitor
from couponsite.shop.access import shop_page
from couponsite.shop.api import shop_api
from couponsite.shop.keys import shop_channel, shop_keys


@shop_page
@require_http_methods(["GET", "HEAD", "POST"])
def switch(request: HttpRequest) -> HttpResponse:
    channel = shop_channel()
    return _switched(request, channel) if request.method == "POST" else _choice(request, channel)


def _choice(request: HttpRequest, channel: Channel, *, unknown: str | None = None) -> HttpResponse:
    """The page; `unknown` is a household that was asked for and is not there."""
    who = visitor.visitor_of(request, channel)
    context = {
        "title": gettext("Switch shopper"),
        "channel": channel,
        "visitor": who,
        "households": visitor.households(channel),
        "browser_key": shop_keys(channel).browser,
        "cart_count": basket.count_in(request),
        "departments": shelves.departments(channel, timezone.now()),
        "languages": settings.LANGUAGES,
        "unknown": unknown,
    }
    return render(request, "shop/switch.html", context, status=200 if unknown is None else 400)


def _switched(request: HttpRequest, channel: Channel) -> HttpResponse:
    """A visit that logs in keeps its cart, and what was learnt from it comes along."""
    wanted = request.POST.get("who", "").replace("\x00", "").strip()[:64]
    before = visitor.visitor_of(request, channel)
    if wanted == "anonymous":
        visitor.become_anonymous(request)
        basket.empty(request)
    elif wanted == "new":
        visitor.become_new(request)
        basket.empty(request)
    elif visitor.is_household(channel, wanted):
        visitor.become(request, wanted)
        if before.anonymous:
            shop_api(request, channel).post(f"shoppers/{wanted}/identify", {"anonymous": before.shopper})
        else:
            basket.empty(request)
    else:
        return _choice(request, channel, unknown=wanted)
    return redirect("shop:home")
