"""The evaluation report in the shapes that rows and pages keep: plain JSON, one spelling of each measure."""

import math
from collections.abc import Mapping
from typing import Any

_NAMES = {"ndcg": "ndcg_10", "map": "map_10", "hit": "hit_rate_10", "recall": "recall_10"}
_AT_THRESHOLD = {"recall_at_threshold": "recall"}
_LEFT_OUT = {"intervals", "confusion", "lists"}


def version_metrics(report: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """{system: {measure: value or {value, low, high}}} of an evaluation report; what is not a number is left out."""
    return {name: _system(system) for name, system in report["systems"].items()}


def _system(system: Mapping[str, Any]) -> dict[str, Any]:
    intervals = system.get("intervals", {})
    found: dict[str, Any] = {}
    for name, value in system.items():
        if name in _LEFT_OUT or not isinstance(value, int | float) or not math.isfinite(value):
            continue
        spelt = _NAMES.get(name) or _AT_THRESHOLD.get(name) or name
        interval = intervals.get(name)
        if interval and all(math.isfinite(end) for end in interval):
            found[spelt] = {"value": value, "low": interval[0], "high": interval[1]}
        else:
            found[spelt] = value
    return found


def chart_curves(report: Mapping[str, Any]) -> dict[str, Any]:
    """ROC, precision-recall and reliability curves as lists of [x, y]."""
    curves = report.get("curves") or {}
    said = [[row["said"], row["seen"]] for row in curves.get("reliability", [])]
    return {**curves, "reliability": said} if curves else {}


def plain(value: Any) -> Any:
    """The value as strict JSON: a number that does not exist is null."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
