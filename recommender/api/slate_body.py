"""An answer as plain values: what the view renders and the quick way writes as text. SlateSerializer documents it."""

from typing import Any

from coupons.api.benefit_body import benefit_body
from coupons.models import Channel, Coupon
from recommender.reasons import reason_code, reason_text
from recommender.selectors import Slate, SlateItem


def slate_body(slate: Slate, channel: Channel) -> dict[str, Any]:
    """The whole answer."""
    items = [coupon_body(item.coupon, channel.currency) | place_body(item) for item in slate.items]
    return {**slate_head(slate), "items": items}


def slate_head(slate: Slate) -> dict[str, Any]:
    """All but the items."""
    return {
        "slate_id": slate.slate_id,
        "shopper": slate.shopper,
        "model_version": slate.model_version,
        "fallback": slate.fallback.value or None,
        "freshness": slate.freshness.value,
        "generated_at": slate.generated_at,
    }


def coupon_body(coupon: Coupon, currency: str) -> dict[str, Any]:
    """What every shopper sees of it alike."""
    campaign = coupon.campaign
    return {
        "coupon": coupon.uid,
        "external_id": coupon.external_id,
        "title": coupon.title,
        "benefit": benefit_body(coupon, currency),
        "campaign": {"external_id": campaign.external_id, "name": campaign.name},
        "valid_from": campaign.starts_at,
        "valid_until": campaign.ends_at,
        "min_spend_minor": coupon.min_spend_minor,
        "min_quantity": coupon.min_quantity,
    }


def place_body(item: SlateItem) -> dict[str, Any]:
    """What is this shopper's own."""
    body: dict[str, Any] = {
        "score": item.score,
        "position": item.position,
        "reason": {"code": reason_code(item.reason), "text": reason_text(item.reason)},
        "source": item.source.value,
    }
    if item.nearest is not None:
        store = item.nearest
        body["place"] = {"external_id": store.external_id, "name": store.name, "distance_m": store.distance_m}
    return body
