"""Becoming somebody else: what a shop's log-in would do, without a password, because it is a demo."""

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
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
    if request.method == "POST":
        return _switched(request, channel)
    who = visitor.visitor_of(request, channel)
    context = {
        "title": gettext("Switch shopper"),
        "channel": channel,
        "visitor": who,
        "households": visitor.households(channel),
        "browser_key": shop_keys(channel).browser,
        "cart_count": basket.count_in(request),
        "departments": shelves.departments(channel, timezone.now()),
    }
    return render(request, "shop/switch.html", context)


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
        return HttpResponseBadRequest()
    return redirect("shop:home")
