"""Evaluate, then consume: coupons on a real cart, held or redeemed for exactly what the evaluation found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from coupons.candidates import load_candidates, load_candidates_and_facts
from coupons.codes import normalise_code
from coupons.enums import RedemptionStatus
from coupons.errors import AmountMismatch, CodeUnusable, CouponError, LimitReached, NotCombinable, NotFound, error_for
from coupons.evaluation import Cart, Decision, Evaluation, ReasonCode, ShopperFacts, evaluate
from coupons.evaluation.terms import SHIPPING_REF
from coupons.kept_terms import load_usable
from coupons.models import Channel, Shopper
from coupons.nearby import Location
from coupons.selectors import eligible_coupon_ids
from coupons.services.orders import Taken, Use, UseLine
from coupons.services.redemptions import hold_coupons, redeem_coupons, sweep_of
from coupons.services.transactions import in_ledger_transaction
from coupons.statements import Statement, run_together


@dataclass(frozen=True, slots=True)
class Checkout:
    """What the cart gets (None for an order that had it all already) and the uses taken for it."""

    evaluation: Evaluation | None
    uses: tuple[Taken, ...]


def evaluate_cart(
    *,
    channel: Channel,
    shopper: Shopper | None,
    cart: Cart,
    now: datetime,
    coupons: Sequence[UUID] = (),
    codes: Sequence[str] = (),
    order_ref: str = "",
    location: Location | None = None,
) -> Evaluation:
    """What the cart would get; writes nothing. Without coupons and codes: everything the shopper may use now.

    With `location` a store coupon is refused where none of its places is open and within reach.

    Raises CodeUnusable for a code that does not exist, NotFound for such a coupon.
    """
    if not (coupons or codes or order_ref or location):
        external_id = "" if shopper is None else shopper.external_id
        return evaluate_everything(channel=channel, external_id=external_id, cart=cart, now=now)
    found = find_codes(channel=channel, codes=codes)
    if coupons or codes:
        ids = _ids_of(channel, coupons) + list(found)
    else:
        ids = sorted(eligible_coupon_ids(channel=channel, shopper=shopper, now=now))
    return _evaluate(_Question(channel, shopper, cart, now, order_ref, location), ids, found)


def evaluate_everything(*, channel: Channel, external_id: str, cart: Cart, now: datetime) -> Evaluation:
    """What the cart would get of all that the shopper of that id may use now; for no such id, of what anybody may."""
    usable, facts = load_usable(channel=channel, external_id=external_id, cart=cart, now=now)
    return evaluate(cart, facts, usable, now)


@dataclass(frozen=True, slots=True)
class _Question:
    channel: Channel
    shopper: Shopper | None
    cart: Cart
    now: datetime
    order_ref: str
    location: Location | None = None


def _evaluate(of: _Question, ids: Sequence[int], codes: Mapping[int, int]) -> Evaluation:
    asked: dict[str, Any] = {
        "channel": of.channel,
        "coupon_ids": ids,
        "codes": codes,
        "order_ref": of.order_ref,
        "cart": of.cart,
        "location": of.location,
        "now": of.now,
    }
    if of.shopper is None:
        return evaluate(of.cart, ShopperFacts(), load_candidates(shopper=None, **asked), of.now)
    candidates, facts = load_candidates_and_facts(shopper=of.shopper, **asked)
    return evaluate(of.cart, facts, candidates, of.now)


def use_on_cart(
    *,
    channel: Channel,
    shopper: Shopper,
    order_ref: str,
    cart: Cart,
    mode: RedemptionStatus,
    now: datetime,
    coupons: Sequence[UUID] = (),
    codes: Sequence[str] = (),
    expected_minor: int | None = None,
    slate_id: UUID | None = None,
    location: Location | None = None,
) -> Checkout:
    """Hold (`mode` held) or redeem all these coupons for the order, or none of them; `location` as in evaluate_cart.

    Raises NotEligible and its kin with reasons, NotCombinable, AmountMismatch where the discount is not
    `expected_minor`, and what hold_coupons raises.
    """
    found = find_codes(channel=channel, codes=codes)
    named, used = _ids_and_uses(channel, shopper, order_ref, coupons)
    ids = sorted({*named, *found})
    if ids and used.keys() >= set(ids):
        return Checkout(None, tuple(used[pk] for pk in ids))

    def look() -> Evaluation:
        evaluation = _evaluate(_Question(channel, shopper, cart, now, order_ref, location), ids, found)
        _require_all(evaluation)
        return evaluation

    try:
        evaluation = look()
    except LimitReached:
        # an expired hold that nobody has swept yet may be what fills it
        if not in_ledger_transaction(sweep_of(ids, now)):
            raise
        evaluation = look()
    if expected_minor is not None and expected_minor != evaluation.discount_minor:
        raise AmountMismatch(
            f"{expected_minor} expected, {evaluation.discount_minor} found", discount_minor=evaluation.discount_minor
        )
    uses = [use_of(cart, decision, found, slate_id) for decision in evaluation.decisions]
    take = hold_coupons if mode == RedemptionStatus.HELD else redeem_coupons
    return Checkout(evaluation, tuple(take(channel=channel, shopper=shopper, order_ref=order_ref, uses=uses, now=now)))


def find_codes(*, channel: Channel, codes: Sequence[str]) -> dict[int, int]:
    """Ids of the codes as typed, by the coupon that each opens. Raises CodeUnusable for one that is not there."""
    if not codes:
        return {}
    norms = [normalise_code(text) for text in codes]
    asked = {"channel": channel.pk, "norms": norms}
    rows = {norm: (coupon_id, code_id) for norm, coupon_id, code_id in _CODES.rows(asked)}
    found: dict[int, int] = {}
    for norm in norms:
        if norm not in rows:
            raise CodeUnusable
        coupon_id, code_id = rows[norm]
        if coupon_id in found:
            raise NotCombinable("Two codes of one coupon do not go together")
        found[coupon_id] = code_id
    return found


def hide_code_state(error: CouponError) -> CouponError:
    """The one answer a browser gets for a code it cannot use: nothing tells a used code from one that never was."""
    return error if error.status >= 500 or error.code in _OPEN_TO_BROWSERS else CodeUnusable()


_OPEN_TO_BROWSERS = {"idempotency_in_flight", "idempotency_key_missing", "idempotency_key_reused", "malformed"}


_CODES = Statement(
    "codes_by_norm",
    "SELECT code_norm, coupon_id, id FROM coupons_couponcode"
    " WHERE channel_id = %(channel)s AND code_norm = ANY(%(norms)s)",
    {"channel": "bigint", "norms": "text[]"},
)
_IDS = Statement(
    "coupon_ids_by_uid",
    "SELECT c.uid, c.id FROM coupons_coupon c JOIN coupons_campaign k ON k.id = c.campaign_id"
    " WHERE c.uid = ANY(%(uids)s) AND k.channel_id = %(channel)s",
    {"uids": "uuid[]", "channel": "bigint"},
)
_REDEEMED = Statement(
    "redeemed_on_order",
    "SELECT id, uid, coupon_id, status, amount_minor, currency, redeemed_at, counter_slot FROM coupons_redemption"
    " WHERE channel_id = %(channel)s AND order_ref = %(order)s"
    " AND shopper_id = %(shopper)s AND status IN ('redeemed', 'partially_rolled_back')",
    {"channel": "bigint", "order": "text", "shopper": "bigint"},
)


def _ids_of(channel: Channel, uids: Sequence[UUID]) -> list[int]:
    if not uids:
        return []
    return _in_order(uids, _IDS.rows({"uids": list(uids), "channel": channel.pk}))


def _in_order(uids: Sequence[UUID], rows: Iterable[Sequence[Any]]) -> list[int]:
    ids: dict[UUID, int] = {row[0]: row[1] for row in rows}
    missing = [str(uid) for uid in uids if uid not in ids]
    if missing:
        raise NotFound(f"There is no coupon {', '.join(missing)} here")
    return [ids[uid] for uid in uids]


def _ids_and_uses(
    channel: Channel, shopper: Shopper, order_ref: str, uids: Sequence[UUID]
) -> tuple[list[int], dict[int, Taken]]:
    """The coupons' ids, and by coupon what the order has used already, whatever has ended or run out since."""
    asked = {"uids": list(uids), "channel": channel.pk, "order": order_ref, "shopper": shopper.pk}
    with connection.cursor() as cursor:
        ids, rows = run_together(cursor, (_IDS, _REDEEMED), asked)
    uses = {
        coupon_id: Taken(
            id=number,
            uid=uid,
            coupon_id=coupon_id,
            status=status,
            amount_minor=amount_minor,
            currency=currency,
            hold_expires_at=None,
            redeemed_at=redeemed_at,
            slot=slot,
            replayed=True,
        )
        for number, uid, coupon_id, status, amount_minor, currency, redeemed_at, slot in rows
    }
    return _in_order(uids, ids), uses


def _require_all(evaluation: Evaluation) -> None:
    refused = [decision for decision in evaluation.decisions if not decision.applied]
    if not refused:
        return
    reasons = [reason for decision in refused for reason in decision.reasons]
    apart = [reason for reason in reasons if reason.code != ReasonCode.NOT_COMBINABLE]
    raise error_for(apart or reasons, coupons=[str(decision.candidate.uid) for decision in refused])


def use_of(cart: Cart, decision: Decision, codes: Mapping[int, int], slate_id: UUID | None = None) -> Use:
    """An applied decision as a use. Covered lines are stored even with 0 off: returns are judged by their price."""
    off = dict(decision.lines)
    lines = [
        UseLine(line.ref, line.quantity, line.spend_minor, off.get(line.ref, 0))
        for line in cart.lines
        if decision.candidate.covers(line) or line.ref in off
    ]
    if decision.shipping_minor:
        lines.append(UseLine(SHIPPING_REF, 1, cart.shipping_minor, decision.shipping_minor))
    return Use(
        coupon_id=decision.candidate.coupon_id,
        amount_minor=decision.discount_minor,
        lines=tuple(lines),
        code_id=codes.get(decision.candidate.coupon_id),
        slate_id=slate_id,
    )
