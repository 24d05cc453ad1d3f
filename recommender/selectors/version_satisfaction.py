"""How content shoppers are with one model version, over all channels: what its page in the admin tells."""

# ruff: noqa: S608  the statements are put together of constants

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from recommender.enums import EventKind
from recommender.models import ModelVersion, SurveyInvitation
from recommender.selectors.satisfaction import Survey, strata_of, survey_of

_NORMAL_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share or a mean with its 95 % interval; `low` and `high` are None where one answer is all there is."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class VersionSatisfaction:
    """Reactions to what was shown in a time; each kind counts once for an answer and a coupon."""

    answers: int
    shown: int
    """Coupons in answers."""
    clicks: int
    dismissals: int
    ratings: int
    click_rate: Estimate | None
    dismissal_rate: Estimate | None
    rating: Estimate | None
    """Mean of 1 to 5; of several ratings of one coupon in one answer the last."""
    survey: Survey


def version_satisfaction(*, version: ModelVersion, since: datetime, until: datetime) -> VersionSatisfaction:
    """What shoppers made of the version's answers in `[since, until)`. Four statements."""
    scope: dict[str, Any] = {"version": version.pk, "since": since, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN, scope)
        answers, shown = cursor.fetchone()
        cursor.execute(_REACTIONS, {**scope, "kinds": [EventKind.CLICK.value, EventKind.DISMISSAL.value]})
        counts: dict[int, int] = dict(cursor.fetchall())
        cursor.execute(_RATINGS, scope)
        ratings: dict[int, int] = dict(cursor.fetchall())
    invited = SurveyInvitation.objects.filter(model_version=version, asked_at__gte=since, asked_at__lt=until)
    clicks, dismissals = (counts.get(kind, 0) for kind in (EventKind.CLICK, EventKind.DISMISSAL))
    return VersionSatisfaction(
        answers=answers,
        shown=shown,
        clicks=clicks,
        dismissals=dismissals,
        ratings=sum(ratings.values()),
        click_rate=share_of(clicks, shown),
        dismissal_rate=share_of(dismissals, shown),
        rating=mean_of(ratings),
        survey=survey_of(strata_of(invited).get(version.pk, [])),
    )


def share_of(count: int, total: int) -> Estimate | None:
    """`count / total` with Wilson's interval, as if coupons were reacted to independently; None of nothing."""
    if not total:
        return None
    share, z2 = count / total, _NORMAL_95**2
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    margin = _NORMAL_95 * math.sqrt(share * (1 - share) / total + z2 / (4 * total**2)) / (1 + z2 / total)
    return Estimate(share, max(0.0, middle - margin), min(1.0, middle + margin))


def mean_of(ratings: Mapping[int, int]) -> Estimate | None:
    """Mean of ratings counted by value, 1 to 5, with the normal interval; None of none."""
    n = sum(ratings.values())
    if not n:
        return None
    mean = sum(value * count for value, count in ratings.items()) / n
    if n == 1:
        return Estimate(mean, None, None)
    variance = sum(count * (value - mean) ** 2 for value, count in ratings.items()) / (n - 1)
    margin = _NORMAL_95 * math.sqrt(variance / n)
    return Estimate(mean, max(1.0, mean - margin), min(5.0, mean + margin))


_SHOWN = """
SELECT count(DISTINCT slate_id), count(*) FROM recommender_impression
WHERE model_version_id = %(version)s AND shown_at >= %(since)s AND shown_at < %(until)s
"""
_OF_VERSION = """
FROM recommender_behaviorevent e
JOIN recommender_impression i ON i.slate_id = e.slate_id AND i.coupon_id = e.coupon_id
WHERE e.slate_id IS NOT NULL AND e.occurred_at >= %(since)s AND i.model_version_id = %(version)s
  AND i.shown_at >= %(since)s AND i.shown_at < %(until)s
"""
_REACTIONS = (
    f"SELECT e.kind, count(DISTINCT (e.slate_id, e.coupon_id)) {_OF_VERSION} AND e.kind = ANY(%(kinds)s) GROUP BY 1"
)
_RATINGS = f"""
SELECT rating, count(*) FROM (
    SELECT DISTINCT ON (e.slate_id, e.coupon_id) e.rating {_OF_VERSION} AND e.rating IS NOT NULL
    ORDER BY e.slate_id, e.coupon_id, e.occurred_at DESC, e.id DESC) AS last
GROUP BY 1
"""
