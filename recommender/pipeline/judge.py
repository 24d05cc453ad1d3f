"""Rankers fitted on one part of the candidates, and what they say of another that they have not learnt from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.config import TrainingConfig
from recommender.estimators.base import OnEpoch
from recommender.estimators.stacker import CalibratedStack
from recommender.pipeline.evaluation import MAIN, Scored
from recommender.pipeline.fitted import Fitted
from recommender.pipeline.inputs import Inputs
from recommender.pipeline.parts import Catalog
from recommender.pipeline.rankers import (
    CONTENT_SHARE,
    PART_NAMES,
    STACK_PRIOR,
    STAND_IN,
    Chosen,
    Rankers,
    fit_rankers,
    part_scores,
)
from recommender.pipeline.splits import Part

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

LEAST_HISTORY = 28
"""Days of events before a campaign's start without which nothing can be learnt from it."""


@dataclass(frozen=True)
class PartScores:
    """Candidates of a part, their labels and the scores of the stack's parts (n, parts)."""

    shopper: Ints
    campaign: Ints
    coupon: Ints
    y: Floats
    parts: Doubles

    def scored(self, stack: CalibratedStack) -> Scored:
        scores = {name: self.parts[:, column] for column, name in enumerate(PART_NAMES)}
        scores = {MAIN: stack.predict(self.parts), **scores}
        kept = {name: np.nan_to_num(score, nan=0.0) for name, score in scores.items()}
        return Scored(self.shopper, self.campaign, self.coupon, self.y, kept)


@dataclass(frozen=True)
class Judge:
    """Fits rankers on a part and scores another; holds what both need."""

    config: TrainingConfig
    inputs: Inputs
    catalog: Catalog
    interest: Floats
    scale: Doubles
    first_day: int
    fitted: Fitted
    on_epoch: OnEpoch | None = None

    def fit(self, part: Part, *, held_out: Part | None = None, chosen: Chosen | None = None) -> Rankers:
        rows = learnable(self.inputs, part, self.first_day)
        validation = None
        if held_out is not None:
            held = self.inputs.frame.rows(held_out)
            validation = held, self.inputs.frame.labels(held_out)[held]
        return fit_rankers(
            self.inputs,
            self.catalog,
            self.interest,
            self.config,
            rows=rows,
            y=self.inputs.frame.labels(part)[rows],
            validation=validation,
            chosen=chosen or Chosen(),
            fitted=self.fitted,
            on_epoch=self.on_epoch,
        )

    def scores(self, rankers: Rankers, part: Part) -> PartScores:
        frame = self.inputs.frame
        rows = frame.rows(part)
        return PartScores(
            shopper=frame.shopper[rows],
            campaign=frame.campaign[rows],
            coupon=frame.coupon[rows],
            y=frame.labels(part)[rows],
            parts=part_scores(rankers, self.inputs, self.catalog, self.interest, als_scale=self.scale, rows=rows),
        )


def learnable(inputs: Inputs, part: Part, first_day: int) -> Ints:
    """Rows of a part whose campaigns have a history to learn from (all rows where none has)."""
    rows = inputs.frame.rows(part)
    with_history = rows[inputs.frame.as_of[rows] >= first_day + LEAST_HISTORY]
    has_positive = inputs.frame.labels(part)[with_history].any()
    return with_history if has_positive else rows


def fit_stack(config: TrainingConfig, unseen: PartScores) -> CalibratedStack:
    """The stack of scores that their rankers have not learnt from. It reads no content share: that is a baseline."""
    parts = unseen.parts.copy()
    parts[:, PART_NAMES.index(CONTENT_SHARE)] = np.nan
    stack = CalibratedStack(config.stack, names=PART_NAMES, prior=STACK_PRIOR, stand_in=STAND_IN)
    return stack.fit(parts, unseen.y)


def joined(scores: list[PartScores]) -> PartScores:
    """Several parts as one."""
    return PartScores(
        **{
            name: np.concatenate([getattr(part, name) for part in scores])
            for name in ("shopper", "campaign", "coupon", "y", "parts")
        }
    )
