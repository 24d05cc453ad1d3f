"""How content shoppers are with what each model version showed them: reactions, ratings, and the one question.

Who answers a survey is not who was asked: the busier a shopper, the likelier an answer. So answers are weighted by the
inverse of the response rate among shoppers as busy as the one who answered, which is right where being busy is all
that makes an answer likelier. The plain mean stands beside it.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.models import Count, QuerySet

from recommender.enums import EventKind
from recommender.models import ModelVersion, SurveyInvitation
from recommender.selectors.attribution import credited_redemptions

ACTIVITY_STEPS = (0, 1, 3, 8)
"""Where the groups of equally busy shoppers begin: active days in the 28 before the question."""
_NORMAL_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Stratum:
    """Shoppers equally busy: how many were asked, and what those who answered said."""

    asked: int
    ratings: Sequence[int]


@dataclass(frozen=True, slots=True)
class Survey:
    """The question's answers. `low` and `high` bound the weighted mean with 95 % confidence."""

    asked: int
    answered: int
    mean: float | None
    weighted_mean: float | None
    low: float | None
    high: float | None
    covered: float
    """Share of those asked whose group has an answer; the weighted mean speaks of these alone."""


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """One model version on one channel over a time. A rate is None where nothing was shown."""

    number: int | None
    """None: answers without a model."""
    answers: int
    shown: int
    """Coupons in answers."""
    seen: int
    clicks: int
    dismissals: int
    claims: int
    redemptions: int
    """Credited by `attribution`."""
    ratings: int
    rating_mean: float | None
    survey: Survey

    @property
    def dismissal_rate(self) -> float | None:
        return self.dismissals / self.shown if self.shown else None

    @property
    def click_rate(self) -> float | None:
        return self.clicks / self.shown if self.shown else None


def survey_of(strata: Collection[Stratum]) -> Survey:
    """Answers weighted by the inverse of their group's response rate: each group counts as much as it was asked."""
    asked = sum(stratum.asked for stratum in strata)
    answers = [rating for stratum in strata for rating in stratum.ratings]
    heard = [stratum for stratum in strata if stratum.ratings]
    if not answers:
        return Survey(asked, 0, None, None, None, None, 0.0)
    reach = sum(stratum.asked for stratum in heard)
    mean, variance = 0.0, 0.0
    for stratum in heard:
        share, n = stratum.asked / reach, len(stratum.ratings)
        own = sum(stratum.ratings) / n
        mean += share * own
        # one answer says nothing of its group's spread: the widest that ratings allow
        spread = sum((rating - own) ** 2 for rating in stratum.ratings) / (n - 1) if n > 1 else 4.0
        variance += share**2 * spread / n
    margin = _NORMAL_95 * math.sqrt(variance)
    return Survey(
        asked=asked,
        answered=len(answers),
        mean=sum(answers) / len(answers),
        weighted_mean=mean,
        low=max(1.0, mean - margin),
        high=min(5.0, mean + margin),
        covered=reach / asked,
    )


def satisfaction(*, channel_id: int, since: datetime, until: datetime) -> list[Satisfaction]:
    """Each model version that answered in `[since, until)`, newest first. Six statements, whatever was shown."""
    shown = _shown(channel_id, since, until)
    reactions, ratings = _reactions(channel_id, since, until)
    redeemed: dict[int | None, int] = defaultdict(int)
    for credit in credited_redemptions(channel_id=channel_id, since=since, until=until):
        redeemed[credit.model_version_id] += 1
    strata = strata_of(SurveyInvitation.objects.filter(channel=channel_id, asked_at__gte=since, asked_at__lt=until))
    numbers = dict(ModelVersion.objects.filter(pk__in=[pk for pk in shown if pk]).values_list("pk", "number"))
    rows = []
    for version, (answers, places) in shown.items():
        counts = reactions.get(version, _Reactions())
        given = ratings.get(version, [])
        rows.append(
            Satisfaction(
                number=numbers.get(version) if version is not None else None,
                answers=answers,
                shown=places,
                seen=counts.of.get(EventKind.IMPRESSION, 0),
                clicks=counts.of.get(EventKind.CLICK, 0),
                dismissals=counts.of.get(EventKind.DISMISSAL, 0),
                claims=counts.of.get(EventKind.CLAIM, 0),
                redemptions=redeemed.get(version, 0),
                ratings=len(given),
                rating_mean=sum(given) / len(given) if given else None,
                survey=survey_of(strata.get(version, [])),
            )
        )
    return sorted(rows, key=lambda row: -(row.number or 0))


@dataclass(frozen=True, slots=True)
class _Reactions:
    of: Mapping[int, int] = field(default_factory=dict)


def _shown(channel_id: int, since: datetime, until: datetime) -> dict[int | None, tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT model_version_id, count(DISTINCT slate_id), count(*) FROM recommender_impression
            WHERE channel_id = %s AND shown_at >= %s AND shown_at < %s GROUP BY 1
            """,
            [channel_id, since, until],
        )
        return {version: (answers, places) for version, answers, places in cursor.fetchall()}


_REACTIONS = """
SELECT i.model_version_id, e.kind, e.rating, e.slate_id, e.coupon_id
FROM recommender_behaviorevent e
JOIN recommender_impression i ON i.slate_id = e.slate_id AND i.coupon_id = e.coupon_id
WHERE e.channel_id = %s AND e.slate_id IS NOT NULL AND e.occurred_at >= %s
  AND i.shown_at >= %s AND i.shown_at < %s
ORDER BY e.occurred_at, e.id
"""


def _reactions(
    channel_id: int, since: datetime, until: datetime
) -> tuple[dict[int | None, _Reactions], dict[int | None, list[int]]]:
    """Each kind once for an answer and a coupon; of several ratings the last."""
    once: dict[tuple[int | None, int], set[tuple[object, int]]] = defaultdict(set)
    last: dict[tuple[int | None, object, int], int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_REACTIONS, [channel_id, since, since, until])
        for version, kind, rating, slate, coupon in cursor.fetchall():
            once[version, kind].add((slate, coupon))
            if rating is not None:
                last[version, slate, coupon] = rating
    counts: dict[int | None, dict[int, int]] = defaultdict(dict)
    for (version, kind), places in once.items():
        counts[version][kind] = len(places)
    ratings: dict[int | None, list[int]] = defaultdict(list)
    for (version, _slate, _coupon), rating in last.items():
        ratings[version].append(rating)
    return {version: _Reactions(of) for version, of in counts.items()}, ratings


def strata_of(rows: "QuerySet[SurveyInvitation]") -> dict[int | None, list[Stratum]]:
    """By model version's id: invitations in groups of equally busy shoppers. One statement."""
    asked: dict[tuple[int | None, int], int] = defaultdict(int)
    said: dict[tuple[int | None, int], list[int]] = defaultdict(list)
    counted = rows.order_by().values_list("model_version", "activity", "rating").annotate(n=Count("pk"))
    for version, activity, rating, n in counted:
        group = sum(activity >= step for step in ACTIVITY_STEPS)
        asked[version, group] += n
        if rating is not None:
            said[version, group] += [rating] * n
    strata: dict[int | None, list[Stratum]] = defaultdict(list)
    for version, group in sorted(asked, key=str):
        strata[version].append(Stratum(asked[version, group], said[version, group]))
    return strata
