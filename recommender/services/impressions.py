"""Writing down what was shown: tomorrow's training and every off-policy estimate read it.

Answers of a web process are gathered for IMPRESSION_DELAY_MS and written in one statement, without waiting for the
disk. A process that is killed loses what it had gathered, a server that loses power the last half second as well; a
process that is stopped writes first. Events and redemptions wait for the disk.
"""

import time
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import connection

from coupons.models import Channel
from coupons.statements import Statement
from recommender.models import Impression
from recommender.selectors import Slate
from recommender.services.gathering import Gatherer

_TYPES = {
    "slates": "uuid[]",
    "channels": "bigint[]",
    "shoppers": "bigint[]",
    "versions": "bigint[]",
    "fallbacks": "varchar[]",
    "shown": "timestamptz[]",
    "policies": "bigint[]",
    "arms": "bigint[]",
    "coupons": "text[]",
    "scores": "text[]",
    "propensities": "text[]",
    "held_out": "boolean[]",
    "candidates": "text[]",
    "considered": "text[]",
    "removed": "text[]",
    "chances": "text[]",
}
_SQL = f"""
WITH given AS MATERIALIZED (
    SELECT answer.*, shopper.id AS kept_shopper
    FROM unnest({", ".join(f"%({name})s::{kind}" for name, kind in _TYPES.items())}) AS answer (slate, channel,
        shopper, version, fallback, shown_at, policy, arm, coupons, scores, propensities, held_out, candidates,
        considered, removed, chances)
    LEFT JOIN coupons_shopper shopper ON shopper.id = answer.shopper AND shopper.erased_at IS NULL),
decisions AS (
    INSERT INTO recommender_slatelog (slate_id, channel_id, shopper_id, model_version_id, shown_at, policy_id, arm_id,
        held_out, candidates, scores, removed, propensities)
    SELECT slate, channel, kept_shopper, version, shown_at, policy, arm, held_out, candidates::bigint[],
        considered::float8[], removed::smallint[], chances::float8[]
    FROM given WHERE policy IS NOT NULL ON CONFLICT DO NOTHING)
INSERT INTO recommender_impression (slate_id, channel_id, shopper_id, model_version_id, fallback, shown_at, policy_id,
    arm_id, coupon_id, position, score, propensity)
SELECT slate, channel, kept_shopper, version, fallback, shown_at, policy, arm, place.coupon, place.position,
    place.score, place.propensity
FROM (SELECT set_config('synchronous_commit', 'off', true)) AS set, given,
    unnest(given.coupons::bigint[], given.scores::float8[], given.propensities::float8[])
        WITH ORDINALITY AS place (coupon, score, propensity, position)
ON CONFLICT DO NOTHING
"""  # noqa: S608 - names are ours
# An account that was erased since is written as nobody's, as the erasure made its earlier rows.
_STATEMENT = Statement("recommender_impressions", _SQL, _TYPES)

Row = tuple[Any, ...]
"""The values of one answer, in the order of _TYPES."""


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
    """Write answers, in one statement. One that was written before is left alone."""
    with connection.cursor() as cursor:
        columns = map(list, zip(*rows, strict=True))
        _STATEMENT.execute(cursor, dict(zip(_TYPES, columns, strict=True)))


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
    if not prepared.columns:
        prepared.columns = (
            _array(item.coupon.pk for item in slate.items),
            _array("NULL" if item.score is None else item.score for item in slate.items),
            _array(item.propensity for item in slate.items),
        )
    return (
        slate.slate_id,
        slate.channel_id,
        slate.shopper_id,
        slate.model_version_id,
        slate.fallback.value,
        slate.generated_at,
        decision.policy_id,
        decision.arm_id,
        *prepared.columns,
        decision.held_out,
        _array(decision.candidates),
        _array(decision.scores),
        _array(decision.removed),
        _array(decision.chances),
    )


def _array(values: Iterable[object]) -> str:
    return "{" + ",".join(map(str, values)) + "}"
