"""Writing down what was shown: tomorrow's training and every off-policy estimate read it."""

from typing import Any

from django.db import connection

from coupons.statements import Statement
from recommender.selectors import Slate

_PLACES = """
INSERT INTO recommender_impression (slate_id, channel_id, shopper_id, model_version_id, fallback, shown_at,
    policy_id, arm_id, coupon_id, position, score, propensity)
SELECT %(slate)s, %(channel)s, %(shopper)s, %(version)s, %(fallback)s, %(shown_at)s, %(policy)s, %(arm)s, place.*
FROM unnest(%(coupons)s::bigint[], %(positions)s::smallint[], %(scores)s::float8[], %(propensities)s::float8[])
    AS place,
    set_config('synchronous_commit', 'off', true)
"""
# An answer does not wait for the disk: a server that loses power may lose the impressions of its last half second, and
# nothing else. Events and redemptions wait.
_DECISION = f"""
WITH places AS ({_PLACES})
INSERT INTO recommender_slatelog (slate_id, channel_id, shopper_id, model_version_id, shown_at, policy_id, arm_id,
    held_out, candidates, scores, removed, propensities)
VALUES (%(slate)s, %(channel)s, %(shopper)s, %(version)s, %(shown_at)s, %(policy)s, %(arm)s, %(held_out)s,
    %(candidates)s::bigint[], %(considered)s::float8[], %(removed)s::smallint[], %(chances)s::float8[])
"""  # noqa: S608 - the other half of the statement, above
_PLACE_TYPES = {
    "slate": "uuid",
    "channel": "bigint",
    "shopper": "bigint",
    "version": "bigint",
    "fallback": "varchar",
    "shown_at": "timestamptz",
    "policy": "bigint",
    "arm": "bigint",
    "coupons": "bigint[]",
    "positions": "smallint[]",
    "scores": "float8[]",
    "propensities": "float8[]",
}
_DECISION_TYPES = {
    "held_out": "boolean",
    "candidates": "bigint[]",
    "considered": "float8[]",
    "removed": "smallint[]",
    "chances": "float8[]",
}
_PLACES_STATEMENT = Statement("recommender_impressions", _PLACES, _PLACE_TYPES)
_DECISION_STATEMENT = Statement("recommender_decision", _DECISION, _PLACE_TYPES | _DECISION_TYPES)


def record_impressions(*, slate: Slate) -> None:
    """One row per place of the answer and, where a policy decided, one of the whole decision: in one statement.

    A decision is written down when it shows nothing too: that is what a hold-out without coupons looks like.
    """
    decision = slate.decision
    if not slate.items and decision.policy_id is None:
        return
    items = slate.items
    values: dict[str, Any] = {
        "slate": slate.slate_id,
        "channel": slate.channel_id,
        "shopper": slate.shopper_id,
        "version": slate.model_version_id,
        "fallback": slate.fallback.value,
        "shown_at": slate.generated_at,
        "policy": decision.policy_id,
        "arm": decision.arm_id,
        "coupons": [item.coupon.pk for item in items],
        "positions": [item.position for item in items],
        "scores": [item.score for item in items],
        "propensities": [item.propensity for item in items],
        "held_out": decision.held_out,
        "candidates": list(decision.candidates),
        "considered": list(decision.scores),
        "removed": list(decision.removed),
        "chances": list(decision.chances),
    }
    with connection.cursor() as cursor:
        (_PLACES_STATEMENT if decision.policy_id is None else _DECISION_STATEMENT).execute(cursor, values)
