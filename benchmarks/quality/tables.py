"""The result as Markdown."""

from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks.quality.cold import MEANING
from benchmarks.quality.systems import SYSTEMS

COLUMNS = (
    ("auc", "AUC", 3),
    ("pr_auc", "PR-AUC", 3),
    ("ndcg", "NDCG@10", 3),
    ("map", "MAP@10", 3),
    ("recall", "Recall@10", 3),
    ("A_ndcg", "NDCG@10, campaign 18", 3),
)
WORDS = {"A_ndcg": "NDCG@10, campaign 18"} | {name: title for name, title, _ in COLUMNS}

SUBSET_METRICS = ("auc", "pr_auc", "ndcg", "recall")
SUBSET_TITLES = ("AUC", "PR-AUC", "NDCG@10", "Recall@10")


def report(result: Mapping[str, Any]) -> str:
    """The whole report of a run."""
    systems = result["systems"]
    parts = [
        "# Quality on the Complete Journey\n",
        f"{result['candidates']:,} test candidates, {result['positives']} redemptions, "
        f"{result['lists']} lists with one. Brackets are 95 % intervals by household bootstrap. "
        "Where a system is random, the row is its first seed and the last column says how it "
        "differs over as many seeds as were run.\n",
        _table(_quality_rows(systems)),
        "\n## At a threshold, and calibration\n",
        "The threshold is that of the best F1 on validation. Answering no to everything has an accuracy of "
        f"{1 - result['positives'] / result['candidates']:.4f}.\n",
        _table(_threshold_rows(systems)),
        "\n## Cost\n",
        f"On {result['machine']['cores']} cores, load average {result['machine']['load_average']} at the end; all runs "
        f"together took {result['seconds'] / 60:.0f} minutes. Each run is a process of its own; ablations share the "
        "stack's fits, so they have no cost of their own. "
        "Reading the features is part of the stack's fit and beside the others'.\n",
        _table(_cost_rows(systems)),
    ]
    if result["differences"]:
        parts += ["\n## Paired differences\n", "Of the first seeds. In bold where the interval leaves out 0.\n"]
        parts += [_table(_difference_rows(result["differences"]))]
    if result.get("differences_over_seeds"):
        parts += ["\n## Paired differences, mean over seeds\n"]
        parts += ["Of each metric's mean over the seeds that were run: what a run is expected to be above another.\n"]
        parts += [_table(_difference_rows(result["differences_over_seeds"]))]
    if result["cold"]:
        parts += ["\n## New shoppers, coupons, products and categories\n", *_cold(result["cold"])]
    if result.get("hidden"):
        parts += ["\n## A new shopper, simulated\n"]
        parts += ["Every household's history is hidden: the stack knows the coupon and its campaign only.\n"]
        parts += [_table(_hidden_rows(result["hidden"]))]
    return "\n".join(parts) + "\n"


def _hidden_rows(hidden: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    rows = [["system", *SUBSET_TITLES]]
    for name, found in hidden.items():
        title = "the stack, history hidden" if name == "stack" else SYSTEMS[name].title
        rows.append([title, *_subset_cells(found)])
    return rows


def _subset_cells(found: Mapping[str, Any]) -> list[str]:
    return [f"{found[metric]:.3f} [{_interval(found['intervals'][metric])}]" for metric in SUBSET_METRICS]


def _quality_rows(systems: Mapping[str, Any]) -> list[list[str]]:
    head = ["system", *[title for _, title, _ in COLUMNS], "NDCG@10 over seeds"]
    rows = [head]
    for name, found in systems.items():
        cells = [
            f"{found[metric]:.{digits}f} [{_interval(found['intervals'][metric])}]" for metric, _, digits in COLUMNS
        ]
        rows.append([SYSTEMS[name].title, *cells, _spread(found["over_seeds"], "ndcg")])
    return rows


def _threshold_rows(systems: Mapping[str, Any]) -> list[list[str]]:
    rows = [["system", "precision", "recall", "F1", "accuracy", "log-loss", "ECE"]]
    for name, found in systems.items():
        calibration = [f"{found['log_loss']:.5f}", f"{found['ece']:.4f}"] if "ece" in found else ["", ""]
        numbers = [f"{found[metric]:.3f}" for metric in ("precision", "recall_thr", "f1")]
        rows.append([SYSTEMS[name].title, *numbers, f"{found['accuracy']:.4f}", *calibration])
    return rows


def _cost_rows(systems: Mapping[str, Any]) -> list[list[str]]:
    rows = [["system", "features, s", "fit, s", "score all test candidates, s", "peak memory, MB"]]
    for name, found in systems.items():
        if "cost" in found:
            cost = found["cost"]
            rows.append(
                [
                    SYSTEMS[name].title,
                    f"{cost['features_seconds']:.0f}",
                    f"{cost['fit_seconds']:.0f}",
                    f"{cost['score_seconds']:.1f}",
                    f"{cost['peak_memory_mb']:,}",
                ]
            )
    return rows


def _difference_rows(differences: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    metrics = [metric for metric, _, _ in COLUMNS]
    rows = [["one - other", *[WORDS[metric] for metric in metrics]]]
    for pair, found in differences.items():
        rows.append([pair.replace("_", " "), *[_difference(found[metric]) for metric in metrics]])
    return rows


def _difference(found: list[float]) -> str:
    point, low, high = found
    text = f"{point:+.3f} [{low:+.3f}, {high:+.3f}]"
    return f"**{text}**" if low > 0 or high < 0 else text


def _cold(cold: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    yield "\n".join(f"- **{name.replace('_', ' ')}**: {meaning}" for name, meaning in MEANING.items()) + "\n"
    rows = [["candidates", "system", "number", "redemptions", *SUBSET_TITLES]]
    for name in MEANING:
        for system, found in cold.items():
            part = found[name]
            measured = "auc" in part
            cells = _subset_cells(part) if measured else ["too few"] * len(SUBSET_METRICS)
            numbers = [f"{part['candidates']:,}", str(part["positives"])]
            rows.append([name.replace("_", " "), SYSTEMS[system].title, *numbers, *cells])
    yield _table(rows)


def _interval(found: list[float]) -> str:
    return f"{found[0]:.3f}, {found[1]:.3f}"


def _spread(over_seeds: Mapping[str, list[float]], metric: str) -> str:
    values = over_seeds.get(metric, [])
    if len(values) < 2:
        return ""
    return f"{sum(values) / len(values):.3f} ({min(values):.3f} to {max(values):.3f}, {len(values)} seeds)"


def _table(rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])
