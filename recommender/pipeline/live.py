"""Stage 7b: what lets the web half move a published score when a shopper acts, without TensorFlow.

A score is a sum of logits, calibrated. One of them is the fusion's, which reads the interest; so a published row needs
its sum, the fusion's pair features and the coupon's code x', and a shopper the recurrent state before the last day.
`recommender.online` does the rest. Somebody unknown is scored once a channel as `NOBODY`: where a new shopper starts.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.estimators.bundle import Bundle
from recommender.estimators.pair_scaler import transform_pairs
from recommender.pipeline.features.interest import INTEREST_FEATURES
from recommender.pipeline.inputs import Inputs
from recommender.pipeline.parts import Catalog
from recommender.pipeline.rankers import stack_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

NOBODY = -1
"""The id of a shopper of whom nothing is known."""
PAIRED = 64
"""Best coupons of a shopper whose own pair features are kept; beyond them those of `NOBODY` stand in."""


@dataclass(frozen=True)
class LiveInputs:
    """n candidates in the order of `ScoredCandidates`, over c coupons."""

    coupons: Ints
    """(c,) ascending ids."""
    codes: Floats
    """(c, d) x' of each coupon as the fusion reads it."""
    coverage: Floats
    """(c, K) share of each coupon's products in each interest category."""
    interest_columns: Ints
    """Places of INTEREST_FEATURES among the pair features; empty where the fusion reads none."""
    logits: Doubles
    """(n,) the stack's sum before calibration."""
    paired: NDArray[np.bool_]
    """(n,) whose pair features are kept."""
    pair: NDArray[np.float16]
    """(paired, width) scaled pair features. Two bytes each: only differences between two passes are taken of them."""


def live_inputs(bundle: Bundle, inputs: Inputs, catalog: Catalog, parts: Doubles, order: Ints) -> LiveInputs | None:
    """None where the bundle has no interest model or no fusion to move. `order` sorts the candidates."""
    fusion = bundle.fusions.get(bundle.config.fusion.fusion)
    if bundle.interest is None or fusion is None or bundle.stack is None:
        return None
    used = np.unique(inputs.coupons)
    shopper = inputs.frame.shopper[order]
    starts = np.flatnonzero(np.append(True, np.diff(shopper) != 0))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    paired = (rank < PAIRED) | (shopper == NOBODY)
    if fusion.uses_pairs:
        pair = transform_pairs(fusion.weights(), inputs.frame.values[order[paired]]).astype(np.float16)
        columns = [inputs.frame.names.index(name) for name in INTEREST_FEATURES]
    else:
        pair, columns = np.zeros((int(paired.sum()), 0), np.float16), []
    return LiveInputs(
        coupons=inputs.items.coupons[used],
        codes=catalog.codes[used],
        coverage=inputs.coverage[used],
        interest_columns=np.array(columns, np.int64),
        logits=stack_of(bundle).logits(parts)[order],
        paired=paired,
        pair=pair,
    )
