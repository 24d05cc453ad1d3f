"""What is shown of coupons, kept in the process: the same few are in most answers."""

import time
from collections.abc import Collection, Iterable
from threading import Lock

from django.db import connection
from django.db.models import CharField, Func

from coupons.kept import Kept
from coupons.models import Channel, Coupon
from recommender.models import PopularCoupon

KEPT_SECONDS = 1.0
"""A title that was changed is shown a second later at most. Eligibility is never kept: it is asked at every answer."""
_MOST = 50_000
_MOST_COUPONS = 2_000

# Postgres writes every change of a row as a new tuple: its place and its transaction together say whether it is still
# the one that was read. So what did not change is asked about once a second, and not read again.
_MARK = """
    coupons_coupon.xmin::text || coupons_coupon.ctid::text || coupons_campaign.xmin::text || coupons_campaign.ctid::text
    || COALESCE(coupons_benefit.xmin::text || coupons_benefit.ctid::text, '')
"""
_UNCHANGED = f"""
SELECT coupons_coupon.id
FROM unnest(%s::bigint[], %s::text[]) AS kept (id, mark)
JOIN coupons_coupon ON coupons_coupon.id = kept.id
JOIN coupons_campaign ON coupons_campaign.id = coupons_coupon.campaign_id
LEFT JOIN coupons_benefit ON coupons_benefit.coupon_id = coupons_coupon.id
WHERE kept.mark = {_MARK}
"""  # noqa: S608 - column names of ours

_coupons: dict[int, tuple[Coupon, str]] = {}
_checks: Kept[str, None] = Kept(KEPT_SECONDS)
"""Of all coupons that are kept, at once."""
_popular: Kept[tuple[int, int], list[tuple[int, float]]] = Kept(KEPT_SECONDS, most=_MOST)
_lock = Lock()


def shown_coupons(coupon_ids: Collection[int]) -> dict[int, Coupon]:
    """Coupons with campaign and benefit, by id; one query for those that are not kept, and one a second for the kept.

    The same object comes back for as long as its rows stand as they are.
    """
    if any(pk in _coupons for pk in coupon_ids):
        _checks.get("", _check)
    found = {pk: kept[0] for pk in coupon_ids if (kept := _coupons.get(pk)) is not None}
    missing = [pk for pk in coupon_ids if pk not in found]
    if missing:
        if not _coupons:
            _checks.put("", None, since=time.monotonic())
        read = _read(missing)
        with _lock:
            for pk in list(_coupons)[: max(0, len(_coupons) + len(read) - _MOST_COUPONS)]:
                del _coupons[pk]
            _coupons.update(read)
        found |= {pk: coupon for pk, (coupon, _mark) in read.items()}
    return found


def _read(coupon_ids: Iterable[int]) -> dict[int, tuple[Coupon, str]]:
    mark = Func(template=_MARK, output_field=CharField())
    rows = Coupon.objects.select_related("campaign", "benefit").annotate(row_mark=mark).in_bulk(coupon_ids)
    return {pk: (coupon, coupon.row_mark) for pk, coupon in rows.items()}


def _check(_before: None) -> None:
    """Forget the coupons whose rows are not what they were."""
    kept = dict(_coupons)
    if not kept:
        return
    with connection.cursor() as cursor:
        cursor.execute(_UNCHANGED, [list(kept), [mark for _coupon, mark in kept.values()]])
        unchanged = {pk for (pk,) in cursor.fetchall()}
    with _lock:
        for pk in kept.keys() - unchanged:
            _coupons.pop(pk, None)


def popular_coupons(version_id: int, channel: Channel) -> list[tuple[int, float]]:
    """The channel's popular list under a version, best first: (coupon id, score).

    The same list object comes back for as long as it stands.
    """

    def read(before: list[tuple[int, float]] | None) -> list[tuple[int, float]]:
        rows = PopularCoupon.objects.filter(model_version=version_id, channel=channel).order_by("rank")
        found = list(rows.values_list("coupon_id", "score"))
        return before if found == before else found

    return _popular.get((version_id, channel.pk), read)
