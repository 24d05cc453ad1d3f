"""Writing down what was shown: tomorrow's training and every off-policy estimate read it.

Answers of a web process are gathered for IMPRESSION_DELAY_MS and written in one statement, without waiting for the
disk. A process that is killed loses what it had gathered, a server that loses power the last half second as well; a
process that is stopped writes first. Events and redemptions wait for the disk.
"""

import time
import uuid
from collections.abc import Sequence
from typing import Any

import orjson
from django.conf import settings
from django.db import IntegrityError, connection

from coupons.models import Channel
from coupons.statements import Statement
from recommender.models import Impression
from recommender.selectors import Slate
from recommender.services.gathering import Gatherer

_COLUMNS = {
    "slate": "uuid",
    "channel": "bigint",
    "shopper": "bigint",
    "version": "bigint",
    "fallback": "varchar",
    "shown_at": "timestamptz",
    "policy": "bigint",
    "arm": "bigint",
    "coupons": "bigint[]",
    "scores": "float8[]",
    "propensities": "float8[]",
    "held_out": "boolean",
    "candidates": "bigint[]",
    "considered": "float8[]",
    "removed": "smallint[]",
    "chances": "float8[]",
}
_RECORD = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
_INSERT = f"""
WITH given AS MATERIALIZED (
    SELECT answer.*, shopper.id AS kept_shopper
    FROM jsonb_to_recordset(%(answers)s::jsonb) AS answer ({_RECORD})
    LEFT JOIN coupons_shopper shopper ON shopper.id = answer.shopper AND shopper.erased_at IS NULL),
decisions AS (
    INSERT INTO recommender_slatelog (slate_id, channel_id, shopper_id, model_version_id, shown_at, policy_id, arm_id,
        held_out, candidates, scores, removed, propensities)
    SELECT slate, channel, kept_shopper, version, shown_at, policy, arm, held_out, candidates, considered, removed,
        chances
    FROM given WHERE policy IS NOT NULL <on conflict>)
INSERT INTO recommender_impression (slate_id, channel_id, shopper_id, model_version_id, fallback, shown_at, policy_id,
    arm_id, coupon_id, position, score, propensity)
SELECT slate, channel, kept_shopper, version, fallback, shown_at, policy, arm, place.coupon, place.position,
    place.score, place.propensity
FROM (SELECT set_config('synchronous_commit', 'off', true)) AS set, given,
    unnest(given.coupons, given.scores, given.propensities)
        WITH ORDINALITY AS place (coupon, score, propensity, position)
<on conflict>
"""  # noqa: S608 - names are ours
# An account that was erased since is written as nobody's, as the erasure made its earlier rows.
_FIRST = Statement("recommender_impressions", _INSERT.replace("<on conflict>", ""), {"answers": "jsonb"})
_AGAIN = Statement(
    "recommender_impressions_again", _INSERT.replace("<on conflict>", "ON CONFLICT DO NOTHING"), {"answers": "jsonb"}
)

Row = dict[str, Any]
"""One answer as _COLUMNS; `candidates` and what follows only where a policy decided."""


def record_impressions(*, slate: Slate) -> None:
    """One row per place of the answer and, where a policy decided, one of the whole decision.

    A decision is written down when it shows nothing too: that is what a hold-out without coupons looks like.
    """
    if not slate.items and slate.decision.policy_id is None:
        return
    if settings.IMPRESSION_DELAY_MS:
        _gatherer.add(_row(slate))
    else:
        write_rows([_row(slate)])


def write_rows(rows: Sequence[Row]) -> None:
    """Write answers, in one statement. One that was written before is left alone.

    That takes a fifth longer for Postgres to look out for, and it hardly ever is: only after a commit that was not
    heard of. So it looks out at the second try.
    """
    answers = {"answers": orjson.dumps(rows)}
    if connection.in_atomic_block:
        _AGAIN.rows(answers)
        return
    try:
        _FIRST.rows(answers)
    except IntegrityError:
        _AGAIN.rows(answers)


def write_gathered() -> None:
    """Write what this process has gathered, now."""
    _gatherer.flush()


def shown_places(*, slate_id: uuid.UUID, channel: Channel, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Columns of an answer's impressions; empty where there is no such answer.

    One that another process has just given is waited for, as long as it may be gathered.
    """
    rows = Impression.objects.filter(slate_id=slate_id, channel=channel).order_by("position")
    found = list(rows.values_list(*columns))
    if not found and settings.IMPRESSION_DELAY_MS:
        write_gathered()
        time.sleep(2 * settings.IMPRESSION_DELAY_MS / 1000)
        found = list(rows.all().values_list(*columns))
    return found


_gatherer: Gatherer[Row] = Gatherer(write_rows, delay_ms=lambda: int(settings.IMPRESSION_DELAY_MS))


def _row(slate: Slate) -> Row:
    prepared, decision = slate.prepared, slate.decision
    if prepared.columns is None:
        prepared.columns = {
            "coupons": orjson.Fragment(orjson.dumps([item.coupon.pk for item in slate.items])),
            "scores": orjson.Fragment(orjson.dumps([item.score for item in slate.items])),
            "propensities": orjson.Fragment(orjson.dumps([item.propensity for item in slate.items])),
        }
    row = {
        "slate": slate.slate_id,
        "channel": slate.channel_id,
        "shopper": slate.shopper_id,
        "version": slate.model_version_id,
        "fallback": slate.fallback.value,
        "shown_at": slate.generated_at,
        **prepared.columns,
    }
    if decision.policy_id is None and decision.arm_id is None:
        return row
    return {
        **row,
        "policy": decision.policy_id,
        "arm": decision.arm_id,
        "held_out": decision.held_out,
        "candidates": list(decision.candidates),
        "considered": list(decision.scores),
        "removed": list(decision.removed),
        "chances": list(decision.chances),
    }
