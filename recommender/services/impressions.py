"""Writing down what was shown: tomorrow's training and every off-policy estimate read it."""

from recommender.models import Impression
from recommender.selectors import Slate


def record_impressions(*, slate: Slate) -> None:
    """One row per place of the answer, in one statement."""
    Impression.objects.bulk_create(
        Impression(
            slate_id=slate.slate_id,
            channel_id=slate.channel_id,
            shopper_id=slate.shopper_id,
            coupon_id=item.coupon.pk,
            model_version_id=slate.model_version_id,
            position=item.position,
            score=item.score,
            propensity=item.propensity,
            fallback=slate.fallback,
            shown_at=slate.generated_at,
        )
        for item in slate.items
    )
