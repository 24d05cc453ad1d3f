"""The Complete Journey as the recommender reads it, on the protocol's split; features are read once and kept."""

import hashlib
import json
import pickle
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.complete_journey_lake import COUPON_ID_BASE, build_lake
from recommender.config import TrainingConfig
from recommender.pipeline.inputs import Inputs
from recommender.pipeline.lake import read_lake
from recommender.pipeline.preparation import Prepared, clean_and_teach, read_features
from recommender.pipeline.splits import Part

VALIDATION_FROM, TEST_FROM = date(2017, 8, 8), date(2017, 10, 1)
"""The protocol's cuts."""
FOLDER = Path("var") / "bench" / "quality"
LAKE = Path("var") / "bench" / "complete-journey"

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Journey:
    """What every system may read, and what reading it cost."""

    prepared: Prepared
    seconds: float
    peak_memory_mb: int


def protocol_config(config: TrainingConfig | None = None) -> TrainingConfig:
    """The config with the protocol's split."""
    config = config or TrainingConfig()
    return replace(config, split=replace(config.split, validation_from=VALIDATION_FROM, test_from=TEST_FROM))


def lake_folder() -> Path:
    """The lake, made from the wheel the first time."""
    return build_lake(LAKE)


def load_journey() -> Journey:
    """The features of every candidate: from disk where the code that makes them is unchanged."""
    file = FOLDER / "cache" / f"features-{_fingerprint()}.pickle"
    if not file.exists():
        _keep(read_journey(), file)
    with file.open("rb") as stream:
        return pickle.load(stream)  # type: ignore[no-any-return]  # noqa: S301  (our own file under var/)


def read_journey() -> Journey:
    """The features, read afresh."""
    started = time.perf_counter()
    config = protocol_config()
    prepared = read_features(config, *clean_and_teach(read_lake(lake_folder()), config))
    return Journey(prepared, time.perf_counter() - started, peak_memory_mb())


def _keep(journey: Journey, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    for old in file.parent.glob("features-*.pickle"):
        old.unlink()
    draft = file.with_suffix(".draft")
    with draft.open("wb") as stream:
        pickle.dump(journey, stream, protocol=pickle.HIGHEST_PROTOCOL)
    draft.replace(file)


def _fingerprint() -> str:
    """Changes with the code and the settings that the features depend on."""
    digest = hashlib.sha256(json.dumps(protocol_config().features.to_dict(), sort_keys=True).encode())
    package = Path(__file__).parents[2] / "recommender" / "pipeline"
    names = (
        "features/*.py",
        "inputs.py",
        "preparation.py",
        "cleaning.py",
        "vocabulary.py",
        "splits.py",
        "lake.py",
        "rehearsal.py",
    )
    for file in sorted(path for name in names for path in package.glob(name)):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def score_frame(prepared: Prepared, rows: Rows, scores: NDArray[Any]) -> pd.DataFrame:
    """Scores of candidates in the protocol's columns."""
    frame = prepared.inputs.frame
    return pd.DataFrame(
        {
            "household_id": frame.shopper[rows],
            "campaign_id": frame.campaign[rows],
            "coupon_upc": frame.coupon[rows] % COUPON_ID_BASE,
            "score": np.asarray(scores, np.float64),
        }
    )


def part_rows(prepared: Prepared, part: Part) -> Rows:
    """Rows of a part's candidates."""
    return prepared.inputs.frame.rows(part)


def candidates_alone(inputs: Inputs, rows: Rows) -> Inputs:
    """The inputs of some candidates, and of their lists only."""
    lists, place = np.unique(inputs.lists[rows], return_inverse=True)
    return replace(
        inputs,
        frame=inputs.frame.take(rows),
        lists=place.reshape(-1),
        list_shopper=inputs.list_shopper[lists],
        list_as_of=inputs.list_as_of[lists],
        coupons=inputs.coupons[rows],
        popularity_keys=inputs.popularity_keys[rows],
        als=inputs.als[rows],
    )


def peak_memory_mb() -> int:
    """Most resident memory of this process so far."""
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


@dataclass(frozen=True)
class Task:
    """What a peer learns from."""

    prepared: Prepared
    """Without the labels of the test campaigns."""
    rows: Rows
    y: NDArray[np.float32]
    """Labels of the rows."""
    seed: int


Scorer = Callable[[Rows], NDArray[Any]]
"""Candidates, by row -> scores."""
