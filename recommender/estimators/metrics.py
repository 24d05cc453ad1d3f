"""Few-line metrics for progress reports (the report of a run is pipeline.evaluation's)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

PROBABILITY_FLOOR = 1e-7


def auc(labels: NDArray[Any], scores: NDArray[Any]) -> float:
    """Area under the ROC curve, ties counted half; NaN when one class is missing."""
    positive = labels > 0
    positives = int(positive.sum())
    negatives = len(labels) - positives
    if not positives or not negatives:
        return float("nan")
    ranks = rankdata(scores)
    return float((ranks[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def log_loss(labels: NDArray[Any], probabilities: NDArray[Any], weights: NDArray[Any] | None = None) -> float:
    """Mean binary cross-entropy in nats."""
    p = np.clip(probabilities.astype(np.float64), PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR)
    return float(-np.average(labels * np.log(p) + (1 - labels) * np.log1p(-p), weights=weights))


def mean_column_auc(labels: NDArray[Any], scores: NDArray[Any]) -> float:
    """Mean over the columns (categories) of the AUC across rows (shoppers): 0.5 is mere popularity."""
    ranks = np.argsort(np.argsort(scores, axis=0), axis=0) + 1
    positives = labels.sum(axis=0)
    negatives = len(labels) - positives
    usable = (positives > 0) & (negatives > 0)
    if not usable.any():
        return float("nan")
    ranks_sum = (ranks * labels).sum(axis=0)[usable]
    p, n = positives[usable].astype(np.float64), negatives[usable].astype(np.float64)
    return float(np.mean((ranks_sum - p * (p + 1) / 2) / (p * n)))
