"""Paying, as a shop's backend does it: hold the wallet's coupons, take the money, confirm; or release, if declined."""

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote as percent_encoded

from django.utils.translation import gettext

from couponsite.shop.api import ApiAnswer, ShopApi
from couponsite.shop.basket import Basket


@dataclass(frozen=True)
class WalletCoupon:
    """A claimed coupon on this cart: what it takes off, or why it does not."""

    coupon: str
    title: str
    discount_minor: int
    applied: bool
    why_not: str


@dataclass(frozen=True)
class Quote:
    """What the cart costs with the wallet's coupons. `reachable` is False where the platform did not answer."""

    coupons: tuple[WalletCoupon, ...]
    discount_minor: int
    payable_minor: int
    reachable: bool = True

    @property
    def applied(self) -> list[str]:
        return [coupon.coupon for coupon in self.coupons if coupon.applied]


@dataclass(frozen=True)
class Paid:
    """How it went. A declined card, and a coupon that could not be had, leave the cart and the wallet as they were."""

    order_ref: str
    done: bool
    discount_minor: int = 0
    reason: str = ""
    released: int = 0


def quote(api: ShopApi, shopper: str, basket: Basket) -> Quote:
    """Evaluate the claimed coupons on the cart; without coupons, or without an answer, the full price."""
    full = Quote((), 0, basket.total_minor)
    if not basket.lines:
        return full
    wallet = api.get(f"shoppers/{_quoted(shopper)}/coupons?status=issued&limit=20")
    coupons = [item["coupon"] for item in wallet.body.get("items", [])] if wallet.ok else []
    if not coupons:
        return full if wallet.ok or wallet.status == 404 else Quote((), 0, basket.total_minor, reachable=False)
    answer = api.post("evaluations", {"shopper": shopper, "cart": basket.as_cart(), "coupons": coupons})
    if not answer.ok:
        return Quote((), 0, basket.total_minor, reachable=False)
    decided = tuple(
        WalletCoupon(
            coupon=decision["coupon"],
            title=decision["title"],
            discount_minor=decision["discount_minor"],
            applied=decision["applied"],
            # the API says it in English; what has no number in it is in our catalogue of messages
            why_not="; ".join(gettext(reason["text"]) for reason in decision["reasons"]),
        )
        for decision in answer.body["coupons"]
    )
    return Quote(decided, answer.body["discount_minor"], answer.body["payable_minor"])


def pay(api: ShopApi, shopper: str, basket: Basket, quoted: Quote, *, declined: bool) -> Paid:
    """Hold, charge (pretend), then confirm or release. The order's own number makes every step safe to send twice."""
    order_ref = f"demo-{secrets.token_hex(5)}"
    held: list[dict[str, Any]] = []
    if quoted.applied:
        answer = _hold(api, shopper, basket, quoted, order_ref)
        if not answer.ok:
            return Paid(order_ref, done=False, reason=str(answer.body.get("detail", "")))
        held = answer.body["redemptions"]
    if declined:
        for redemption in held:
            _move(api, redemption, "release")
        return Paid(order_ref, done=False, released=len(held))
    discount = 0
    for redemption in held:
        confirmed = _move(api, redemption, "confirm")
        if not confirmed.ok:
            return Paid(order_ref, done=False, reason=str(confirmed.body.get("detail", "")))
        discount += confirmed.body["amount_minor"]
    _tell(api, shopper, basket, order_ref, held)
    return Paid(order_ref, done=True, discount_minor=discount)


def _hold(api: ShopApi, shopper: str, basket: Basket, quoted: Quote, order_ref: str) -> ApiAnswer:
    order = {
        "order_ref": order_ref,
        "shopper": shopper,
        "mode": "hold",
        "cart": basket.as_cart(),
        "coupons": quoted.applied,
        "expected_discount_minor": quoted.discount_minor,
    }
    return api.post("redemptions", order, idempotency_key=f"{order_ref}-hold")


def _move(api: ShopApi, redemption: dict[str, Any], step: str) -> ApiAnswer:
    uid = redemption["redemption"]
    return api.post(f"redemptions/{uid}/{step}", {}, idempotency_key=f"{uid}-{step}")


def _tell(api: ShopApi, shopper: str, basket: Basket, order_ref: str, held: list[dict[str, Any]]) -> None:
    """The purchase as behaviour, and the coupons used: what the next answer and the next training read."""
    shares = {line["line_ref"]: 0 for use in held for line in use["lines"]}
    for use in held:
        for line in use["lines"]:
            shares[line["line_ref"]] += line["amount_minor"]
    events: list[dict[str, Any]] = [
        {
            "event_id": f"{order_ref}-{line.tile.id}",
            "shopper": shopper,
            "kind": "purchase",
            "product": line.tile.id,
            "order_ref": order_ref,
            "quantity": line.quantity,
            "value_minor": line.total_minor - shares.get(line.tile.id, 0),
            "coupon_discount_minor": shares.get(line.tile.id, 0),
        }
        for line in basket.lines
    ]
    events += [
        {
            "event_id": f"{order_ref}-{use['coupon']}",
            "shopper": shopper,
            "kind": "redemption",
            "coupon": use["coupon"],
            "order_ref": order_ref,
            "value_minor": use["amount_minor"],
            "slate_id": use["slate_id"],
        }
        for use in held
    ]
    api.post("events", {"events": events})


def _quoted(shopper: str) -> str:
    return percent_encoded(shopper, safe="")
