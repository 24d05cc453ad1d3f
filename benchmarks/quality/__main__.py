"""Run the systems, each in a process of its own, and write the tables.

python -m benchmarks.quality [--systems stack,lightgbm] [--seeds 3] [--keep-runs | --measure-only] [--publish]

Writes var/bench/quality/: SYSTEM.parquet (household_id, campaign_id, coupon_upc, score; the first seed's),
quality.json, quality.md and the plots. With --publish the last three go to docs/quality/ too.
"""

import argparse
import json
import logging
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.quality.journey import FOLDER
from benchmarks.quality.systems import HIDDEN, SEEDS, SYSTEMS, System, is_family, run_name

log = logging.getLogger("benchmarks.quality")

COMPARED_WITH_STACK = tuple(name for name, system in SYSTEMS.items() if system.group in {"ablation", "peer"})
OTHER_PAIRS = (("lightgbm", "content_share"),)
CURVES = ("stack", "lightgbm", "logistic_regression", "content_share", "als", "plain_lstm", "popularity")
COLD = ("stack", "lightgbm", "content_share", "popularity")
WITHOUT_HISTORY = ("stack", "popularity", "product_popularity")
PUBLISHED = Path("docs") / "quality"


def main() -> None:
    """The command."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    options = _options()
    started = time.perf_counter()
    chosen = _chosen(options.systems)
    if not (options.keep_runs or options.measure_only):
        log.info("reading the features of every candidate")
        if not _run("features", SEEDS[0]):
            raise SystemExit("the features could not be read")
    failed = []
    jobs = [] if options.measure_only else _jobs(chosen, options.seeds, keep=options.keep_runs)
    for number, (names, seed) in enumerate(jobs, start=1):
        log.info(
            "%d/%d %s, seed %d (%.0f s so far)",
            number,
            len(jobs),
            ", ".join(names),
            seed,
            time.perf_counter() - started,
        )
        _run(",".join(names), seed)
        for name in names:
            if not _done(name, seed):
                log.error("%s with seed %d failed: left out", name, seed)
                failed.append((name, seed))
    # A system is judged by its first seed and spread over all: one failed seed leaves it out, and not the others.
    lost = {name for name, _ in failed}
    chosen = [system for system in chosen if run_name(system.name) not in lost]
    chosen = [system for system in chosen if _done(run_name(system.name), SEEDS[0])]
    if not chosen:
        raise SystemExit("no system was run to its end")
    log.info("measuring (%.0f s so far)", time.perf_counter() - started)
    result = _measure([system for system in chosen if _has(system)], options.seeds)
    result["seconds"] = round(_seconds_of_runs(chosen, options.seeds))
    _write(result, [FOLDER, PUBLISHED] if options.publish else [FOLDER])
    log.info("%s", (FOLDER / "quality.md").read_text())
    log.info("%.0f s in all, %d s of them in runs", time.perf_counter() - started, result["seconds"])
    if failed:
        raise SystemExit(f"failed and left out: {', '.join(sorted(lost))}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--systems", default=os.environ.get("SYSTEMS", ""), help="comma-separated; empty: all")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), choices=range(1, len(SEEDS) + 1))
    parser.add_argument("--keep-runs", action="store_true", help="use runs that are there already")
    parser.add_argument("--measure-only", action="store_true", help="measure the runs that are there, start none")
    parser.add_argument("--publish", action="store_true", help=f"write table and plots to {PUBLISHED} too")
    return parser.parse_args()


def _jobs(chosen: Sequence[System], seeds: int, *, keep: bool) -> list[tuple[list[str], int]]:
    """What runs in one process: the stack and its ablations with one seed, everything else alone."""
    runs = list(dict.fromkeys((run_name(s.name), seed) for s in chosen for seed in s.seeds[:seeds]))
    runs = [run for run in runs if not (keep and _done(*run))]
    family: dict[int, list[str]] = {}
    for name, seed in runs:
        if is_family(name):
            family.setdefault(seed, []).append(name)
    return [(names, seed) for seed, names in family.items()] + [
        ([name], seed) for name, seed in runs if not is_family(name)
    ]


def _chosen(names: str) -> list[System]:
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in SYSTEMS]
    if unknown:
        raise SystemExit(f"SYSTEMS: no system {', '.join(unknown)}; there are {', '.join(SYSTEMS)}")
    return [s for s in SYSTEMS.values() if not wanted or s.name in wanted or ("stack" in wanted and s.group == "part")]


def _run(names: str, seed: int) -> bool:
    """Whether the run came to its end; what an earlier one left is not taken for its result."""
    from benchmarks.quality.one import raw_file

    for name in names.split(","):
        raw_file(name, seed, "json").unlink(missing_ok=True)
    command = [sys.executable, "-m", "benchmarks.quality.one", names, str(seed)]
    return subprocess.run(command, check=False).returncode == 0


def _done(name: str, seed: int) -> bool:
    from benchmarks.quality.one import raw_file

    return raw_file(name, seed, "json").exists()


def _has(system: System) -> bool:
    """Whether the run has this system's scores: a part that the settings switch off has none."""
    import pyarrow.parquet as pq

    from benchmarks.quality.one import raw_file

    return system.name in pq.read_schema(raw_file(run_name(system.name), SEEDS[0], "test.parquet")).names


def _measure(chosen: list[System], seeds: int) -> dict[str, Any]:
    """Everything that is computed from scores; two processes share it."""
    from benchmarks.quality import measures

    names = [system.name for system in chosen]
    pairs = [("stack", other) for other in COMPARED_WITH_STACK] + list(OTHER_PAIRS)
    pairs = [pair for pair in pairs if set(pair) <= set(names)]
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        systems = pool.map(_system, names, [seeds] * len(names))
        differences = pool.map(_difference, pairs)
        repeated = [pair for pair in pairs if any(len(_seeds_run(name, seeds)) > 1 for name in pair)]
        over_seeds = pool.map(_difference_over_seeds, repeated, [seeds] * len(repeated))
        cold_names = [name for name in COLD if name in names]
        cold = pool.map(_cold, cold_names)
        curve_names = [name for name in CURVES if name in names]
        curves = pool.map(_curve, curve_names)
        truth = measures.truth()
        hidden = pool.map(_without_history, [name for name in WITHOUT_HISTORY if name in names])
        return {
            "candidates": len(truth),
            "positives": int(truth.label.sum()),
            "lists": int(truth[truth.label > 0].groupby(["household_id", "campaign_id"]).ngroups),
            "seeds": seeds,
            "systems": dict(zip(names, systems, strict=True)),
            "differences": {f"{a} - {b}": d for (a, b), d in zip(pairs, differences, strict=True)},
            "differences_over_seeds": {f"{a} - {b}": d for (a, b), d in zip(repeated, over_seeds, strict=True)},
            "cold": dict(zip(cold_names, cold, strict=True)),
            "hidden": dict(zip([name for name in WITHOUT_HISTORY if name in names], hidden, strict=True)),
            "curves": dict(zip(curve_names, curves, strict=True)),
            "machine": _machine(),
        }


def _measured(key: str, names: Sequence[str], measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What was measured before, unless a run that it reads is newer: intervals take minutes."""
    from benchmarks.quality.one import RAW, raw_file

    file = RAW / f"measured-{key}.json"
    runs = [raw_file(run_name(name), seed, "json") for name in names for seed in SYSTEMS[name].seeds]
    newest = max(run.stat().st_mtime for run in runs if run.exists())
    if not file.exists() or file.stat().st_mtime < newest:
        file.write_text(json.dumps(measure()))
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def _system(name: str, seeds: int) -> dict[str, Any]:
    return _measured(f"{name}-{seeds}", [name], lambda: _measure_system(name, seeds))


def _measure_system(name: str, seeds: int) -> dict[str, Any]:
    from benchmarks.quality import measures
    from benchmarks.quality.one import read_facts, read_scores

    system, source = SYSTEMS[name], run_name(name)
    test, validation = (read_scores(source, SEEDS[0], name, part) for part in ("test", "validation"))
    test.to_parquet(FOLDER / f"{name}.parquet", index=False)
    found = measures.measure(test, validation, probability=system.probability)
    run = [seed for seed in system.seeds[1:seeds] if _done(source, seed)]
    others = [measures.points(read_scores(source, seed, name, "test")) for seed in run]
    found["over_seeds"] = {metric: [found[metric], *(other[metric] for other in others)] for metric in measures.METRICS}
    facts = read_facts(source, SEEDS[0])
    if source == name and "fit_seconds" in facts:
        found["cost"] = {key: value for key, value in facts.items() if key not in {"facts", "run_seconds"}}
        found["facts"] = {key: value for key, value in facts["facts"].items() if key != "learning_curves"}
    return found


def _difference(pair: tuple[str, str]) -> dict[str, list[float]]:
    from benchmarks.quality import measures

    return _measured("-".join(pair), pair, lambda: measures.difference(*(_first(name) for name in pair)))


def _difference_over_seeds(pair: tuple[str, str], seeds: int) -> dict[str, list[float]]:
    from benchmarks.quality import measures
    from benchmarks.quality.one import read_scores

    run = [_seeds_run(name, seeds) for name in pair]
    if min(map(len, run)) > 1:  # both are random: with the same seeds
        run = [[seed for seed in run[0] if seed in run[1]]] * 2
    scores = [
        [read_scores(run_name(name), seed, name, "test") for seed in of] for name, of in zip(pair, run, strict=True)
    ]
    key = f"{'-'.join(pair)}-over-{seeds}"
    return _measured(key, pair, lambda: measures.difference_over_seeds(*scores))


def _seeds_run(name: str, seeds: int) -> list[int]:
    return [seed for seed in SYSTEMS[name].seeds[:seeds] if _done(run_name(name), seed)]


def _cold(name: str) -> dict[str, Any]:
    from benchmarks.quality import cold, measures

    return measures.on_subsets(_first(name), cold.cold_subsets())


def _without_history(name: str) -> dict[str, Any]:
    """Of the stack the scores with every history hidden; the others never read it."""
    from benchmarks.quality import measures
    from benchmarks.quality.one import read_scores

    scores = read_scores("stack", SEEDS[0], HIDDEN, "test") if name == "stack" else _first(name)
    found: dict[str, Any] = measures.on_subsets(scores, {"all": np.ones(len(measures.truth()), bool)})["all"]
    return found


def _curve(name: str) -> dict[str, Any]:
    from benchmarks.quality import measures

    return measures.curve_points(_first(name))


def _first(name: str) -> Any:
    from benchmarks.quality.one import read_scores

    return read_scores(run_name(name), SEEDS[0], name, "test")


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 1),
        "machine": platform.machine(),
        "python": platform.python_version(),
    }


def _seconds_of_runs(chosen: Sequence[System], seeds: int) -> float:
    """What all runs took, those of an earlier command included."""
    from benchmarks.quality.one import read_facts

    runs = {(run_name(system.name), seed) for system in chosen for seed in system.seeds[:seeds]}
    return sum(float(read_facts(*run)["run_seconds"]) for run in runs if _done(*run))


def _write(result: Mapping[str, Any], folders: Sequence[Path]) -> None:
    from benchmarks.quality import plots, tables
    from benchmarks.quality.one import read_facts

    learning = read_facts("stack", SEEDS[0])["facts"]["learning_curves"] if "stack" in result["systems"] else []
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "quality.json").write_text(json.dumps(result, indent=1) + "\n")
        (folder / "quality.md").write_text(tables.report(result))
        log.info("wrote %s", ", ".join(map(str, plots.draw(folder, result["curves"], learning))))


if __name__ == "__main__":
    main()
