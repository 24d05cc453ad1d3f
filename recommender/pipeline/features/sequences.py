"""Shoppers' baskets (or visits) as padded sequences, and the categories that they bought in the next window.

A step is one day of one shopper. Padding follows the real steps; the mask says which are real. On the last day before
a list's, which may not be over, only purchases make a step: the rest of it is intent (`recommender.intent`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
from numpy.typing import NDArray

from recommender.columns import Columns as C
from recommender.pipeline.features.history import looking_stands_in
from recommender.pipeline.features.intent import Acts
from recommender.pipeline.features.vocabulary_fit import with_category_path
from recommender.pipeline.lake import Lake, day_number
from recommender.pipeline.vocabulary import EVENT_WEIGHTS, PURCHASE, Vocabulary, scaled_gap

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Visits:
    """All steps of all shoppers, sorted by shopper and day; v steps with e entries."""

    shoppers: Ints
    """(s,) ascending ids of shoppers with a step."""
    first: Ints
    """(s + 1,) where each shopper's steps begin."""
    day: Ints
    """(v,) day numbers."""
    spend: Floats
    """(v,) minor units."""
    gap: Ints
    """(v,) days since the shopper's step before; 0 for the first."""
    entry: Ints
    """(v + 1,) where each step's entries begin."""
    category: Ints
    """(e,) category numbers."""
    weight: Floats
    """(e,) weighted counts of the kinds that the vocabulary has learnt."""
    bought: Floats
    """(e,) purchases among them."""
    wanted: Bools
    """(e,) whether it counts as a target: bought, or in a shop that sells hardly anything here, looked at."""
    shopping: Bools
    """(v,) whether anything was bought in the step."""
    acts: Acts


@dataclass(frozen=True)
class SequenceSet:
    """What `InterestRNN.fit` takes: x (n, T, n_inputs), mask (n, T), y (n, T, K), y_mask (n, T)."""

    x: NDArray[np.float16]
    mask: Bools
    y: NDArray[np.uint8]
    y_mask: Bools

    def take(self, rows: Ints) -> "SequenceSet":
        """The sequences of some shoppers, copied."""
        return SequenceSet(self.x[rows], self.mask[rows], self.y[rows], self.y_mask[rows])


def load_visits(lake: Lake, vocabulary: Vocabulary) -> Visits:
    """The steps of every shopper of the lake, whatever their day."""
    entries = _entries(lake, vocabulary.kinds)
    number = {path: index for index, path in enumerate(vocabulary.categories)}
    table = entries.to_pyarrow()
    paths = table["path"].combine_chunks().dictionary_encode()
    codes = np.array([number.get(path, -1) for path in paths.dictionary.to_pylist()], np.int64)
    index = paths.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    category = np.where(index >= 0, codes[np.maximum(index, 0)] if len(codes) else -1, -1)
    shopper, day = table[C.SHOPPER].to_numpy(), table["day"].to_numpy().astype(np.int64)
    order = np.lexsort((category, day, shopper))
    shopper, day, category = shopper[order], day[order], category[order]
    numbers = ("spend", "weight", "bought", "looked", "unlearnt")
    spend, weight, bought, looked, unlearnt = (table[name].to_numpy()[order].astype(np.float64) for name in numbers)
    stands_in = looking_stands_in(bought=int(bought.sum()), looked=int((looked > 0).sum()))
    kept = (category >= 0) & np.isin(shopper, shopper[looked > 0])
    acts = Acts(
        shopper=shopper[kept],
        day=day[kept],
        category=category[kept],
        weight=looked[kept].astype(np.float32),
        unlearnt=unlearnt[kept].astype(np.float32),
        bought=bought[kept] > 0,
    )
    read = weight > 0
    shopper, day, category = shopper[read], day[read], category[read]
    spend, weight, bought = spend[read], weight[read], bought[read]
    new_step = np.append(True, (np.diff(shopper) != 0) | (np.diff(day) != 0)) if len(day) else np.zeros(0, bool)
    starts = np.flatnonzero(new_step)
    step = np.cumsum(new_step) - 1
    known = category >= 0
    step_shopper, step_day = shopper[starts], day[starts]
    shoppers, first = np.unique(step_shopper, return_index=True)
    gap = np.diff(step_day, prepend=step_day[:1])
    gap[first] = 0
    per_step = np.bincount(step[known], minlength=len(starts))
    return Visits(
        shoppers=shoppers,
        first=np.append(first, len(starts)),
        day=step_day,
        spend=np.bincount(step, spend, len(starts)).astype(np.float32),
        gap=gap,
        entry=np.append(0, np.cumsum(per_step)),
        category=category[known],
        weight=weight[known].astype(np.float32),
        bought=bought[known].astype(np.float32),
        wanted=(weight if stands_in else bought)[known] > 0,
        shopping=np.bincount(step, bought, len(starts)) > 0,
        acts=acts,
    )


def _entries(lake: Lake, kinds: Sequence[str]) -> Any:
    """shopper_id, day, path, weight, looked, unlearnt, spend, bought: one row a category of a shopper's day.

    `weight` is of the kinds that are learnt, `looked` of views, clicks and carts, `unlearnt` of those among them that
    are not.
    """
    events = lake.events.filter(lake.events[C.KIND].isin(list(EVENT_WEIGHTS)))
    paths = with_category_path(lake.products).select(C.PRODUCT, "path")
    weight = ibis.cases(*[(events[C.KIND] == kind, value) for kind, value in EVENT_WEIGHTS.items()], else_=0.0)
    learnt = events[C.KIND].isin(list(kinds))
    bought = events[C.KIND] == PURCHASE
    rows = events.select(
        C.SHOPPER,
        C.PRODUCT,
        day=day_number(events[C.OCCURRED_AT]),
        weight=learnt.ifelse(weight, 0.0).cast("float64"),
        looked=bought.ifelse(0.0, weight).cast("float64"),
        unlearnt=learnt.ifelse(0.0, weight).cast("float64"),
        spend=bought.ifelse(events[C.VALUE].fill_null(0), 0).cast("float64"),
        bought=bought.cast("int32"),
    ).left_join(paths, C.PRODUCT)
    sums = {name: rows[name].sum() for name in ("weight", "looked", "unlearnt", "spend", "bought")}
    return rows.group_by([C.SHOPPER, "day", "path"]).agg(**sums)


def last_steps(visits: Visits, shoppers: Ints, before: Ints, length: int) -> tuple[Ints, Bools]:
    """Numbers (n, length) of each shopper's latest steps before a day number, and which of them are real."""
    place = np.searchsorted(visits.shoppers, shoppers)
    place = np.minimum(place, max(len(visits.shoppers) - 1, 0))
    known = visits.shoppers[place] == shoppers if len(visits.shoppers) else np.zeros(len(shoppers), bool)
    steps = np.zeros((len(shoppers), length), np.int64)
    mask = np.zeros((len(shoppers), length), bool)
    for row in np.flatnonzero(known):
        start, stop = visits.first[place[row]], visits.first[place[row] + 1]
        stop = start + np.searchsorted(visits.day[start:stop], before[row])
        start = max(start, stop - length)
        steps[row, : stop - start] = np.arange(start, stop)
        mask[row, : stop - start] = True
    return steps, mask


def open_steps(visits: Visits, shoppers: Ints, as_of: Ints, length: int) -> tuple[Ints, Bools]:
    """`last_steps` of lists (n,) on the days `as_of`; the day before is a step only where something was bought."""
    steps, mask = last_steps(visits, shoppers, as_of, length)
    if mask.any():
        mask &= (visits.day[steps] < as_of[:, None] - 1) | visits.shopping[steps]
    return steps, mask


def step_inputs(
    visits: Visits, steps: Ints, mask: Bools, vocabulary: Vocabulary, as_of: Ints | None = None
) -> NDArray[np.float16]:
    """x (n, T, n_inputs) of numbered steps; zeros where the mask is off.

    With `as_of` (n,) the step of the day before, which may not be over, holds its purchases alone.
    """
    x = np.zeros((*steps.shape, vocabulary.n_inputs), np.float16)
    where = np.nonzero(mask)
    chosen = steps[where]
    counts = visits.entry[chosen + 1] - visits.entry[chosen]
    entries = _ranges(visits.entry[chosen], counts)
    weight = visits.weight[entries]
    if as_of is not None:
        today = np.repeat(visits.day[chosen] == as_of[where[0]] - 1, counts)
        weight = np.where(today, visits.bought[entries], weight)
    x[np.repeat(where[0], counts), np.repeat(where[1], counts), visits.category[entries]] = np.log1p(weight)
    x[(*where, np.full(len(chosen), -2))] = scaled_gap(visits.gap[chosen])
    x[(*where, np.full(len(chosen), -1))] = np.log1p(visits.spend[chosen]) / vocabulary.spend_scale
    return x


def training_set(visits: Visits, vocabulary: Vocabulary, *, before: int, window_days: int, length: int) -> SequenceSet:
    """Every shopper's latest steps before a day, at most `length`; y counts where its window has closed."""
    steps, mask = last_steps(visits, visits.shoppers, np.full(len(visits.shoppers), before), length)
    kept, longest = mask.any(axis=1), int(mask.sum(axis=1).max(initial=0))
    steps, mask = steps[kept, :longest], mask[kept, :longest]
    y = np.zeros((*steps.shape, len(vocabulary.categories)), np.uint8)
    for row in range(len(steps)):
        chosen = steps[row][mask[row]]
        y[row, : len(chosen)] = _next_window(visits, chosen, before, window_days, y.shape[2])
    closed = np.where(mask, visits.day[steps] + window_days < before, False)
    return SequenceSet(step_inputs(visits, steps, mask, vocabulary), mask, y, closed)


def _next_window(visits: Visits, steps: Ints, before: int, window_days: int, width: int) -> Bools:
    """(steps, width): the categories bought 1..window_days days after each of one shopper's steps."""
    counts = np.zeros((len(steps) + 1, width), np.int32)
    first, last = visits.entry[steps[0]], visits.entry[steps[-1] + 1]
    sold = visits.wanted[first:last]
    owner = np.repeat(np.arange(len(steps)), np.diff(visits.entry[steps[0] : steps[-1] + 2]))
    np.add.at(counts, (owner[sold] + 1, visits.category[first:last][sold]), 1)
    total = np.cumsum(counts, axis=0)
    days = visits.day[steps]
    stop = np.searchsorted(days, np.minimum(days + window_days, before - 1), side="right")
    bought: Bools = total[stop] > total[np.arange(1, len(steps) + 1)]
    return bought


def _ranges(starts: Ints, counts: Ints) -> Ints:
    """starts[0]..starts[0]+counts[0]-1, then the next range, and so on, as one array."""
    ends = np.cumsum(counts)
    offset = np.repeat(starts - (ends - counts), counts)
    ranges: Ints = np.arange(ends[-1] if len(ends) else 0) + offset
    return ranges
