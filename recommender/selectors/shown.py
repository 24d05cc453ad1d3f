"""What is shown of coupons, kept in the process for a second: the same few are in most answers."""

import time
from collections.abc import Collection
from threading import Lock

from coupons.models import Channel, Coupon
from recommender.models import PopularCoupon

KEPT_SECONDS = 1.0
"""A title that was changed is shown a second later at most. Eligibility is never kept: it is asked at every answer."""
_MOST = 50_000


_coupons: dict[int, tuple[Coupon, float]] = {}
_popular: dict[tuple[int, int], tuple[list[tuple[int, float]], float]] = {}
_lock = Lock()


def shown_coupons(coupon_ids: Collection[int]) -> dict[int, Coupon]:
    """Coupons with campaign and benefit, by id; one query for those that were not read just now."""
    now = time.monotonic()
    found: dict[int, Coupon] = {}
    for pk in coupon_ids:
        kept = _coupons.get(pk)
        if kept is not None and now < kept[1]:
            found[pk] = kept[0]
    missing = [pk for pk in coupon_ids if pk not in found]
    if missing:
        read = Coupon.objects.select_related("campaign", "benefit").in_bulk(missing)
        with _lock:
            if len(_coupons) > _MOST:
                _coupons.clear()
            _coupons.update({pk: (coupon, now + KEPT_SECONDS) for pk, coupon in read.items()})
        found |= read
    return found


def popular_coupons(version_id: int, channel: Channel) -> list[tuple[int, float]]:
    """The channel's popular list under a version, best first: (coupon id, score)."""
    now = time.monotonic()
    kept = _popular.get((version_id, channel.pk))
    if kept is not None and now < kept[1]:
        return kept[0]
    rows = PopularCoupon.objects.filter(model_version=version_id, channel=channel).order_by("rank")
    read = list(rows.values_list("coupon_id", "score"))
    with _lock:
        if len(_popular) > _MOST:
            _popular.clear()
        _popular[version_id, channel.pk] = (read, now + KEPT_SECONDS)
    return read
