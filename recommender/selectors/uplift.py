"""What coupons add to a shopper, where a hold-out has told: extra purchases a use brings, by the coupon's value."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np

from recommender.models import ChannelUplift, ShopperUplift
from recommender.policies.candidates import Candidates
from recommender.policies.terms import PolicyTerms

KEPT_SECONDS = 20.0

_kept: dict[int, tuple[float, Sequence[float] | None]] = {}
_lock = Lock()


@dataclass(frozen=True)
class ExtraPurchases:
    """Extra purchases a use brings: `extra` at the coupon values `values` (minor units, rising); parallel."""

    values: Sequence[float]
    extra: Sequence[float]

    def of(self, candidates: Candidates) -> Candidates:
        """The shopper's candidates with what they add, personal ones alone; linear between the values."""
        extra = np.interp(candidates.cost, self.values, self.extra)
        return replace(candidates, extra=np.where(candidates.tier == 0, extra, np.nan))


def extra_purchases(
    terms: PolicyTerms, *, channel_id: int, shopper_ids: Iterable[int | None]
) -> Mapping[int, ExtraPurchases]:
    """Of those shoppers of whom it is known; empty where the policy does not ask or the channel has not measured."""
    values = _channel_values(channel_id) if terms.maximise_profit else None
    known = [shopper for shopper in shopper_ids if shopper is not None]
    if values is None or not known:
        return {}
    rows = ShopperUplift.objects.filter(shopper__in=known).values_list("shopper", "extra")
    return {shopper: ExtraPurchases(values, extra) for shopper, extra in rows if len(extra) == len(values)}


def _channel_values(channel_id: int) -> Sequence[float] | None:
    kept = _kept.get(channel_id)
    if kept is not None and time.monotonic() < kept[0] + KEPT_SECONDS:
        return kept[1]
    values = ChannelUplift.objects.filter(channel=channel_id).values_list("values", flat=True).first()
    with _lock:
        _kept[channel_id] = (time.monotonic(), values)
    return values


def forget_uplift() -> None:
    """This process asks anew with its next question."""
    with _lock:
        _kept.clear()
