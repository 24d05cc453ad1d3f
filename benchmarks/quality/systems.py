"""Every system by name, and how one run of it goes: fit on train, score validation; fit on both, score test.

The stack and its ablations are in `family`; what is here loads no network.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.ablations import ABLATIONS
from benchmarks.quality.journey import (
    Journey,
    Scorer,
    Task,
    part_rows,
    peak_memory_mb,
)
from recommender.pipeline.preparation import Prepared
from recommender.pipeline.splits import Part

FIRST_SEED = 20171001
"""The default of the config: the first seed's scores are those of the model that the demo trains."""
SEEDS = (FIRST_SEED, 1, 2)
PARTS = ("interaction", "literal", "boosting", "linear", "als", "content", "popularity", "newcomer")
"""Parts of the stack; their scores come with its runs."""

Fit = Callable[[Task], Scorer]


@dataclass(frozen=True)
class System:
    """One row of the table."""

    name: str
    title: str
    group: str
    """stack, part, ablation or peer."""
    random: bool = True
    """Whether other seeds give other scores."""
    probability: bool = False
    """Whether its scores are probabilities, so that calibration means something."""

    @property
    def seeds(self) -> tuple[int, ...]:
        return SEEDS if self.random else SEEDS[:1]


@dataclass(frozen=True)
class Cost:
    """What a run took."""

    fit_seconds: float
    score_seconds: float
    """Of all test candidates, from their features."""
    features_seconds: float
    """Reading the features, where the system reads them; the stack's first run reads them itself."""
    peak_memory_mb: int


@dataclass
class Outcome:
    """What one run of a system gives."""

    validation: NDArray[np.float64] | None
    """None where nobody asks for it: thresholds are those of the first seed."""
    test: NDArray[np.float64]
    cost: Cost | None = None
    """None for an ablation, which shares most of its fits."""
    parts: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


_ALL = (
    System("stack", "the stack, as the demo trains it", "stack", probability=True),
    System("part_interaction", "interaction fusion alone", "part", probability=True),
    System("part_literal", "literal fusion alone", "part", probability=True),
    System("part_boosting", "boosted trees alone", "part", probability=True),
    System("part_linear", "logistic regression alone", "part", probability=True),
    System("part_als", "ALS alone", "part"),
    System("part_content", "content alone", "part"),
    System("part_popularity", "popularity alone", "part", probability=True),
    System("part_newcomer", "newcomers' regression alone", "part", probability=True),
    System("literal_fusion", "literal fusion in place of the interactions", "ablation", probability=True),
    System("without_rnn", "without the RNN", "ablation", probability=True),
    System("without_autoencoder", "without the autoencoder", "ablation", probability=True),
    System("without_boosting", "without boosting", "ablation", probability=True),
    System("without_cf", "without collaborative filtering", "ablation", probability=True),
    System("without_augmentation", "without augmentation", "ablation", probability=True),
    System("code_z", "code z in place of the reconstruction x'", "ablation", probability=True),
    System("popularity", "coupon popularity", "peer", random=False),
    System("product_popularity", "product popularity", "peer", random=False),
    System("content_share", "content share", "peer", random=False),
    System("content_based", "content-based cosine", "peer", random=False),
    System("als", "implicit ALS", "peer"),
    System("bm25", "BM25 item neighbours", "peer", random=False),
    System("plain_lstm", "plain Embedding-LSTM(50)-Dense(1)", "peer"),
    System("logistic_regression", "logistic regression on engineered features", "peer", random=False),
    System("lightgbm", "LightGBM on engineered features, mean of three seeds", "peer", random=False),
)
SYSTEMS = {system.name: system for system in _ALL}
HIDDEN = "hidden_history"
"""The column beside the stack's with its scores where every household's history is hidden."""
WITHOUT_FEATURES = frozenset({"als", "bm25", "plain_lstm", "content_based"})
"""Peers that read baskets and the catalog only."""


def run_name(name: str) -> str:
    """The run that gives a system's scores: parts come with the stack."""
    return "stack" if name.startswith("part_") else name


def is_family(name: str) -> bool:
    """Whether the system shares its fits with the stack."""
    return name == "stack" or name in ABLATIONS


def run_peer(name: str, seed: int, journey: Journey) -> Outcome:
    """One run of a system that is none of ours."""
    from benchmarks.quality import networks, peers

    fits: dict[str, Fit] = {
        "popularity": peers.popularity,
        "product_popularity": peers.product_popularity,
        "content_share": peers.content_share,
        "content_based": peers.content_based,
        "als": peers.als,
        "bm25": peers.bm25,
        "plain_lstm": networks.plain_lstm,
        "logistic_regression": peers.logistic_regression,
        "lightgbm": peers.boosted_trees,
    }
    prepared = peers.without_test(journey.prepared)
    split = prepared.split
    validation = None
    if seed == FIRST_SEED:
        validation, _, _ = _fit_and_score(fits[name], prepared, split.train, split.validation, seed)
    test, fit_seconds, score_seconds = _fit_and_score(fits[name], prepared, split.train_all, split.test, seed)
    features = 0.0 if name in WITHOUT_FEATURES else journey.seconds
    return Outcome(validation, test, Cost(fit_seconds, score_seconds, features, peak_memory_mb()))


def _fit_and_score(
    fit: Fit, prepared: Prepared, learnt: Part, scored: Part, seed: int
) -> tuple[NDArray[np.float64], float, float]:
    frame = prepared.inputs.frame
    rows = part_rows(prepared, learnt)
    started = time.perf_counter()
    scorer = fit(Task(prepared, rows, frame.labels(learnt)[rows], seed))
    fitted = time.perf_counter()
    scores = np.asarray(scorer(part_rows(prepared, scored)), np.float64)
    return scores, fitted - started, time.perf_counter() - fitted
