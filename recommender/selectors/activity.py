"""What one shopper is to the recommender at this instant, read in one statement: the read path's first round trip."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from coupons.enums import GrantStatus
from coupons.models import Channel
from coupons.statements import Statement
from recommender.enums import EventKind, VersionStatus
from recommender.pipeline.vocabulary import EVENT_WEIGHTS, PURCHASE

DAY_SECONDS = 86_400
LONGEST_HISTORY = timedelta(days=366)
"""How far back the events of somebody without a published state are read."""

_KINDS = ", ".join(str(EventKind[name.upper()].value) for name in EVENT_WEIGHTS)
_LOOKED = " ".join(
    f"WHEN {EventKind[name.upper()].value} THEN {weight}" for name, weight in EVENT_WEIGHTS.items() if name != PURCHASE
)
_BOUGHT = EventKind.PURCHASE.value

_STANDING = f"""
    (SELECT sum(hashtextextended(concat(r.id, r.coupon_id, r.status, r.kept_use), 0)) FROM coupons_redemption r
        WHERE r.shopper_id = ANY(ARRAY(SELECT id FROM accounts)))::text,
    (SELECT sum(hashint8extended(g.coupon_id, 0)) FROM coupons_coupongrant g
        WHERE g.shopper_id = (SELECT id FROM who) AND g.status = '{GrantStatus.ISSUED}')::text,
    (SELECT sum(hashint8extended(m.campaign_id, 0)) FROM coupons_campaignmember m
        WHERE m.shopper_id = (SELECT id FROM who))::text,
    (SELECT count(*) FROM accounts WHERE first_order_ref IS NOT NULL)
"""  # noqa: S608
# Another value of any of these may make another coupon eligible: what `coupons.selectors.eligible_coupons` asks of a
# shopper, as numbers that are compared and never read.

_SQL = f"""
WITH who AS MATERIALIZED (
    SELECT s.id, s.personalised, s.segments, s.same_person_as_id, COALESCE(s.same_person_as_id, s.id) AS owner
    FROM coupons_shopper s WHERE s.channel_id = %(channel)s AND s.external_id = %(shopper)s),
live AS MATERIALIZED (
    SELECT id, number, path, created_at FROM recommender_modelversion
    WHERE CASE WHEN %(version)s::bigint IS NULL THEN status = '{VersionStatus.LIVE}' ELSE id = %(version)s END LIMIT 1),
accounts AS MATERIALIZED (
    SELECT a.id, a.personalised, a.first_order_ref FROM who JOIN coupons_shopper a ON a.id = who.owner
    UNION ALL
    SELECT a.id, a.personalised, a.first_order_ref FROM who JOIN coupons_shopper a ON a.same_person_as_id = who.owner),
pool AS (
    SELECT c.id, c.as_of, c.base_day, c.base_state, c.state, c.intent, c.coupons, c.logits, c.pair
    FROM who, live, recommender_livecandidates c
    WHERE c.model_version_id = live.id AND c.shopper_id = who.id),
since AS MATERIALIZED (
    SELECT COALESCE((SELECT date_trunc('day', as_of, 'UTC') FROM pool), %(earliest)s::timestamptz) AS instant),
acts AS MATERIALIZED (
    SELECT floor(extract(epoch FROM e.occurred_at) / {DAY_SECONDS})::int AS day, p.category_id,
        sum(CASE e.kind {_LOOKED} ELSE 0 END)::float8 AS looked,
        count(*) FILTER (WHERE e.kind = {_BOUGHT})::int AS bought,
        sum(CASE WHEN e.kind = {_BOUGHT} THEN COALESCE(e.value_minor, 0) ELSE 0 END)::float8 AS spend,
        count(*)::int AS events, count(*) FILTER (WHERE e.kind IN ({_KINDS}))::int AS counted
    FROM recommender_behaviorevent e LEFT JOIN coupons_product p ON p.id = e.product_id
    WHERE e.shopper_id = ANY(ARRAY(SELECT id FROM accounts WHERE personalised))
      AND e.occurred_at >= (SELECT instant FROM since) AND e.occurred_at < %(tomorrow)s::timestamptz
      AND COALESCE(e.value_minor, 0) >= 0
      AND NOT (e.kind = {_BOUGHT} AND COALESCE(e.quantity, 1) < 1 AND COALESCE(e.value_minor, 0) <= 0)
    GROUP BY 1, 2)
SELECT who.id, who.personalised, who.segments, who.same_person_as_id, live.id, live.number, live.path, live.created_at,
    pool.id, pool.as_of, pool.base_day, pool.base_state, pool.state, pool.intent,
    CASE WHEN acts.days IS NOT NULL THEN pool.coupons END, CASE WHEN acts.days IS NOT NULL THEN pool.logits END,
    CASE WHEN acts.days IS NOT NULL THEN pool.pair END,
    ARRAY(SELECT d.coupon_id FROM recommender_dismissal d WHERE d.shopper_id = ANY(ARRAY(SELECT id FROM accounts))),
    acts.days, acts.categories, acts.looks, acts.purchases, acts.spends, acts.events, acts.counted,
    rec.coupons, rec.scores, rec.propensities, rec.codes, rec.subjects,
    {_STANDING},
    who.owner, ARRAY(SELECT id FROM accounts ORDER BY id), ARRAY(SELECT id FROM accounts WHERE personalised ORDER BY id)
FROM (SELECT) one LEFT JOIN who ON true LEFT JOIN live ON true LEFT JOIN pool ON true
LEFT JOIN LATERAL (
    SELECT array_agg(day) AS days, array_agg(category_id) AS categories, array_agg(looked) AS looks,
        array_agg(bought) AS purchases, array_agg(spend) AS spends,
        array_agg(events) AS events, array_agg(counted) AS counted FROM acts) acts ON true
LEFT JOIN LATERAL (
    SELECT array_agg(r.coupon_id) AS coupons, array_agg(r.score) AS scores, array_agg(r.propensity) AS propensities,
        array_agg(r.reason ->> 'code') AS codes, array_agg(r.reason ->> 'subject') AS subjects
    FROM (
        SELECT * FROM recommender_recommendation r
        WHERE r.model_version_id = live.id AND r.shopper_id = who.id AND who.personalised
        ORDER BY r.rank) r) rec ON true
"""  # noqa: S608 - numbers and names are ours


CONTEXT = Statement(
    "recommender_context",
    _SQL,
    {
        "channel": "bigint",
        "shopper": "varchar",
        "earliest": "timestamptz",
        "tomorrow": "timestamptz",
        "version": "bigint",
    },
)


@dataclass(frozen=True, slots=True)
class ShopperRow:
    """The account that asks."""

    pk: int
    personalised: bool
    segments: list[str]
    same_person_as_id: int | None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """The live model version."""

    pk: int
    number: int
    path: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PublishedState:
    """Where the recurrence stood when the candidates were scored, and where it goes on from."""

    candidates_id: int
    as_of: datetime
    base_day: int | None
    base_state: bytes
    state: bytes
    intent: bytes
    coupons: bytes
    """As LiveCandidates holds them, here and below; empty where there are no acts to take on."""
    logits: bytes
    pair: bytes


@dataclass(frozen=True, slots=True)
class DayActs:
    """A shopper's behaviour of one day in one category (None: in none)."""

    day: int
    category_id: int | None
    looked: float
    """Weighted count of views, clicks and carts."""
    bought: int
    spend_minor: float
    events: int
    counted: int
    """Of `events` those that the interest model reads."""


@dataclass(frozen=True, slots=True)
class PublishedPlace:
    """One row of the published slate."""

    coupon_id: int
    score: float
    propensity: float
    code: str | None
    subject: str | None


@dataclass(frozen=True, slots=True)
class ShopperContext:
    """Everything that is known before a coupon is looked at."""

    shopper: ShopperRow | None
    version: VersionRow | None
    published_state: PublishedState | None
    dismissed: frozenset[int]
    acts: tuple[DayActs, ...]
    """Since the day of the published state, that day whole; without one the last year."""
    places: tuple[PublishedPlace, ...]
    """Best first; empty for somebody who is not personalised."""


ContextRow = tuple[Any, ...]
"""Everything that an answer depends on and that is the shopper's own. Equal rows, equal contexts."""


def read_context(
    *, channel: Channel, shopper_external_id: str, now: datetime, version_id: int | None = None
) -> ShopperContext:
    """One statement, whatever is known; under the live version where none is named.

    Events of all the person's accounts count, of those that agreed to it.
    """
    values = context_values(channel=channel, shopper_external_id=shopper_external_id, now=now, version_id=version_id)
    return context_of(read_row(values))


def read_row(values: Mapping[str, Any]) -> ContextRow:
    """The row for `context_values`."""
    [row] = CONTEXT.rows(values)
    return row


def context_values(
    *, channel: Channel, shopper_external_id: str, now: datetime, version_id: int | None
) -> dict[str, Any]:
    """The parameters of CONTEXT."""
    tomorrow = datetime.fromtimestamp((now.timestamp() // DAY_SECONDS + 1) * DAY_SECONDS, UTC)
    return {
        "channel": channel.pk,
        "shopper": shopper_external_id,
        "earliest": now - LONGEST_HISTORY,
        "tomorrow": tomorrow,
        "version": version_id,
    }


def shopper_id_of(row: ContextRow) -> int | None:
    """The account that asks; None where it is not known."""
    found: int | None = row[0]
    return found


def version_of(row: ContextRow) -> VersionRow | None:
    """The version that answers; None where none is live."""
    return VersionRow(*row[4:8]) if row[4] is not None else None


def as_of_row(row: ContextRow) -> datetime | None:
    """When the published state was computed; None where there is none."""
    found: datetime | None = row[9]
    return found


def accounts_of_row(row: ContextRow) -> tuple[int | None, list[int], list[int]]:
    """The person's own account, all of them, and those that agreed to be personalised."""
    owner, accounts, consenting = row[34:37]
    return owner, accounts, consenting


def has_acts(row: ContextRow) -> bool:
    """Whether there is behaviour to take on."""
    return bool(row[18])


def context_of(row: ContextRow) -> ShopperContext:
    """The row taken apart."""
    shopper = ShopperRow(row[0], row[1], row[2], row[3]) if row[0] is not None else None
    return ShopperContext(
        shopper=shopper,
        version=version_of(row),
        published_state=PublishedState(*row[8:11], *(bytes(part or b"") for part in row[11:17]))
        if row[8] is not None
        else None,
        dismissed=frozenset(row[17]),
        acts=tuple(map(DayActs, *row[18:25])) if row[18] and shopper and shopper.personalised else (),
        places=tuple(map(PublishedPlace, *row[25:30])) if row[25] else (),
    )
