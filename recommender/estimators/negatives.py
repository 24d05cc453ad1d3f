"""Which candidates without a redemption a network reads in an epoch, and what that does to its answers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.estimators.base import Floats, Ints

HARD_SHARE = 0.5
"""Share of the draw that comes from groups (a shopper's campaign) in which some other coupon was redeemed."""


class NegativeSampler:
    """All positives with `per_positive` drawn negatives each; a fresh draw for each epoch.

    Negatives are drawn at the mean rate r, so a logit learnt from a draw is too high by -log(r): `log_rate`
    is to be added to it. Where groups are given, coupons left beside a redeemed one are drawn more often
    and weigh less in proportion: they teach the order within a shopper without moving the probabilities.
    """

    def __init__(self, y: NDArray[Any], groups: NDArray[Any] | None, per_positive: int) -> None:
        self.positives: Ints = np.flatnonzero(y > 0)
        negatives = np.flatnonzero(y <= 0)
        if not len(self.positives) or not len(negatives):
            raise ValueError("y holds one class only")
        wanted = min(len(negatives), per_positive * len(self.positives))
        self.size = len(self.positives) + wanted
        self._rate = wanted / len(negatives)
        self.log_rate = float(np.log(self._rate))
        self._strata = self._split(groups, negatives, wanted)

    def draw(self, rng: np.random.Generator) -> tuple[Ints, Floats]:
        """Rows and their weights, in random order."""
        rows, weights = [self.positives], [np.ones(len(self.positives), np.float32)]
        for stratum, size in self._strata:
            rows.append(rng.choice(stratum, size, replace=False, shuffle=False))
            weights.append(np.full(size, self._rate * len(stratum) / max(size, 1), np.float32))
        order = rng.permutation(sum(len(part) for part in rows))
        return np.concatenate(rows)[order], np.concatenate(weights)[order]

    def _split(self, groups: NDArray[Any] | None, negatives: Ints, wanted: int) -> list[tuple[Ints, int]]:
        if groups is None:
            return [(negatives, wanted)]
        hard = np.isin(groups[negatives], np.unique(groups[self.positives]))
        near, far = negatives[hard], negatives[~hard]
        from_near = min(len(near), max(int(wanted * HARD_SHARE), wanted - len(far)))
        return [(rows, size) for rows, size in ((near, from_near), (far, wanted - from_near)) if len(rows)]
