"""Which coupons somebody may use now, out of the shop's own id of the shopper, in one round trip."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import orjson
from django.db import connection

from coupons.models import Channel
from coupons.selectors import ELIGIBLE_MARKS
from coupons.statements import Statement

_OF_KNOWN = """
    WITH me AS MATERIALIZED (
        SELECT s.id, coalesce(s.same_person_as_id, s.id) AS owner, s.segments FROM coupons_shopper s
        WHERE s.channel_id = %(channel)s AND s.external_id = %(external_id)s)
    SELECT me.id, to_json(me.segments)::text, u.pk, u.mark
    FROM me LEFT JOIN (<usable>) u (pk, mark, position) ON true
"""
_OWN = {"shopper": "id", "owner": "owner", "segments": "segments"}


@dataclass(frozen=True, slots=True)
class Usable:
    """Whom it is asked for, and the ids of `eligible_coupons`, each with a mark: see coupons.kept_terms.

    `shopper_id` is None for somebody unknown.
    """

    shopper_id: int | None
    segments: frozenset[str]
    marks: Mapping[int, bytes]


def usable_coupons(*, channel: Channel, external_id: str, now: datetime) -> Usable:
    """What the shopper of that id may use now, who is nobody known where there is no such shopper: one statement."""
    if not external_id:
        return _of_nobody(channel, now)
    rows = _of_known().texts({"channel": channel.pk, "external_id": external_id, "now": now})
    if not rows:  # no such shopper
        return _of_nobody(channel, now)
    shopper_id, segments, *_ = rows[0]
    marks = {int(pk): mark for _, _, pk, mark in rows if pk and mark}
    return Usable(int(shopper_id or 0), frozenset(orjson.loads(segments or b"[]")), marks)


def _of_nobody(channel: Channel, now: datetime) -> Usable:
    with connection.cursor() as cursor:
        statement = ELIGIBLE_MARKS[False].statement(cursor)
    found = statement.texts({"channel": channel.pk, "now": now})
    return Usable(None, frozenset(), {int(pk): mark for pk, mark, _ in found if pk and mark})


@cache
def _of_known() -> Statement:
    """The query for a known shopper, whose own values come out of the shopper's row."""
    with connection.cursor() as cursor:
        of = ELIGIBLE_MARKS[True].statement(cursor)
    own = {name: f"(SELECT me.{column} FROM me)" for name, column in _OWN.items()}  # noqa: S608  our own names
    others = {name: f"%({name})s" for name in of.types.keys() - own.keys()}
    sql = _OF_KNOWN.replace("<usable>", of.sql.replace("%%", "%%%%") % (own | others))
    return Statement("usable_coupons", sql, {"channel": "bigint", "external_id": "text", "now": "timestamptz"})
