"""What one view, click or cart does to a shopper's interests and to the order of coupons, on a loaded site.

    .venv/bin/python -m benchmarks.live_interest [--shoppers 200] [--json FILE]

Reads shoppers at even steps and five covered categories of each, from the strongest interest to a faint one; writes
nothing to the database. Beside it stands the step that the recurrence alone would have taken of the same act.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import numpy as np

if TYPE_CHECKING:
    from coupons.models import Shopper
    from recommender.live_model import LiveModel
    from recommender.selectors.activity import PublishedState
    from recommender.selectors.live import CouponTable, InterestMove

RANKS = (0, 3, 10, 30, 60)
"""Which of a shopper's covered categories are asked for, by falling interest."""
SHOWN = 6
"""Coupons of a strip."""
KINDS = ("view", "click", "cart")


@dataclass(frozen=True)
class Case:
    """A shopper as computed, without intent and without the day of the computation taken apart."""

    model: "LiveModel"
    table: "CouponTable"
    state: "PublishedState"
    today: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shoppers", type=int, default=200)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "couponsite.settings")
    django.setup()
    text = json.dumps(measure(options.shoppers), indent=1)
    sys.stdout.write(text + "\n")
    if options.json:
        options.json.write_text(text + "\n")


def measure(most: int) -> dict[str, Any]:
    """Means over (shopper, category) by kind of act."""
    from django.utils import timezone

    from coupons.models import Shopper
    from recommender.models import LiveCandidates

    people = Shopper.objects.filter(pk__in=LiveCandidates.objects.values("shopper")).order_by("pk")
    step = max(people.count() // most, 1)
    cases = [_case(shopper, timezone.now()) for shopper in list(people.select_related("channel"))[::step][:most]]
    found = [row for case in cases if case is not None for row in _rows(case)]
    by_kind = {kind: [row for said, row in found if said == kind] for kind in KINDS}
    return {"shoppers": len(cases), **{kind: _means(rows) for kind, rows in by_kind.items()}}


def _case(shopper: "Shopper", now: datetime) -> Case | None:
    from recommender.live_model import live_model
    from recommender.models import LiveCandidates
    from recommender.selectors.activity import DAY_SECONDS, read_context
    from recommender.selectors.live import coupon_table

    context = read_context(channel=shopper.channel, shopper_external_id=shopper.external_id, now=now)
    if context.version is None or context.published_state is None:
        return None
    model = live_model(context.version.pk, context.version.path)
    table = coupon_table(model, shopper.channel)
    if table is None:
        return None
    kept = LiveCandidates.objects.get(pk=context.published_state.candidates_id)
    state = replace(
        context.published_state,
        coupons=bytes(kept.coupons),
        logits=bytes(kept.logits),
        pair=bytes(kept.pair),
        base_state=bytes(kept.state),
        intent=b"",
    )
    return Case(model, table, state, int(now.timestamp() // DAY_SECONDS))


def _rows(case: Case) -> Iterator[tuple[str, dict[str, float]]]:
    from recommender.pipeline.vocabulary import EVENT_WEIGHTS
    from recommender.selectors.activity import DayActs
    from recommender.selectors.live import category_numbers, interest_move

    known = {number: pk for pk, number in category_numbers(case.model, set()).items() if number is not None}
    nothing = interest_move(case.model, case.state, ())
    covered = case.table.coverage.sum(axis=0) > 0
    asked = [number for number in np.argsort(-nothing.before).tolist() if covered[number] and number in known]
    for number in [asked[rank] for rank in RANKS if rank < len(asked)]:
        for kind in KINDS:
            weight = EVENT_WEIGHTS[kind]
            act = DayActs(case.today, known[number], weight, 0, 0.0, 1, 1)
            move = interest_move(case.model, case.state, (act,))
            alone = _recurrence(case, number, weight) - move.before
            yield (
                kind,
                {
                    **_interests("", move.after - move.before, number),
                    **_interests("recurrence_", alone, number),
                    **_coupons(case, nothing, move, number),
                },
            )


def _recurrence(case: Case, number: int, weight: float) -> Any:
    """The interests (K,) after the act as a day of its own."""
    gap = 0 if case.state.base_day is None else case.today - case.state.base_day
    x = case.model.step_input({number: weight}, gap_days=gap, spend_minor=0)
    return case.model.interest.interest(case.model.interest.step(np.frombuffer(case.state.state, "<f4"), x))


def _interests(name: str, change: Any, number: int) -> dict[str, float]:
    return {
        f"{name}acted": float(change[number]),
        f"{name}acted_falls": float(change[number] < 0),
        f"{name}others": float(np.delete(change, number).mean()),
    }


def _coupons(case: Case, nothing: "InterestMove", move: "InterestMove", number: int) -> dict[str, float]:
    from recommender.selectors.live import live_scores

    was = live_scores(case.model, case.table, case.state, nothing).coupons.tolist()
    now = live_scores(case.model, case.table, case.state, move)
    own = np.flatnonzero(case.table.coverage[case.table.places(now.coupons)][:, number] > 0)
    rank = {coupon: place for place, coupon in enumerate(was)}
    return {
        "coupon_log_score": float(now.lifts[own].mean()),
        "coupon_falls": float((now.lifts[own] < 0).any()),
        "coupon_places_up": float(np.mean([rank[now.coupons[place]] - place for place in own.tolist()])),
        "coupons_new_in_strip": float(len(set(now.coupons[:SHOWN].tolist()) - set(was[:SHOWN]))),
    }


def _means(rows: list[dict[str, float]]) -> dict[str, float]:
    means = {name: round(float(np.mean([row[name] for row in rows])), 4) for name in rows[0]} if rows else {}
    return {"pairs": len(rows), **means}


if __name__ == "__main__":
    main()
