"""What a shadow would have done, beside the live model."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Max, Min, Sum

from recommender.enums import VersionStatus
from recommender.models import ModelVersion, ShadowCheck

SLATE = 10
"""Places of a slate that count: what a shopper is shown at once."""

_AGREEMENT = """
WITH live AS (SELECT shopper_id, coupon_id, rank FROM recommender_recommendation
              WHERE model_version_id = %(live)s AND rank <= %(places)s),
     shadow AS (SELECT shopper_id, coupon_id, rank FROM recommender_recommendation
                WHERE model_version_id = %(shadow)s AND rank <= %(places)s),
     people AS (SELECT shopper_id, count(*) AS places FROM shadow
                WHERE shopper_id IN (SELECT shopper_id FROM live) GROUP BY 1),
     shared AS (SELECT shopper_id, count(*) AS common,
                       count(*) FILTER (WHERE live.rank = 1 AND shadow.rank = 1) AS firsts
                FROM live JOIN shadow USING (shopper_id, coupon_id) GROUP BY 1)
SELECT count(*), avg(coalesce(common, 0)::float / places), avg(coalesce(firsts, 0)::float)
FROM people LEFT JOIN shared USING (shopper_id)
"""


@dataclass(frozen=True)
class ShadowReport:
    """Agreement of two models' slates now, and whose slates the uses since then were in."""

    live: ModelVersion
    since: datetime | None
    checked_at: datetime | None
    shoppers: int
    """With a slate of both."""
    overlap: float | None
    """Mean share of the shadow's first places that the live slate holds too."""
    same_first: float | None
    """Share of shoppers with the same coupon in the first place."""
    uses: int
    live_hits: int
    shadow_hits: int

    @property
    def live_rate(self) -> float | None:
        """Share of the uses whose coupon the live slate held."""
        return self.live_hits / self.uses if self.uses else None

    @property
    def shadow_rate(self) -> float | None:
        return self.shadow_hits / self.uses if self.uses else None


def shadow_version_id() -> int | None:
    """The version that is computed beside the live one."""
    return ModelVersion.objects.filter(status=VersionStatus.SHADOW).values_list("pk", flat=True).first()


def shadow_report(*, version: ModelVersion, live: ModelVersion) -> ShadowReport:
    """Two queries: the slates as they are, and the checks so far."""
    with connection.cursor() as cursor:
        cursor.execute(_AGREEMENT, {"live": live.pk, "shadow": version.pk, "places": SLATE})
        shoppers, overlap, same_first = cursor.fetchone()
    sums = ShadowCheck.objects.filter(version=version, live=live).aggregate(
        since=Min("checked_at"),
        checked_at=Max("checked_at"),
        uses=Sum("uses", default=0),
        live_hits=Sum("live_hits", default=0),
        shadow_hits=Sum("shadow_hits", default=0),
    )
    return ShadowReport(live=live, shoppers=shoppers, overlap=overlap, same_first=same_first, **sums)
