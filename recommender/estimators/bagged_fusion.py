"""The recommendation model as it is served: the mean logit of fusions that differ in their seed.

A fusion learns from a thousand redemptions or so, and its seed moves the order within a list by more than any of its
settings does. Averaging a few takes that out.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.config import FusionConfig
from recommender.estimators.base import Arrays, Floats, OnEpoch
from recommender.estimators.forward import BAG_PREFIX, sigmoid
from recommender.estimators.fusion_ranker import FusionRanker, Pairs
from recommender.estimators.stack_formula import part_logits

SEED_STEP = 1009
"""Between the seeds of two fusions, so that runs with neighbouring seeds share none."""
SHARED = ("interest_", "item_", "pair_")
"""Beginnings of the names of arrays that all fusions of one training have alike: the scales of their inputs."""


class BaggedFusion:
    """Fusions fitted on the same candidates; shapes and errors are those of `FusionRanker`."""

    def __init__(self, members: Sequence[FusionRanker]) -> None:
        if not members:
            raise ValueError("members is empty")
        self.members = list(members)

    @classmethod
    def build(cls, config: FusionConfig, *, n_interest: int, n_item: int, n_pair: int, seed: int) -> Self:
        """`config.bags` unfitted fusions; one for the literal formula, whose solution hardly depends on its seed."""
        bags = config.bags if config.fusion == "interaction" else 1
        seeds = [(seed + SEED_STEP * bag) % 2**31 for bag in range(bags)]
        shape = {"n_interest": n_interest, "n_item": n_item, "n_pair": n_pair}
        return cls([FusionRanker(config, seed=own, **shape) for own in seeds])

    @property
    def config(self) -> FusionConfig:
        """Settings of every member."""
        return self.members[0].config

    @config.setter
    def config(self, config: FusionConfig) -> None:
        for member in self.members:
            member.config = config

    @property
    def uses_pairs(self) -> bool:
        """Whether pair features are read."""
        return self.members[0].uses_pairs

    def fit(
        self,
        *tables: Any,
        groups: NDArray[Any] | None = None,
        validation: Pairs | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Self:
        """Fit every member as `FusionRanker.fit` says; the first one's epochs are reported."""
        for number, member in enumerate(self.members):
            report = on_epoch if number == 0 else None
            member.fit(*tables, groups=groups, validation=validation, on_epoch=report)
        return self

    def predict(self, *tables: Any) -> Floats:
        """Probabilities (n,) float32 of the pairs, of the members' mean logit; see `FusionRanker.predict`."""
        if len(self.members) == 1:
            return self.members[0].predict(*tables)
        logits = [part_logits(member.predict(*tables)) for member in self.members]
        out: Floats = sigmoid(np.mean(logits, axis=0)).astype(np.float32)
        return out

    def weights(self) -> Arrays:
        """What `forward.fusion_sides` and `fusion_logits` read: the first member's, and the others' by prefix."""
        out = self.members[0].weights()
        for bag, member in enumerate(self.members[1:], start=1):
            own = {name: array for name, array in member.weights().items() if not name.startswith(SHARED)}
            out |= {BAG_PREFIX.format(bag) + name: array for name, array in own.items()}
        return out

    def save(self, folder: Path) -> None:
        """Write the first member's files into an existing folder, and the others' into bag-1, bag-2, ... in it."""
        for bag, member in enumerate(self.members):
            place = folder / f"bag-{bag}" if bag else folder
            place.mkdir(exist_ok=True)
            member.save(place)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The estimator as saved."""
        later = sorted(folder.glob("bag-*"), key=lambda place: int(place.name.partition("-")[2]))
        return cls([FusionRanker.load(place) for place in (folder, *later)])
