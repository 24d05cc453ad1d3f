"""Answers that still hold: kept in the process with all that they were made of, and given again while that is the same.

Compared at every question, by marks once the answer was asked for twice, is what is the shopper's own (account,
consent, published coupons, events since, dismissals, redemptions, grants, memberships) and the own of the coupons that
it shows: their rows and their campaigns', opening hours, what is left of uses and budget. The own of all coupons that
the kept answers looked at is asked once a second.
"""

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import CharField, Func, QuerySet

from coupons.kept import EARLY
from coupons.models import Coupon
from coupons.selectors import open_coupons
from coupons.statements import CompiledQuery, run_together
from recommender.selectors.activity import CONTEXT, ContextRow, shopper_id_of
from recommender.selectors.marks import Marks

WATCH_SECONDS = 1.0
"""A coupon that could take the place of one that is shown may come so late."""
_MOST_WATCHED = 2_000

_NEVER = datetime.min.replace(tzinfo=UTC)

Key = tuple[Any, ...]


@dataclass(slots=True)
class KeptAnswer:
    """An answer and what it was made of."""

    slate: Any
    """A `recommender.selectors.slate.Slate`."""
    row: ContextRow
    coupons: Sequence[Coupon]
    shown: Sequence[int]
    """Their ids."""
    lists: Sequence[object]
    """Popular list, coupon table, whether the model is too old: the very objects."""
    states: Mapping[int, str | None]
    """Of every coupon that was asked about."""
    generation: int
    mark_values: Mapping[str, bytes | None]
    marks: Marks | None = None
    """Of `row` and of the coupons, and read before they were found to be the same; None until then."""


_kept: "OrderedDict[Key, KeptAnswer]" = OrderedDict()
_shopper_ids: "OrderedDict[tuple[int, str], int]" = OrderedDict()
"""Whose account an id of the shop's was when an answer was kept; a guess, which the row confirms or not."""
_lock = Lock()


def guess_shopper(channel_id: int, external_id: str) -> int | None:
    """The account that the answer was kept for; None also where none was."""
    return _shopper_ids.get((channel_id, external_id))


def look_up(key: Key) -> KeptAnswer | None:
    """The answer kept under this key, whether it still holds or not."""
    with _lock:
        kept = _kept.get(key)
        if kept is not None:
            _kept.move_to_end(key)
    return kept


def read_again(values: Mapping[str, Any], kept: KeptAnswer, now: datetime) -> tuple[ContextRow, dict[int, str | None]]:
    """The row of the context and the states of the coupons shown, in one round trip."""
    with connection.cursor() as cursor:
        asked = {**values, "now": now, "among": kept.shown}
        [row], found = run_together(cursor, [CONTEXT, _OPEN.statement(cursor)], asked)
    return row, {**dict.fromkeys(kept.shown), **dict(found)}


def still_holds(kept: KeptAnswer, lists: Sequence[object], now: datetime) -> bool:
    """Whether all is the same that is neither the shopper's own nor that of the coupons shown."""
    return all(one is other for one, other in zip(kept.lists, lists, strict=True)) and WATCH.holds(kept, now)


def keep_answer(key: Key, answer: KeptAnswer, *, known_as: tuple[int, str]) -> None:
    """Keep it, for a shopper known as (channel, external id); the answer that was asked for least recently goes."""
    with _lock:
        _kept[key] = answer
        _kept.move_to_end(key)
        shopper_id = shopper_id_of(answer.row)
        if shopper_id is not None:
            _shopper_ids[known_as] = shopper_id
            _shopper_ids.move_to_end(known_as)
        while len(_kept) > settings.ANSWERS_KEPT:
            _kept.popitem(last=False)
        while len(_shopper_ids) > settings.ANSWERS_KEPT:
            _shopper_ids.popitem(last=False)


def drop_answer(key: Key) -> None:
    """Forget one that does not hold any more."""
    with _lock:
        _kept.pop(key, None)


def forget_answers() -> None:
    """Make every answer anew."""
    with _lock:
        _kept.clear()
        _shopper_ids.clear()
    WATCH.forget()


class Watch:
    """The state of coupons, whoever asks: a text that changes with their rows, None while nobody may use them."""

    def __init__(self) -> None:
        self._states: dict[int, str | None] = {}
        self._asked_for = _NEVER
        self._generation = 0
        self._lock, self._turn = Lock(), Lock()

    def states(self, coupon_ids: Collection[int], now: datetime) -> tuple[dict[int, str | None], int]:
        """Their states and the generation. To be asked before what is decided by it."""
        self._look_again(now)
        with self._lock:
            missing = [pk for pk in coupon_ids if pk not in self._states]
            if missing:
                self._states.update(_states(missing, now))
            found, generation = {pk: self._states[pk] for pk in coupon_ids}, self._generation
            for pk in list(self._states)[: max(0, len(self._states) - _MOST_WATCHED)]:
                del self._states[pk]
                self._generation += 1
            return found, generation

    def holds(self, answer: KeptAnswer, now: datetime) -> bool:
        """Whether its coupons are what they were."""
        self._look_again(now)
        with self._lock:
            if answer.generation == self._generation:
                return True
            same = all(self._states.get(pk, "") == state for pk, state in answer.states.items())
            if same:
                answer.generation = self._generation
            return same

    def forget(self) -> None:
        with self._lock:
            self._states.clear()
            self._asked_for = _NEVER
            self._generation += 1

    def _look_again(self, now: datetime) -> None:
        """Ask anew, one thread ahead of the time; whoever comes when it is over waits."""
        age = abs((now - self._asked_for).total_seconds())
        if age < EARLY * WATCH_SECONDS or not self._turn.acquire(blocking=age >= WATCH_SECONDS):
            return
        try:
            if abs((now - self._asked_for).total_seconds()) >= EARLY * WATCH_SECONDS:
                self._ask(now)
        finally:
            self._turn.release()

    def _ask(self, now: datetime) -> None:
        with self._lock:
            before = dict(self._states)
        states = _states(list(before), now)
        with self._lock:
            self._asked_for = now
            changed = {pk: state for pk, state in states.items() if pk in self._states and before[pk] != state}
            if changed:
                self._states |= changed
                self._generation += 1


WATCH = Watch()

_MARK = Func(
    template="coupons_coupon.xmin::text || coupons_coupon.ctid::text || coupons_campaign.xmin::text"
    " || coupons_campaign.ctid::text",
    output_field=CharField(),
)
# Postgres writes every change of a row as a new tuple: see `recommender.selectors.shown`.


def _open_with_marks() -> QuerySet[Coupon, tuple[Any, ...]]:
    found = open_coupons(now=_NOW[0], among=_AMONG[0]).order_by().annotate(mark=_MARK)
    return found.values_list("pk", "mark")


_NOW: tuple[datetime, str] = (datetime(1, 2, 3, 4, 5, 6, 7, tzinfo=UTC), "timestamptz")
_AMONG: tuple[list[int], str] = ([-9_000_004], "bigint[]")
_OPEN = CompiledQuery("open_coupons", _open_with_marks, {"now": _NOW, "among": _AMONG})


def _states(coupon_ids: Sequence[int], now: datetime) -> dict[int, str | None]:
    if not coupon_ids:
        return {}
    found = dict(_OPEN.rows({"now": now, "among": list(coupon_ids)}))
    return {pk: found.get(pk) for pk in coupon_ids}
