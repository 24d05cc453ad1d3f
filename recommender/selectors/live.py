"""What a shopper did since the last computation, as a change of scores: NumPy alone, a few milliseconds at most.

Purchases take the published state on by a day each, as a training would, and the fusion's part of every score is
replaced by its new value. Views, clicks and carts are intent, which raises interests and scores and lowers none.
Nothing else of a score moves. With nothing new there is nothing to do: the published slate stands as it is.
"""

import io
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from threading import Lock

import numpy as np
from django.db import connection

from coupons.models import Channel
from recommender.estimators.base import Doubles, Floats, Ints
from recommender.intent import INTENT, coupon_lift, with_intent
from recommender.live_model import MOST_KEPT, LiveModel
from recommender.models import LiveCatalog
from recommender.pipeline.vocabulary import Vocabulary, category_path
from recommender.selectors.activity import DayActs, PublishedState

SAME_STATE = 1e-5
"""States nearer than this are one: nothing was added since."""
SAME_INTENT = 1e-4
"""Weighted counts nearer than this are one: an act weighs a tenth at least."""
_CATALOG_SECONDS = 1.0
_CATEGORY_SECONDS = 10.0


@dataclass(frozen=True)
class CouponTable:
    """A channel's coupons as the live version published them; c coupons."""

    as_of: datetime
    coupons: Ints
    campaigns: Ints
    items: Floats
    """(c, q) what the fusion reads of each coupon."""
    coverage: Floats
    logits: Doubles
    """(c,) the stack's sums for somebody unknown."""
    pair: Floats
    """(c, width) scaled pair features of somebody unknown."""
    interest_columns: Ints

    @cached_property
    def order(self) -> Ints:
        """Places of the coupons by ascending id."""
        order: Ints = np.argsort(self.coupons)
        return order

    def places(self, coupons: Ints) -> Ints:
        """Where each coupon stands, -1 where it is not known."""
        if not len(self.coupons):
            return np.full(len(coupons), -1)
        found = np.searchsorted(self.coupons, coupons, sorter=self.order)
        place = self.order[np.minimum(found, len(self.coupons) - 1)]
        known: Ints = np.where(self.coupons[place] == coupons, place, -1)
        return known


@dataclass(frozen=True)
class InterestMove:
    """Interest scores (K,) as published and now."""

    before: Floats
    after: Floats
    changed: bool
    recurrent: tuple[Floats, Floats]
    """Before and after, of what was bought alone: what the fusion reads."""


@dataclass(frozen=True)
class LiveScores:
    """A shopper's coupons with their scores as of now, best first."""

    coupons: Ints
    scores: Doubles
    lifts: Doubles
    """(n,) by how much the new behaviour moved the stack's sum."""
    subjects: tuple[str, ...]
    """The covered category that rose most, empty where none did."""


def interest_move(model: LiveModel, state: PublishedState | None, acts: tuple[DayActs, ...]) -> InterestMove:
    """The published interest taken on by the days of `acts`; without a state from that of somebody unknown."""
    start = model.interest.start()
    before = start if state is None else np.frombuffer(state.state, "<f4")
    base = start if state is None else np.frombuffer(state.base_state, "<f4")
    last_day = None if state is None else state.base_day
    read = _of_people(model, acts)
    numbers = category_numbers(model, {act.category_id for act in read if act.category_id is not None})
    after = _take_on(model, base, last_day, read, numbers)
    if np.allclose(before, after, rtol=0, atol=SAME_STATE):
        after = before
    interest = model.interest.interest(before)
    recurrent = interest, interest if after is before else model.interest.interest(after)
    published = np.frombuffer(b"" if state is None else state.intent, INTENT)
    was = {int(row["category"]): float(row["total"]) for row in published}
    now = _take_on_intent({int(row["category"]): float(row["past"]) for row in published}, read, numbers)
    same = was.keys() == now.keys() and all(abs(now[place] - was[place]) < SAME_INTENT for place in now)
    raised = _raised(model, recurrent[0], was), _raised(model, recurrent[1], was if same else now)
    return InterestMove(*raised, changed=after is not before or not same, recurrent=recurrent)


def _of_people(model: LiveModel, acts: tuple[DayActs, ...]) -> list[DayActs]:
    """Without the days that the pipeline takes for a bot's."""
    events: dict[int, int] = defaultdict(int)
    for act in acts:
        events[act.day] += act.events
    return [act for act in acts if events[act.day] <= model.max_events_per_day]


def _take_on_intent(
    past: dict[int, float], acts: Sequence[DayActs], numbers: Mapping[int, int | None]
) -> dict[int, float]:
    """w by category after the acts: what was bought since is wanted no longer, until the shopper looks again."""
    known = [
        (number, act)
        for act in sorted(acts, key=lambda act: act.day)
        if act.category_id is not None and (number := numbers.get(act.category_id)) is not None
    ]
    bought = {number: act.day for number, act in known if act.bought}
    intent: dict[int, float] = defaultdict(float)
    intent.update({number: w for number, w in past.items() if w and number not in bought})
    for number, act in known:
        if act.looked and (number not in bought or act.day > bought[number]):
            intent[number] += act.looked
    return intent


def _raised(model: LiveModel, interest: Floats, intent: Mapping[int, float]) -> Floats:
    if not intent:
        return interest
    places, w = np.array(list(intent), np.int64), np.array(list(intent.values()), np.float32)
    return with_intent(interest, places, w, model.intent_strength)


def live_scores(model: LiveModel, table: CouponTable, state: PublishedState | None, move: InterestMove) -> LiveScores:
    """Every coupon of the shopper with its sum moved; for somebody without published scores every coupon there is."""
    coupons, sums, pair = _published_scores(table, state)
    place = table.places(coupons)
    known = place >= 0
    coupons, sums, pair, place = coupons[known], sums[known], pair[known], place[known]
    coverage = table.coverage[place]
    was = sums + coupon_lift(move.recurrent[0], move.before, coverage)
    if move.recurrent[0] is not move.recurrent[1]:
        before, after = _fusion_logits(model, table, place, pair, move)
        sums = model.stack.moved(sums, before, after)
    moved = sums + coupon_lift(move.recurrent[1], move.after, coverage)
    scores = model.stack.probabilities(moved)
    rise = np.maximum(move.after - move.before, 0) * coverage
    best = rise.argmax(axis=1) if rise.size else np.zeros(len(coupons), np.int64)
    order = np.lexsort((coupons, -scores))
    names = model.vocabulary.categories
    subjects = tuple(
        names[best[row]].rsplit(" > ", 1)[-1] if rise[row, best[row]] > 0 and moved[row] > was[row] else ""
        for row in order
    )
    return LiveScores(coupons[order], scores[order], (moved - was)[order], subjects)


def _fusion_logits(
    model: LiveModel, table: CouponTable, place: Ints, pair: Floats, move: InterestMove
) -> tuple[Floats, Floats]:
    """Of the coupons at `place` (n,), before and after what was bought since."""
    items, coverage = table.items[place], table.coverage[place]
    logits = []
    for interest in move.recurrent:
        if len(table.interest_columns):
            _write_interest_features(model, pair, table.interest_columns, interest, coverage)
        logits.append(model.fusion.logits(interest, items, pair))
    return logits[0], logits[1]


def _take_on(
    model: LiveModel,
    state: Floats,
    last_day: int | None,
    acts: Sequence[DayActs],
    numbers: Mapping[int, int | None],
) -> Floats:
    """One step a day with a purchase, the latest `sequence_length` of them, of what was bought on it."""
    days: dict[int, list[DayActs]] = defaultdict(list)
    for act in acts:
        if act.bought:
            days[act.day].append(act)
    for day in sorted(days)[-model.sequence_length :]:
        counts: dict[int, float] = defaultdict(float)
        for act in days[day]:
            number = numbers.get(act.category_id) if act.category_id is not None else None
            if number is not None:
                counts[number] += act.bought
        spend = sum(act.spend_minor for act in days[day])
        gap = 0 if last_day is None else day - last_day
        state = model.interest.step(state, model.step_input(counts, gap_days=gap, spend_minor=spend))
        last_day = day
    return state


def _published_scores(table: CouponTable, state: PublishedState | None) -> tuple[Ints, Doubles, Floats]:
    """Coupons, sums and scaled pair features: the shopper's own where they were kept, else those of nobody."""
    if state is None:
        return table.coupons, table.logits, table.pair.copy()
    coupons = np.frombuffer(state.coupons, "<i8")
    sums = np.frombuffer(state.logits, "<f8")
    pair = table.pair[np.maximum(table.places(coupons), 0)] if len(table.coupons) else table.pair[:0]
    width = table.pair.shape[1]
    if width:
        own = np.frombuffer(state.pair, "<f2").reshape(-1, width)
        pair[: len(own)] = own
    return coupons, sums, pair


def _write_interest_features(model: LiveModel, pair: Floats, columns: Ints, interest: Floats, coverage: Floats) -> None:
    """`pipeline.features.interest.interest_features` of one shopper, scaled, into the columns of `pair` (n, width)."""
    covered = coverage > 0
    rows = covered.any(axis=1)
    weight = coverage[rows] / coverage[rows].sum(axis=1, keepdims=True)
    base = model.interest.interest(model.interest.start())
    mean = weight @ interest
    raw = np.stack(
        [
            1 - np.exp(covered[rows] @ np.log1p(-np.clip(interest, 0, 1 - 1e-6))),
            mean / np.maximum(weight @ base, 1e-6),
            np.where(covered[rows], interest, -np.inf).max(axis=1, initial=-np.inf),
            mean,
        ],
        axis=1,
    )
    pair[np.ix_(rows, columns)] = model.fusion.scale_pairs(raw, columns)


# --- what every request of a process shares ---------------------------------------------------------------------------


@dataclass
class _KeptTable:
    checked_at: float
    table: CouponTable | None


_tables: dict[tuple[int, int], _KeptTable] = {}
_numbers: dict[int, tuple[Vocabulary, dict[int, int | None]]] = {}
_numbers_read_at = 0.0
_lock = Lock()


def coupon_table(model: LiveModel, channel: Channel) -> CouponTable | None:
    """The channel's coupons under the model's version; asked again every second whether there is a newer one."""
    key = (model.version_id, channel.pk)
    kept = _tables.get(key)
    if kept is not None and time.monotonic() < kept.checked_at + _CATALOG_SECONDS:
        return kept.table
    rows = LiveCatalog.objects.filter(model_version=model.version_id, channel=channel)
    as_of = rows.values_list("as_of", flat=True).first()
    table = kept.table if kept is not None else None
    if as_of is None:
        table = None
    elif table is None or table.as_of != as_of:
        arrays, as_of = rows.values_list("arrays", "as_of").get()
        table = _read_table(model, bytes(arrays), as_of)
    with _lock:
        known = list(dict.fromkeys([version for version, _channel in _tables if version != model.version_id]))
        for old in [key for key in _tables if key[0] in known[: max(0, len(known) - MOST_KEPT + 1)]]:
            del _tables[old]
        _tables[key] = _KeptTable(time.monotonic(), table)
    return table


def _read_table(model: LiveModel, content: bytes, as_of: datetime) -> CouponTable:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return CouponTable(
            as_of=as_of,
            coupons=arrays["coupons"],
            campaigns=arrays["campaigns"],
            items=model.fusion.item_side(arrays["codes"]),
            coverage=arrays["coverage"],
            logits=arrays["logits"],
            pair=arrays["pair"].astype(np.float32),
            interest_columns=arrays["interest_columns"],
        )


def category_numbers(model: LiveModel, category_ids: set[int]) -> dict[int, int | None]:
    """The model's number of each category of the catalog, None for one it does not know. Read once a process."""
    global _numbers_read_at  # noqa: PLW0603 - when this process last read the tree
    vocabulary, known = _numbers.get(model.version_id, (None, {}))
    stale = time.monotonic() > _numbers_read_at + _CATEGORY_SECONDS
    if vocabulary is not model.vocabulary or (stale and category_ids - known.keys()):
        known = {pk: model.category_numbers.get(path or "") for pk, path in _category_paths().items()}
        with _lock:
            _numbers.pop(model.version_id, None)
            _numbers[model.version_id] = model.vocabulary, known
            for old in list(_numbers)[:-MOST_KEPT]:
                del _numbers[old]
            _numbers_read_at = time.monotonic()
    return known


_PATHS = """
WITH RECURSIVE tree AS (
    SELECT id, ARRAY[name::text] AS names FROM coupons_category WHERE parent_id IS NULL
    UNION ALL
    SELECT child.id, tree.names || child.name::text FROM coupons_category child JOIN tree ON child.parent_id = tree.id)
SELECT id, names[1], names[2] FROM tree
"""


def _category_paths() -> dict[int, str | None]:
    with connection.cursor() as cursor:
        cursor.execute(_PATHS)
        return {pk: category_path(department, commodity) for pk, department, commodity in cursor.fetchall()}
