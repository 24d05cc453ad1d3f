"""One system with one seed in a process of its own: scores as Parquet, cost and facts as JSON.

python -m benchmarks.quality.one SYSTEM SEED
python -m benchmarks.quality.one stack,ABLATION,... SEED
"""

import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.quality.journey import FOLDER, load_journey, part_rows, score_frame
from benchmarks.quality.systems import HIDDEN, Outcome, is_family, run_peer

RAW = FOLDER / "raw"
log = logging.getLogger("benchmarks.quality.one")


def raw_file(name: str, seed: int, ending: str) -> Path:
    """Where a run leaves its scores and facts."""
    return RAW / f"{name}-{seed}.{ending}"


def main(names: list[str], seed: int) -> None:
    """Run, measure and write: the stack and ablations together, everything else alone."""
    if names == ["features"]:
        load_journey()
        return
    started = time.perf_counter()
    for name, outcome in _outcomes(names, seed):
        ended = time.perf_counter()
        log.info("%s with seed %d: %.0f s", name, seed, ended - started)
        _write(name, seed, outcome, ended - started)
        started = ended


def _outcomes(names: list[str], seed: int) -> Iterator[tuple[str, Outcome]]:
    if all(map(is_family, names)):
        from benchmarks.quality.family import run_family

        yield from run_family(names, seed, load_journey)
    else:
        for name in names:
            yield name, run_peer(name, seed, load_journey())


def _write(name: str, seed: int, outcome: Outcome, seconds: float) -> None:
    """Facts last: where they are, the run came to its end."""
    RAW.mkdir(parents=True, exist_ok=True)
    columns = {name: (outcome.validation, outcome.test)} | {
        part if part == HIDDEN else f"part_{part}": scores for part, scores in outcome.parts.items()
    }
    for number, keys in enumerate(_candidates()):
        found = {column: scores[number] for column, scores in columns.items()}
        checked = {c: _checked(c, scores, len(keys)) for c, scores in found.items() if scores is not None}
        ending = ("validation.parquet", "test.parquet")[number]
        keys.assign(**checked).to_parquet(raw_file(name, seed, ending), index=False)
    facts = {**(asdict(outcome.cost) if outcome.cost else {}), "facts": outcome.facts, "run_seconds": round(seconds, 1)}
    raw_file(name, seed, "json").write_text(json.dumps(facts, indent=1) + "\n")


@cache
def _candidates() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keys of the validation and of the test candidates."""
    prepared = load_journey().prepared
    validation, test = (
        score_frame(prepared, rows, np.zeros(len(rows))).drop(columns="score")
        for rows in (part_rows(prepared, part) for part in (prepared.split.validation, prepared.split.test))
    )
    return validation, test


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
    logging.basicConfig(level=logging.INFO, format="  %(message)s")
    main(sys.argv[1].split(","), int(sys.argv[2]))
