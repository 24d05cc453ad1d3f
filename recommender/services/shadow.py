"""A shadow: a model computed beside the live one and shown to nobody, to see what it would do."""

import logging
from datetime import datetime

from django.db import connection, transaction
from kombu.exceptions import OperationalError as BrokerError

from recommender.enums import VersionStatus
from recommender.models import ModelVersion, ShadowCheck
from recommender.selectors.shadow import SLATE

logger = logging.getLogger(__name__)

_HITS = """
SELECT count(*), count(*) FILTER (WHERE live.id IS NOT NULL), count(*) FILTER (WHERE shadow.id IS NOT NULL)
FROM coupons_redemption r
JOIN LATERAL (SELECT min(created_at) AS at FROM recommender_recommendation
              WHERE model_version_id = %(live)s AND shopper_id = r.shopper_id) l ON l.at <= r.redeemed_at
JOIN LATERAL (SELECT min(created_at) AS at FROM recommender_recommendation
              WHERE model_version_id = %(shadow)s AND shopper_id = r.shopper_id) s ON s.at <= r.redeemed_at
LEFT JOIN recommender_recommendation live ON live.model_version_id = %(live)s
     AND live.shopper_id = r.shopper_id AND live.coupon_id = r.coupon_id AND live.rank <= %(places)s
LEFT JOIN recommender_recommendation shadow ON shadow.model_version_id = %(shadow)s
     AND shadow.shopper_id = r.shopper_id AND shadow.coupon_id = r.coupon_id AND shadow.rank <= %(places)s
WHERE r.redeemed_at > %(since)s AND r.redeemed_at <= %(now)s AND r.status IN ('redeemed', 'partially_rolled_back')
"""


class NotACandidateError(ValueError):
    """Only a version that is not live can be a shadow."""


def start_shadow(*, version: ModelVersion, now: datetime) -> ShadowCheck | None:
    """Compute `version` beside the live model from now on; the shadow before it is a candidate again.

    None where no model is live: there is nothing to be beside. Raises NotACandidateError for the live version.
    """
    with transaction.atomic():
        locked = ModelVersion.objects.select_for_update().order_by("pk")
        found = {row.pk: row for row in locked.filter(status__in=[VersionStatus.LIVE, VersionStatus.SHADOW])}
        live = next((row for row in found.values() if row.status == VersionStatus.LIVE), None)
        if live is None:
            return None
        if live.pk == version.pk:
            raise NotACandidateError(f"{version} is live: a shadow is computed beside the live model")
        ModelVersion.objects.filter(status=VersionStatus.SHADOW).update(status=VersionStatus.CANDIDATE)
        ModelVersion.objects.filter(pk=version.pk).update(status=VersionStatus.SHADOW)
        version.status = VersionStatus.SHADOW
        transaction.on_commit(lambda: _compute(version.pk))
        return ShadowCheck.objects.create(version=version, live=live, checked_at=now)


def stop_shadow(*, version: ModelVersion) -> bool:
    """The version is a candidate again; False where it was no shadow. What was counted stays."""
    stopped = ModelVersion.objects.filter(pk=version.pk, status=VersionStatus.SHADOW)
    return bool(stopped.update(status=VersionStatus.CANDIDATE))


def check_shadow(*, now: datetime) -> ShadowCheck | None:
    """Count the uses since the last check by whose slate they were in; None where there is no shadow.

    Runs before slates are computed anew: then those that stood when a coupon was used are still there, and a coupon
    that was used has not left them. Only shoppers that both models had a slate for count.
    """
    with transaction.atomic():
        shadow = ModelVersion.objects.select_for_update().filter(status=VersionStatus.SHADOW).first()
        live = ModelVersion.objects.filter(status=VersionStatus.LIVE).first()
        if shadow is None or live is None:
            return None
        last = ShadowCheck.objects.filter(version=shadow, live=live).first()
        if last is None:  # another version went live meanwhile: it is counted from here
            return ShadowCheck.objects.create(version=shadow, live=live, checked_at=now)
        if last.checked_at >= now:
            return None
        with connection.cursor() as cursor:
            cursor.execute(
                _HITS,
                {"live": live.pk, "shadow": shadow.pk, "places": SLATE, "since": last.checked_at, "now": now},
            )
            uses, live_hits, shadow_hits = cursor.fetchone()
        return ShadowCheck.objects.create(
            version=shadow, live=live, checked_at=now, uses=uses, live_hits=live_hits, shadow_hits=shadow_hits
        )


def _compute(version_id: int) -> None:
    """What the hourly refresh does, at once; without a queue it does it then."""
    from recommender import tasks

    try:
        tasks.precompute.delay(version_id)
    except (BrokerError, OSError):
        logger.exception("Slates of shadow %s are not computed now: the task queue did not answer", version_id)
