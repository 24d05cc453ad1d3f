"""Stage 9: slates -> Recommendation rows of one ModelVersion. The only stage that writes the database.

A shard is one transaction that replaces what its shoppers had under the version: running it twice gives the same
rows, and a reader sees a shopper's old slate or the new one, never half of one.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

import numpy as np
from django.db import transaction

from recommender.models import PopularCoupon, Recommendation, ShopperInterest
from recommender.pipeline.policy import Place
from recommender.pipeline.scoring import InterestStates

BATCH = 2000


def publish_slates(
    *, version_id: int, shoppers: Collection[int], slates: Mapping[int, list[Place]], now: datetime
) -> int:
    """Replace the slates of `shoppers` under a version; the number of rows written."""
    rows = [
        Recommendation(
            model_version_id=version_id,
            shopper_id=shopper,
            coupon_id=place.coupon,
            rank=place.rank,
            score=min(max(place.score, 0.0), 1.0),
            propensity=place.propensity,
            reason=dict(place.reason),
            created_at=now,
        )
        for shopper, places in slates.items()
        for place in places
    ]
    with transaction.atomic():
        Recommendation.objects.filter(model_version_id=version_id, shopper_id__in=list(shoppers)).delete()
        Recommendation.objects.bulk_create(rows, batch_size=BATCH)
    return len(rows)


def publish_interests(*, version_id: int, states: InterestStates, as_of: datetime) -> int:
    """Write the interest scores and recurrent state of shoppers, in place of older ones."""
    past = states.before if states.before is not None else np.full_like(states.interests, np.nan)
    rows = [
        ShopperInterest(
            shopper_id=int(shopper),
            model_version_id=version_id,
            interests=np.round(interests, 5).tolist(),
            hidden_state=hidden.tolist(),
            before=np.round(before, 5).tolist() if np.isfinite(before).all() else None,
            as_of=as_of,
        )
        for shopper, interests, hidden, before in zip(
            states.shopper, states.interests, states.hidden, past, strict=True
        )
    ]
    ShopperInterest.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["shopper"],
        update_fields=["model_version", "interests", "hidden_state", "before", "as_of"],
    )
    return len(rows)


def publish_popular(*, version_id: int, channel_id: int, coupons: list[tuple[int, float]], now: datetime) -> None:
    """Replace the popular list of a channel under a version; `coupons` are (id, score), best first."""
    with transaction.atomic():
        PopularCoupon.objects.filter(model_version_id=version_id, channel_id=channel_id).delete()
        PopularCoupon.objects.bulk_create(
            PopularCoupon(
                model_version_id=version_id,
                channel_id=channel_id,
                coupon_id=coupon,
                rank=rank,
                score=score,
                created_at=now,
            )
            for rank, (coupon, score) in enumerate(coupons, start=1)
        )
