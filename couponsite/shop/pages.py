"""The shop's pages. What they ask of coupons goes through the API, from the page or from `couponsite.shop.api`."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from coupons.models import Category, Channel, Product
from coupons.money import format_money
from coupons.shopper_tokens import issue_shopper_token
from couponsite.shop import basket, checkout, shelves, visitor
from couponsite.shop.access import shop_page
from couponsite.shop.api import shop_api
from couponsite.shop.keys import server_key, shop_channel, shop_keys
from couponsite.shop.learned import learned
from couponsite.shop.showcase import preview_items
from recommender.selectors import recommend_for

MAX_QUERY = 60
OWN_COUPONS = 12
SUGGESTED = 6
"""Best sellers where a page would be empty."""


def _page(request: HttpRequest, channel: Channel, name: str, **context: Any) -> HttpResponse:
    keys = shop_keys(channel)
    who = visitor.visitor_of(request, channel)
    base = {
        "channel": channel,
        "visitor": who,
        "browser_key": keys.browser,
        "cart_count": basket.count_in(request),
        "departments": shelves.departments(channel, timezone.now()),
        "languages": settings.LANGUAGES,
    }
    return render(request, f"shop/{name}.html", {**base, **context})


def _tiles(request: HttpRequest, channel: Channel, products: list[Product]) -> list[shelves.Tile]:
    """Tiles that say which of the visitor's own coupons is for them."""
    shopper = visitor.visitor_of(request, channel).shopper
    slate = recommend_for(channel=channel, shopper_external_id=shopper, now=_now(), limit=OWN_COUPONS)
    shown = [item.coupon.pk for item in slate.items]
    return shelves.tiles_of(products, channel, shelves.coupons_on(products, shown, channel.currency))


def _suggested(request: HttpRequest, channel: Channel) -> list[shelves.Tile]:
    """What sells best, where there is nothing else to show."""
    found = shelves.departments(channel, timezone.now())
    return _tiles(request, channel, shelves.shelf(found[0])[:SUGGESTED]) if found else []


@shop_page
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    channel = shop_channel()
    found = shelves.departments(channel, timezone.now())
    products = shelves.shelf(found[0]) if found else []
    context = {"tiles": _tiles(request, channel, products), "chosen": found[0].id if found else None}
    return _page(request, channel, "shelf", title=gettext("Corner Market"), **context)


@shop_page
@require_safe
def department(request: HttpRequest, category_id: int) -> HttpResponse:
    """A department by its best sellers; any other category by its products."""
    channel = shop_channel()
    category = Category.objects.filter(pk=category_id).first()
    if category is None:
        raise Http404
    known = {found.id: found for found in shelves.departments(channel, timezone.now())}
    products = shelves.shelf(known[category.pk]) if category.pk in known else shelves.category_products(category)
    tiles = _tiles(request, channel, products)
    return _page(request, channel, "shelf", title=category.name, tiles=tiles, chosen=category.pk)


@shop_page
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    channel = shop_channel()
    text = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_QUERY]
    tiles = _tiles(request, channel, shelves.search(text))
    suggested = [] if tiles else _suggested(request, channel)
    return _page(request, channel, "search", title=gettext("Search"), query=text, tiles=tiles, suggested=suggested)


@shop_page
@require_safe
def product(request: HttpRequest, external_id: str) -> HttpResponse:
    channel = shop_channel()
    found = shelves.priced().filter(external_id=external_id).first()
    if found is None:
        raise Http404
    tile, *related = _tiles(request, channel, [found, *shelves.related(found)])
    context = {"product": found, "tile": tile, "tiles": related, "viewed": tile.id}
    return _page(request, channel, "product", title=found.title, **context)


@shop_page
@require_safe
def cart(request: HttpRequest) -> HttpResponse:
    channel = shop_channel()
    return _cart(request, channel)


def _cart(request: HttpRequest, channel: Channel, **context: Any) -> HttpResponse:
    who = visitor.visitor_of(request, channel)
    found = basket.basket_of(request, channel)
    quoted = checkout.quote(shop_api(request, channel), who.shopper, found)

    def money(amount: int) -> str:
        return format_money(amount, channel.currency)

    coupons = [(coupon, money(-coupon.discount_minor)) for coupon in quoted.coupons]
    return _page(
        request,
        channel,
        "cart",
        title=pgettext("of a shop", "Cart"),
        basket=found,
        quote=quoted,
        coupons=coupons,
        payable=money(quoted.payable_minor),
        suggested=[] if found.lines else _suggested(request, channel),
        **context,
    )


@shop_page
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """One more or one less of a product; JSON for the page's script, the cart for a form."""
    wanted = request.POST.get("product", "")
    change = {"1": 1, "-1": -1}.get(request.POST.get("change", "1"))
    if change is None or not Product.objects.filter(external_id=wanted[:64].replace("\x00", "")).exists():
        return HttpResponseBadRequest()
    count = basket.put_in(request, wanted, change)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"count": count})
    return redirect("shop:cart")


@shop_page
@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: HttpRequest) -> HttpResponse:
    """Pays what is in the cart. Its address is that of the page it answers with, which may be opened again."""
    if request.method != "POST":
        return redirect("shop:cart")
    channel = shop_channel()
    who = visitor.visitor_of(request, channel)
    found = basket.basket_of(request, channel)
    if not found.lines:
        return redirect("shop:cart")
    api = shop_api(request, channel)
    quoted = checkout.quote(api, who.shopper, found)
    paid = checkout.pay(api, who.shopper, found, quoted, declined=request.POST.get("card") == "declined")
    if not paid.done:
        return _cart(request, channel, failed=paid)
    basket.empty(request)
    total = format_money(found.total_minor - paid.discount_minor, channel.currency)
    saved = format_money(paid.discount_minor, channel.currency) if paid.discount_minor else ""
    return _page(request, channel, "paid", title=gettext("Thank you"), paid=paid, total=total, saved=saved)


@shop_page
@require_GET
def token(request: HttpRequest) -> HttpResponse:
    """The strip's token-url: a token for whoever is logged in to this shop, signed with the shop's own secret."""
    channel = shop_channel()
    who = visitor.visitor_of(request, channel)
    key = server_key(shop_keys(channel))
    return JsonResponse({"token": issue_shopper_token(key=key, shopper=who.shopper, now=timezone.now()).token})


@shop_page
@require_GET
def what_was_learned(request: HttpRequest) -> HttpResponse:
    channel = shop_channel()
    return JsonResponse(learned(channel, visitor.visitor_of(request, channel).shopper, _now()))


@shop_page
@require_safe
def states(request: HttpRequest) -> HttpResponse:
    """Every state of a coupon, drawn by the strip itself from made-up coupons; for designers."""
    channel = shop_channel()
    language = request.GET.get("lang", "")
    language = language if language in {"en", "zh", "ar"} else ""
    items = preview_items(_now())
    return _page(request, channel, "states", title=gettext("Every state of a coupon"), items=items, strip_lang=language)


def _now() -> datetime:
    return timezone.now()
