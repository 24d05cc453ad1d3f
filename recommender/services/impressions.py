"""Writing down what was shown: tomorrow's training and every off-policy estimate read it."""

from typing import Any

from django.db import connection

from recommender.selectors import Slate

_INSERT = """
INSERT INTO recommender_impression (slate_id, channel_id, shopper_id, model_version_id, fallback, shown_at,
    coupon_id, position, score, propensity)
SELECT %s, %s, %s, %s, %s, %s, * FROM unnest(%s::bigint[], %s::smallint[], %s::float8[], %s::float8[])
"""


def record_impressions(*, slate: Slate) -> None:
    """One row per place of the answer, in one statement."""
    if not slate.items:
        return
    items = slate.items
    places: list[list[Any]] = [
        [item.coupon.pk for item in items],
        [item.position for item in items],
        [item.score for item in items],
        [item.propensity for item in items],
    ]
    answer = (slate.slate_id, slate.channel_id, slate.shopper_id, slate.model_version_id, slate.fallback.value)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [*answer, slate.generated_at, *places])
