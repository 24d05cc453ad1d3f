"""Curves of an evaluation report as chart data: ROC, precision and recall, forecast against actual use."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from coupons.admin.display import number
from recommender.admin.measures import STACK, evaluation_of, system_name

COLOURS = ("c1", "c2", "c3", "c4", "c5")
MOST_SYSTEMS = 3
MOST_POINTS = 60


@dataclass(frozen=True)
class ReportChart:
    """One chart: its data for charts.js, its conclusion in a sentence, its legend and its table."""

    id: str
    title: str
    label: str
    config: dict[str, Any]
    legend: list[tuple[str, str, bool]]
    """(name, colour token, dashed)."""
    columns: tuple[str, str]
    rows: list[tuple[str, float, float]]


def report_charts(report: Mapping[str, Any]) -> list[ReportChart]:
    """The charts whose curves the report holds, in a fixed order."""
    curves = evaluation_of(report).get("curves")
    if not isinstance(curves, Mapping):
        return []
    charts = [
        _chart(
            "roc", gettext("ROC curve"), _systems(curves.get("roc"), ("fpr", "tpr")),
            (gettext("unused coupons shown"), gettext("used coupons shown")),
            gettext("Chance"), [[0, 0], [1, 1]], log=False,
        ),
        _chart(
            "reliability", gettext("Forecast against actual use"),
            _systems(curves.get("reliability"), ("said", "seen")),
            (gettext("forecast chance of use"), gettext("actual use")),
            gettext("Perfect"), None, log=True,
        ),
        _chart(
            "pr", gettext("Precision and recall"),
            _systems(curves.get("precision_recall"), ("recall", "precision")),
            (gettext("recall"), gettext("precision")), "", None, log=False,
        ),
    ]  # fmt: skip
    return [chart for chart in charts if chart is not None]


@dataclass(frozen=True)
class CutCell:
    """One cell of the table of right and wrong: a count, its share of the row, what it means."""

    count: str
    share: str
    tint: str
    words: str


def _cell(count: int, row: int, words: str) -> CutCell:
    share = count / max(row, 1)
    return CutCell(number(count), f"{100 * share:.1f}%", f"{46 * share:.0f}", words)


def cut_off(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """Counts of pairs at each cut-off, for the slider; it starts at the one that was chosen on validation.

    `data` is for the script: {positives, negatives, points: [[threshold, true positives, false positives]]}, the most
    cautious first. None where the report has no counts.
    """
    test = evaluation_of(report)
    systems = test.get("systems")
    stack = systems.get(STACK) if isinstance(systems, Mapping) else None
    counts = stack.get("confusion") if isinstance(stack, Mapping) else None
    names = ("true_positive", "false_negative", "false_positive", "true_negative")
    if not isinstance(stack, Mapping) or not isinstance(counts, Mapping) or not set(names) <= set(counts):
        return None
    hit, missed, false, held = (int(counts[name]) for name in names)
    chosen = [float(stack.get("threshold") or 0), hit, false]
    curves = test.get("curves")
    known = curves.get("cut_offs") if isinstance(curves, Mapping) else None
    points = sorted([*(known if isinstance(known, list) else []), chosen], key=lambda point: point[1] + point[2])
    hundred = round(100 * hit / max(hit + false, 1))
    return {
        "data": {"positives": hit + missed, "negatives": false + held, "points": points, "hundred": hundred},
        "start": points.index(chosen),
        "last": len(points) - 1,
        "rows": confusion_rows(chosen, hit + missed, false + held),
        "hundred": hundred,
        "threshold": f"{chosen[0]:.4f}",
    }


def confusion_rows(point: list[float], positives: int, negatives: int) -> list[tuple[str, list[CutCell]]]:
    """The table before a script has run: used and not used, each shown and not shown."""
    hit, false = int(point[1]), int(point[2])
    return [
        (
            gettext("Used"),
            [_cell(hit, positives, gettext("of used")), _cell(positives - hit, positives, gettext("missed"))],
        ),
        (
            gettext("Not used"),
            [
                _cell(false, negatives, gettext("of unused")),
                _cell(negatives - false, negatives, gettext("held back")),
            ],
        ),
    ]


def with_live(report: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The report's curves with those of the live model beside them, where it was judged on the same pairs."""
    test = dict(evaluation_of(report))
    curves = test.get("curves")
    theirs = (report.get("comparison") or {}).get("live_curves")
    if not isinstance(curves, Mapping) or not isinstance(theirs, Mapping):
        return test
    both = {
        key: {STACK: curves.get(key), name: theirs.get(key)} if theirs.get(key) else curves.get(key)
        for key in ("roc", "precision_recall", "reliability")
    }
    return {**test, "curves": {**curves, **both}}


def _systems(curve: Any, axes: tuple[str, str]) -> dict[str, list[list[float]]]:
    """{system: [[x, y]]} from {system: points}, or from the points of the stack alone."""
    if isinstance(curve, Mapping) and not set(axes) <= set(curve):
        found = {str(name): _points(points, axes) for name, points in curve.items()}
        ordered = sorted(found, key=lambda name: (name != STACK, "popularity" not in name, name))
        return {name: found[name] for name in ordered[:MOST_SYSTEMS] if found[name]}
    points = _points(curve, axes)
    return {STACK: points} if points else {}


def _points(raw: Any, axes: tuple[str, str]) -> list[list[float]]:
    """Points from [[x, y, ...]], from [{x: .., y: ..}] or from {x: [...], y: [...]}."""
    if isinstance(raw, Mapping) and set(axes) <= set(raw):
        pairs: Iterable[Any] = zip(raw[axes[0]], raw[axes[1]], strict=False)
    elif isinstance(raw, list) and raw and isinstance(raw[0], Mapping):
        pairs = ((item.get(axes[0]), item.get(axes[1])) for item in raw)
    elif isinstance(raw, list):
        pairs = (item[:2] for item in raw if isinstance(item, list | tuple) and len(item) >= 2)
    else:
        return []
    good = [[float(x), float(y)] for x, y in pairs if isinstance(x, int | float) and isinstance(y, int | float)]
    step = max(1, len(good) // MOST_POINTS)
    return good if step == 1 else [*good[:-1:step], good[-1]]


def _chart(  # noqa: PLR0917  (a chart is that many facts)
    key: str,
    title: str,
    systems: Mapping[str, list[list[float]]],
    axes: tuple[str, str],
    reference: str,
    line: list[list[float]] | None,
    *,
    log: bool,
) -> ReportChart | None:
    if not systems:
        return None
    if log:
        systems = {name: [p for p in points if p[0] > 0 and p[1] > 0] for name, points in systems.items()}
        ends = [value for points in systems.values() for point in points for value in point] or [0.01, 1.0]
        line = [[min(ends), min(ends)], [max(ends), max(ends)]]
    series: list[dict[str, Any]] = [
        {
            "name": system_name(name),
            "color": COLOURS[index],
            "points": 3 if log else 0,
            "data": [{"x": x, "y": y} for x, y in points],
        }
        for index, (name, points) in enumerate(systems.items())
    ]
    if reference and line:
        data = [{"x": x, "y": y} for x, y in line]
        series.append({"name": reference, "color": "muted", "dash": True, "data": data})
    bounds = {} if log else {"min": 0, "max": 1}
    names = ", ".join(system_name(name) for name in systems)
    return ReportChart(
        id=f"chart-{key}",
        title=title,
        label=gettext("%(title)s of %(systems)s; the values are in the table below.")
        % {"title": title, "systems": names},
        config={
            "xy": True, "log": log, "series": series,
            "x": {**bounds, "title": axes[0]}, "y": {**({} if key == "pr" else bounds), "title": axes[1]},
        },
        legend=[(item["name"], item["color"].replace("muted", "c0"), bool(item.get("dash"))) for item in series],
        columns=axes,
        rows=[(system_name(name), x, y) for name, points in systems.items() for x, y in points],
    )  # fmt: skip
