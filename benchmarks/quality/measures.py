"""Metrics of a system by the protocol, calibration, cold subsets, and paired differences."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks import protocol
from recommender.pipeline.evaluation import curves, expected_calibration_error

METRICS = ("auc", "pr_auc", "ndcg", "map", "recall", "hit", "mrr", "A_ndcg", "A_recall")
"""Those with an interval; A_ is the largest campaign alone."""
AT_THRESHOLD = ("precision", "recall_thr", "f1", "accuracy")
COMPARED = ("auc", "pr_auc", "ndcg", "map", "recall", "mrr", "A_ndcg")
FLOOR = 1e-7


@cache
def journey_tables() -> Any:
    """The protocol's tables, read once."""
    return protocol.load()


@cache
def truth() -> pd.DataFrame:
    """The test candidates with their labels."""
    return protocol.truth(journey_tables(), "test")


def measure(test: pd.DataFrame, validation: pd.DataFrame, *, probability: bool) -> dict[str, Any]:
    """The protocol's metrics with 95 % intervals; calibration where the scores are probabilities."""
    found = protocol.evaluate(test, journey_tables(), val_scores=validation)
    out: dict[str, Any] = {name: found[name] for name in (*METRICS, *AT_THRESHOLD)}
    out["intervals"] = {name: list(found[f"{name}_ci"]) for name in METRICS}
    if probability:
        y, p = _labelled(test)
        clipped = np.clip(p, FLOOR, 1 - FLOOR)
        out["ece"] = expected_calibration_error(y, p)
        out["log_loss"] = float(-np.mean(y * np.log(clipped) + (1 - y) * np.log1p(-clipped)))
    return out


def points(test: pd.DataFrame) -> dict[str, float]:
    """The metrics alone, without intervals: for other seeds."""
    found = protocol.evaluate(test, journey_tables(), n_boot=0)
    return {name: float(found[name]) for name in METRICS}


def difference(one: pd.DataFrame, other: pd.DataFrame) -> dict[str, list[float]]:
    """one - other of each metric with its paired 95 % interval: [difference, low, high]."""
    found = protocol.compare(one, other, journey_tables())
    return {name: [float(value) for value in found[name]] for name in COMPARED}


def curve_points(test: pd.DataFrame) -> dict[str, Any]:
    """Reliability, ROC and precision-recall as points."""
    return curves(*_labelled(test))


def on_subsets(test: pd.DataFrame, subsets: Mapping[str, NDArray[np.bool_]]) -> dict[str, Any]:
    """Metrics on parts of the candidates; `subsets` are masks over `truth()`."""
    merged = truth().merge(test, on=protocol.KEY, how="left")
    out: dict[str, Any] = {}
    for name, mask in subsets.items():
        part = merged[mask]
        row: dict[str, Any] = {"candidates": len(part), "positives": int(part.label.sum())}
        if row["positives"] >= 5:
            block: dict[str, Any] = {}
            protocol._block(part, "", block, 200, 10, 0)  # type: ignore[no-untyped-call]
            row |= {metric: block[metric] for metric in ("auc", "pr_auc", "ndcg", "recall", "groups")}
            row["intervals"] = {metric: list(block[f"{metric}_ci"]) for metric in ("auc", "pr_auc", "ndcg", "recall")}
        out[name] = row
    return out


def _labelled(test: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    merged = truth().merge(test, on=protocol.KEY, how="left")
    return merged.label.to_numpy(float), merged.score.to_numpy(float)
