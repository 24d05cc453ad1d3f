"""What coupons give and to whom, kept in the process: a cart that asks for everything reads only what is live.

The statement that says which coupons a shopper may use now gives the mark of each, which changes with its row, its
campaign's and its stacking group's, and so with every benefit, step, target and budget (migration 0016). Terms count
under the mark they were read with and no other, so a change is seen at once, whichever process made it. What is left
of limits and budgets is never kept, and a use is taken on rows that its own transaction reads.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from operator import attrgetter
from threading import Lock
from typing import Any

import orjson
from django.db import connection

from coupons.candidate_rows import MARKED_CANDIDATES, MOST_KEPT_TARGETS, Row
from coupons.candidates import campaign_of, candidate_of, load_candidates, load_candidates_and_facts, of_nobody
from coupons.enums import BudgetKind, CouponTrigger
from coupons.evaluation import BudgetLeft, CampaignTerms, Candidate, Cart, ShopperFacts, Standing
from coupons.models import Channel
from coupons.schedule import period_start
from coupons.selectors import known_shopper
from coupons.statements import Statement, run_together
from coupons.usable import usable_coupons

_MOST = 10_000
"""Coupons kept; the one that was read longest ago goes."""


@dataclass(frozen=True, slots=True)
class _Budget:
    id: int
    kind: BudgetKind
    period: str
    limit_n: int


@dataclass(frozen=True, slots=True)
class _Terms:
    """`candidate` stands as one that may be used; None where it has too many targets to keep, or gives nothing."""

    mark: bytes
    candidate: Candidate | None
    budgets: tuple[_Budget, ...] = ()
    of_cart: bool = False
    """Too many targets: those that a cart matches are read with each cart."""

    @property
    def of_codes(self) -> bool:
        return self.candidate is not None and self.candidate.trigger == CouponTrigger.CODE


_by_id = attrgetter("coupon_id")
_kept: "OrderedDict[int, _Terms]" = OrderedDict()
_lock = Lock()


def forget_terms() -> None:
    """Read everything anew."""
    with _lock:
        _kept.clear()


def load_usable(
    *, channel: Channel, external_id: str, cart: Cart, now: datetime
) -> tuple[list[Candidate], ShopperFacts]:
    """Every coupon that the shopper of that id may use now, in order of id, as `load_candidates` gives them.

    With what the evaluation asks of the shopper, who is nobody known where there is no such id.
    """
    usable = usable_coupons(channel=channel, external_id=external_id, now=now)
    terms = _terms_of(usable.marks, channel, now)
    found = _with_standing([one for one in terms.values() if one.candidate is not None], usable.shopper_id, now)
    # whoever has ordered may use no coupon for a first order, so where there is one, there was no order
    facts = ShopperFacts(usable.shopper_id, usable.segments)
    of_cart = [pk for pk, one in terms.items() if one.of_cart]
    if of_cart:
        asked: dict[str, Any] = {"channel": channel, "coupon_ids": of_cart, "cart": cart, "now": now}
        shopper = None if usable.shopper_id is None else known_shopper(channel=channel, external_id=external_id)
        if shopper is None:
            found += load_candidates(shopper=None, **asked)
        else:
            more, facts = load_candidates_and_facts(shopper=shopper, codes={}, order_ref="", location=None, **asked)
            found += more
    return sorted(found, key=_by_id), facts


def _terms_of(marks: Mapping[int, bytes], channel: Channel, now: datetime) -> dict[int, _Terms]:
    """The terms of all these coupons, by id; those that are not kept under their mark are read, in one statement."""
    found = {pk: kept for pk, mark in marks.items() if (kept := _kept.get(pk)) is not None and kept.mark == mark}
    missing = [pk for pk in marks if pk not in found]
    if not missing:
        return found
    # one without a benefit is not read: that it gives nothing holds until its row changes
    read = {pk: _Terms(marks[pk], None) for pk in missing} | _read(missing, channel, now)
    with _lock:
        for pk, terms in read.items():
            _kept[pk] = terms
            _kept.move_to_end(pk)
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    return found | read


def _read(coupon_ids: Sequence[int], channel: Channel, now: datetime) -> dict[int, _Terms]:
    with connection.cursor() as cursor:
        MARKED_CANDIDATES.execute(cursor, of_nobody(channel, coupon_ids, now))
        rows = [(Row(*row[:-1]), row[-1].encode()) for row in cursor.fetchall()]
    campaigns: dict[int, CampaignTerms] = {}
    return {row.id: _terms(row, mark, campaigns.setdefault(row.campaign_id, campaign_of(row))) for row, mark in rows}


def _terms(row: Row, mark: bytes, campaign: CampaignTerms) -> _Terms:
    candidate = candidate_of(row, campaign, Standing(granted=row.trigger == CouponTrigger.GRANTED))
    if candidate.include.count + candidate.exclude.count > MOST_KEPT_TARGETS:
        return _Terms(mark, None, of_cart=True)
    budgets = orjson.loads(row.budgets) if row.budgets else ()
    return _Terms(
        mark, candidate, tuple(_Budget(pk, BudgetKind(kind), period, limit) for pk, kind, period, limit, _ in budgets)
    )


_SPENT = Statement(
    "budgets_spent",
    """
    SELECT budget_id, period_start, held_n + spent_n FROM coupons_budgetcounter
    WHERE budget_id = ANY(%(budgets)s) AND period_start = ANY(%(periods)s)
    """,
    {"budgets": "bigint[]", "periods": "date[]"},
)
_OF_CODES = Statement(
    "standing_of_codes",
    """
    SELECT c.id, EXISTS (SELECT 1 FROM coupons_couponcode cc WHERE cc.coupon_id = c.id),
        EXISTS (SELECT 1 FROM coupons_coupongrant w
            WHERE w.coupon_id = c.id AND w.shopper_id = %(shopper)s AND w.status = 'issued')
    FROM unnest(%(coupons)s) AS c (id)
    """,
    {"coupons": "bigint[]", "shopper": "bigint"},
)


def _with_standing(terms: Sequence[_Terms], shopper_id: int | None, now: datetime) -> list[Candidate]:
    """The candidates with what is left of their budgets, and whether they need a code: one round trip, or none."""
    kept = [(one, one.candidate) for one in terms if one.candidate is not None]
    if not any(one.budgets or one.of_codes for one in terms):
        return [candidate for _, candidate in kept]
    starts = {
        (budget.period, candidate.campaign.timezone): period_start(budget.period, candidate.campaign.timezone, now)
        for one, candidate in kept
        for budget in one.budgets
    }
    with connection.cursor() as cursor:
        spent, of_codes = run_together(
            cursor,
            [_SPENT, _OF_CODES],
            {
                "budgets": list({budget.id for one in terms for budget in one.budgets}),
                "periods": list(set(starts.values())),
                "coupons": [candidate.coupon_id for one, candidate in kept if one.of_codes],
                "shopper": -1 if shopper_id is None else shopper_id,
            },
        )
    used: dict[tuple[int, date], int] = {(budget, start): amount for budget, start, amount in spent}
    codes = {pk: (has_codes, granted) for pk, has_codes, granted in of_codes}
    found = []
    for one, candidate in kept:
        if one.budgets or one.of_codes:
            has_codes, granted = codes.get(candidate.coupon_id, (False, candidate.standing.granted))
            zone = candidate.campaign.timezone
            left = [
                BudgetLeft(each.id, each.kind, each.limit_n - used.get((each.id, starts[each.period, zone]), 0))
                for each in one.budgets
            ]
            standing = Standing(budgets=tuple(left), granted=granted, code_missing=has_codes and not granted)
            found.append(replace(candidate, standing=standing))
        else:
            found.append(candidate)
    return found
