"""Metrics of a system by the protocol, calibration, cold subsets, and paired differences."""

from collections.abc import Mapping, Sequence
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
DRAWS = 200
"""Of households, as many as the protocol draws."""
LARGEST = 18
"""The test's largest campaign."""


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


def difference_over_seeds(one: Sequence[pd.DataFrame], other: Sequence[pd.DataFrame]) -> dict[str, list[float]]:
    """`difference` of the mean metrics of runs with other seeds: what one is expected to be above the other by.

    The households drawn are those of `protocol.compare`, so of one run each it is the same.
    """
    ours, theirs = ([drawn_metrics(run) for run in runs] for runs in (one, other))
    out = {}
    for name in COMPARED:
        gap = np.mean([run[name] for run in ours], axis=0) - np.mean([run[name] for run in theirs], axis=0)
        out[name] = [float(gap[0]), *(float(bound) for bound in np.percentile(gap[1:], (2.5, 97.5)))]
    return out


def drawn_metrics(test: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Each compared metric of the test candidates, then of DRAWS draws of households: (1 + DRAWS,)."""
    everything = protocol._align(test, truth())
    out: dict[str, NDArray[np.float64]] = {}
    for prefix, part in (("", everything), ("A_", everything[everything.campaign_id == LARGEST])):
        households = pd.Index(pd.unique(part.household_id))
        rng = np.random.default_rng(0)
        counts = rng.multinomial(len(households), np.full(len(households), 1 / len(households)), size=DRAWS)
        weights = np.vstack([np.ones(len(households)), counts])
        lists = protocol._group_metrics(part, 10, 0)
        own = weights[:, np.asarray(households.get_indexer(pd.Index(lists.household_id)))]
        for name in ("ndcg", "map", "recall", "mrr"):
            out[prefix + name] = own @ lists[name].to_numpy() / own.sum(axis=1)
        if not prefix:
            order = np.lexsort((np.random.default_rng(0).random(len(part)), -part.score.to_numpy(float)))
            place = households.get_indexer(pd.Index(part.household_id))
            labels = part.label.to_numpy(float)
            areas = protocol._pooled_boot(labels, order, place, weights)  # type: ignore[no-untyped-call]
            out["auc"], out["pr_auc"] = areas
    return out


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
