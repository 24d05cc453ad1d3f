"""One system with one seed in a process of its own: scores as Parquet, cost and facts as JSON.

python -m benchmarks.quality.one SYSTEM SEED
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.quality.journey import FOLDER, load_journey, part_rows, score_frame
from benchmarks.quality.systems import run

RAW = FOLDER / "raw"


def raw_file(name: str, seed: int, ending: str) -> Path:
    """Where a run leaves its scores and facts."""
    return RAW / f"{name}-{seed}.{ending}"


def main(name: str, seed: int) -> None:
    """Run, measure and write."""
    if name == "features":
        load_journey()
        return
    outcome = run(name, seed, load_journey)
    facts = {
        "fit_seconds": round(outcome.fit_seconds, 2),
        "score_seconds": round(outcome.score_seconds, 2),
        "features_seconds": round(outcome.features_seconds, 2),
        "peak_memory_mb": outcome.peak_memory_mb,
        "facts": outcome.facts,
    }
    RAW.mkdir(parents=True, exist_ok=True)
    prepared = load_journey().prepared
    columns = {name: (outcome.validation, outcome.test)} | {
        f"part_{part}": scores for part, scores in outcome.parts.items()
    }
    for number, part in enumerate((prepared.split.validation, prepared.split.test)):
        rows = part_rows(prepared, part)
        frame = score_frame(prepared, rows, columns[name][number])
        for column, scores in columns.items():
            frame[column] = _checked(column, scores[number], len(rows))
        ending = ("validation.parquet", "test.parquet")[number]
        frame.drop(columns="score").to_parquet(raw_file(name, seed, ending), index=False)
    raw_file(name, seed, "json").write_text(json.dumps(facts, indent=1) + "\n")


def read_scores(name: str, seed: int, column: str, part: str) -> pd.DataFrame:
    """A run's scores of `validation` or `test` in the protocol's columns."""
    frame = pd.read_parquet(raw_file(name, seed, f"{part}.parquet"))
    return frame[["household_id", "campaign_id", "coupon_upc", column]].rename(columns={column: "score"})


def read_facts(name: str, seed: int) -> dict[str, Any]:
    """A run's cost and facts."""
    facts: dict[str, Any] = json.loads(raw_file(name, seed, "json").read_text())
    return facts


def _checked(name: str, scores: NDArray[Any], rows: int) -> NDArray[np.float64]:
    if len(scores) != rows or not np.isfinite(scores).all():
        raise ValueError(f"{name}: {len(scores)} scores for {rows} candidates, or some that are not finite")
    return np.asarray(scores, np.float64)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
