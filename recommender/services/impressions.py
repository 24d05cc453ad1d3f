"""Writing down what was shown: tomorrow's training and every off-policy estimate read it."""

from typing import Any

from django.db import connection

from recommender.selectors import Slate

_PLACES = """
INSERT INTO recommender_impression (slate_id, channel_id, shopper_id, model_version_id, fallback, shown_at,
    policy_id, arm_id, coupon_id, position, score, propensity)
SELECT %s, %s, %s, %s, %s, %s, %s, %s, place.*
FROM unnest(%s::bigint[], %s::smallint[], %s::float8[], %s::float8[]) AS place,
    set_config('synchronous_commit', 'off', true)
"""
# An answer does not wait for the disk: a server that loses power may lose the impressions of its last half second, and
# nothing else. Events and redemptions wait.
_DECISION = f"""
WITH places AS ({_PLACES})
INSERT INTO recommender_slatelog (slate_id, channel_id, shopper_id, model_version_id, shown_at, policy_id, arm_id,
    held_out, candidates, scores, removed)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::bigint[], %s::float8[], %s::smallint[])
"""  # noqa: S608 - the other half of the statement, above


def record_impressions(*, slate: Slate) -> None:
    """One row per place of the answer and, where a policy decided, one of the whole decision: in one statement.

    A decision is written down when it shows nothing too: that is what a hold-out without coupons looks like.
    """
    decision = slate.decision
    if not slate.items and decision.policy_id is None:
        return
    items = slate.items
    places: list[list[Any]] = [
        [item.coupon.pk for item in items],
        [item.position for item in items],
        [item.score for item in items],
        [item.propensity for item in items],
    ]
    answer = [slate.slate_id, slate.channel_id, slate.shopper_id, slate.model_version_id]
    by = [decision.policy_id, decision.arm_id]
    values: list[Any] = [*answer, slate.fallback.value, slate.generated_at, *by, *places]
    if decision.policy_id is not None:
        arrays = [list(decision.candidates), list(decision.scores), list(decision.removed)]
        values += [*answer, slate.generated_at, *by, decision.held_out, *arrays]
    with connection.cursor() as cursor:
        cursor.execute(_PLACES if decision.policy_id is None else _DECISION, values)
