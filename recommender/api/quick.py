"""GET recommendations for a server's key with nothing wrong in it: the same answer by a shorter way.

The view (recommender.api.recommendations) is what is documented, and answers whatever is out of the ordinary; a test
holds the two answers equal. Here the key was checked within the last second, calls are counted in portions, and what an
answer says of a coupon is kept as JSON text for as long as the coupon itself.
"""

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from coupons.api.authentication import presented_key
from coupons.api.problems import Problem
from coupons.api.throttling import may_call
from coupons.enums import KeyKind, Scope
from coupons.key_cache import checked_key
from coupons.models import Channel, Coupon
from recommender.api.parameters import read_recommendation_query
from recommender.api.slate_body import coupon_body, place_body, slate_head
from recommender.selectors import Slate, SlateItem, recommend_for
from recommender.services import record_impressions

_UTC_Z = orjson.OPT_UTC_Z
_MOST = 20_000
_RARE = {"format", "lat", "lon", "radius_m", "place"}
"""Parameters that the view sees to."""

_texts: dict[tuple[int, str, str], tuple[Coupon, bytes]] = {}


def quick_answer(request: HttpRequest) -> HttpResponse | None:
    """The answer; None where the view has to say what is wrong, or to speak to a browser."""
    if (
        request.method != "GET"
        or _RARE & request.GET.keys()
        or "HTTP_ORIGIN" in request.META
        or not _takes_json(request)
    ):
        return None
    plaintext = presented_key(request)
    key = checked_key(plaintext) if plaintext else None
    if key is None or key.kind != KeyKind.SERVER or Scope.READ_RECOMMENDATIONS not in key.scopes:
        return None
    try:
        query = read_recommendation_query(request.GET.dict(), channel=key.channel.slug)
    except Problem:
        return None
    if not may_call(key):
        return None
    slate = recommend_for(
        channel=key.channel,
        shopper_external_id=query.shopper,
        now=timezone.now(),
        limit=query.limit,
        cart_total_minor=query.cart_total_minor,
    )
    record_impressions(slate=slate)
    content = slate_json(slate, key.channel)
    return HttpResponse(content, content_type="application/json", headers={"Cache-Control": "no-store"})


def slate_json(slate: Slate, channel: Channel) -> bytes:
    """`slate_body` as text, put together of what is known and what is new."""
    head = orjson.dumps(slate_head(slate), option=_UTC_Z)
    texts, language = slate.prepared.texts, translation.get_language() or ""
    items = texts.get(language)
    if items is None:
        items = texts[language] = b",".join(_item_json(item, channel) for item in slate.items)
    return head[:-1] + b',"items":[' + items + b"]}"


def _item_json(item: SlateItem, channel: Channel) -> bytes:
    return _coupon_json(item.coupon, channel) + orjson.dumps(place_body(item), option=_UTC_Z)[1:]


def _coupon_json(coupon: Coupon, channel: Channel) -> bytes:
    """The members that all shoppers see alike and a comma; kept for this very reading of the row."""
    key = (coupon.pk, channel.currency, translation.get_language() or "")
    kept = _texts.get(key)
    if kept is not None and kept[0] is coupon:
        return kept[1]
    text = orjson.dumps(coupon_body(coupon, channel.currency), option=_UTC_Z)[:-1] + b","
    if len(_texts) > _MOST:
        _texts.clear()
    _texts[key] = (coupon, text)
    return text


def _takes_json(request: HttpRequest) -> bool:
    accepted: str = request.META.get("HTTP_ACCEPT", "")
    return not accepted or "*/*" in accepted or "application/json" in accepted
