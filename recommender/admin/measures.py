"""Measures of quality: their names for people, how they are written, and a model beside the live one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, gettext_noop

from coupons.admin.display import EMPTY, number

STACK = "stack"


@dataclass(frozen=True)
class Measure:
    """How one measure is shown. `form` is score, percent, count or seconds."""

    label: str
    help: str
    form: str = "score"
    higher_is_better: bool = True


MEASURES = {
    "auc": Measure("ROC AUC", gettext_noop("Ranks a used coupon above an unused one")),
    "pr_auc": Measure("PR-AUC", gettext_noop("The same, where used ones are rare")),
    "ndcg_10": Measure("NDCG@10", gettext_noop("Used coupons near the top of the list")),
    "map_10": Measure("MAP@10", gettext_noop("Mean precision at each used coupon")),
    "recall_10": Measure("Recall@10", gettext_noop("Used coupons among the first ten"), "percent"),
    "hit_rate_10": Measure("Hit rate@10", gettext_noop("Lists with a used coupon among the first ten"), "percent"),
    "mrr": Measure("MRR", gettext_noop("One over the place of the first used coupon")),
    "precision": Measure("Precision", gettext_noop("At the threshold of the validation part"), "percent"),
    "recall": Measure("Recall", gettext_noop("At the threshold of the validation part"), "percent"),
    "f1": Measure("F1", gettext_noop("At the threshold of the validation part")),
    "log_loss": Measure(gettext_noop("Log loss"), gettext_noop("Lower is better"), "score", False),
    "ece": Measure(
        gettext_noop("Calibration error"), gettext_noop("Lower is better: forecast vs actual"), "score", False
    ),
    "coverage": Measure(gettext_noop("Coverage"), gettext_noop("Share of coupons ever recommended"), "percent"),
    "diversity": Measure(gettext_noop("Diversity"), gettext_noop("How different the coupons of a list are")),
    "accuracy": Measure("Accuracy", gettext_noop("Says little where few coupons are used"), "percent"),
}
ALIASES = {
    "ndcg": "ndcg_10",
    "map": "map_10",
    "hit": "hit_rate_10",
    "hitrate": "hit_rate_10",
    "hitrate_10": "hit_rate_10",
    "hit_10": "hit_rate_10",
    "average_precision": "pr_auc",
    "logloss": "log_loss",
    "calibration_error": "ece",
    "mrr_10": "mrr",
}
HEADLINE = ("auc", "pr_auc", "ndcg_10", "map_10", "recall_10", "hit_rate_10", "log_loss", "ece", "coverage", "f1")


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval where one was computed."""

    value: float
    low: float | None = None
    high: float | None = None


def canonical(name: str) -> str:
    """One spelling of a measure: NDCG@10, ndcg_at_10 and ndcg are ndcg_10."""
    plain = name.lower().replace("_at_", "_").replace("@", "_").replace("-", "_").replace(" ", "_")
    return ALIASES.get(plain, plain)


def estimates(values: Mapping[str, Any]) -> dict[str, Estimate]:
    """The measures of one system from a report: numbers, with `intervals` {measure: [low, high]} beside them."""
    found: dict[str, Estimate] = {}
    intervals = values.get("intervals")
    # a report says `recall` for the first ten and `recall_at_threshold`; a version's metrics say recall_10 and recall
    if "recall_at_threshold" in values:
        renamed = {"recall": "recall_10", "recall_at_threshold": "recall"}
        values = {renamed.get(name, name): value for name, value in values.items()}
        intervals = {renamed.get(name, name): ends for name, ends in (intervals or {}).items()}
    for name, raw in values.items():
        estimate = _estimate(raw, intervals.get(name) if isinstance(intervals, Mapping) else None)
        if estimate is not None:
            found[canonical(name)] = estimate
    return found


def _estimate(raw: Any, interval: Any = None) -> Estimate | None:
    if isinstance(raw, Mapping):
        interval, raw = (raw.get("low"), raw.get("high")), raw.get("value")
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    ends = interval if isinstance(interval, list | tuple) and len(interval) == 2 else (None, None)
    low, high = (float(end) if isinstance(end, int | float) else None for end in ends)
    return Estimate(float(raw), low, high)


def evaluation_of(report: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of a run's report that is about the test campaigns; the report itself where it is only that."""
    test = report.get("test")
    return test if isinstance(test, Mapping) else report


def system_estimates(metrics: Mapping[str, Any]) -> dict[str, dict[str, Estimate]]:
    """{system: {measure: estimate}} from a version's metrics or a run's report; anything else is left out."""
    metrics = evaluation_of(metrics)
    inner = metrics.get("systems")
    metrics = inner if isinstance(inner, Mapping) else metrics
    systems = {name: estimates(values) for name, values in metrics.items() if isinstance(values, Mapping)}
    return {name: values for name, values in systems.items() if values}


def written(name: str, value: float | None) -> str:
    """A value as people read it: 0.838, 44.9%, 1,012."""
    if value is None:
        return EMPTY
    form = MEASURES[name].form if name in MEASURES else "score"
    if form == "percent":
        return f"{100 * value:.1f}%"
    if form == "count":
        return number(round(value))
    return f"{value:.4f}" if abs(value) < 0.1 else f"{value:.3f}"


def signed(name: str, change: float) -> str:
    """A change with its sign; percentages change by points."""
    sign = "+" if change > 0 else "−" if change < 0 else ""
    if name in MEASURES and MEASURES[name].form == "percent":
        return f"{sign}{100 * abs(change):.1f} pt"
    return f"{sign}{abs(change):.4f}" if abs(change) < 0.1 else f"{sign}{abs(change):.3f}"


def measure_label(name: str) -> tuple[str, str]:
    """(label, help) in the reader's language."""
    known = MEASURES.get(name)
    return (gettext(known.label), gettext(known.help)) if known else (name, "")


SYSTEM_NAMES = {
    "stack": gettext_noop("Stack (what is served)"),
    "popularity": gettext_noop("Most popular"),
    "coupon_popularity": gettext_noop("Most popular"),
    "interaction": gettext_noop("Fusion with interactions"),
    "literal": gettext_noop("Fusion, literal"),
    "content share": gettext_noop("Share of spend on its products"),
    "boosting": gettext_noop("Gradient boosting"),
    "linear": gettext_noop("Logistic regression"),
    "als": gettext_noop("Similar shoppers (ALS)"),
    "content": gettext_noop("Content"),
    "newcomer": gettext_noop("Newcomers: what most shoppers buy"),
    "live": gettext_noop("Live model"),
}


def system_name(system: str) -> str:
    """A part of the model for people."""
    return gettext(SYSTEM_NAMES[system]) if system in SYSTEM_NAMES else system.replace("_", " ").capitalize()


def served(systems: Mapping[str, dict[str, Estimate]]) -> dict[str, Estimate]:
    """The measures of what is served: the stack, or the first system where there is none."""
    if STACK in systems:
        return systems[STACK]
    return next(iter(systems.values()), {})


@dataclass(frozen=True)
class EvaluationRow:
    """One system of the evaluation table."""

    system: str
    name: str
    cells: list[tuple[str, str]]
    """(value, interval) for each column."""
    strong: bool


def evaluation_table(metrics: Mapping[str, Any]) -> tuple[list[tuple[str, str]], list[EvaluationRow]]:
    """Columns (label, help) and rows of stack, parts and popularity, over the measures that exist."""
    systems = system_estimates(metrics)
    seen = {name for values in systems.values() for name in values}
    columns = [name for name in HEADLINE if name in seen]
    order = sorted(systems, key=lambda name: (name != STACK, "popularity" in name, -_sort_value(systems[name])))
    rows = [
        EvaluationRow(
            system=name,
            name=system_name(name),
            cells=[_cell(column, systems[name].get(column)) for column in columns],
            strong=name == STACK,
        )
        for name in order
    ]
    return [measure_label(column) for column in columns], rows


def _sort_value(values: Mapping[str, Estimate]) -> float:
    first = values.get("ndcg_10") or values.get("auc")
    return first.value if first else 0.0


def _cell(name: str, estimate: Estimate | None) -> tuple[str, str]:
    if estimate is None:
        return EMPTY, ""
    if estimate.low is None or estimate.high is None:
        return written(name, estimate.value), ""
    return written(name, estimate.value), f"{written(name, estimate.low)} – {written(name, estimate.high)}"


@dataclass(frozen=True)
class ComparisonRow:
    """One measure of a model beside the live one. Positions are percent of an axis where right is better."""

    label: str
    help: str
    live: str
    candidate: str
    change: str
    verdict: str
    tone: str
    icon: str
    point: float
    left: float
    width: float


def comparison(candidate: Mapping[str, Estimate], live: Mapping[str, Estimate]) -> list[ComparisonRow]:
    """Every shared headline measure. Better or worse only where the candidate's interval leaves the live value out."""
    return [_compare(name, candidate[name], live[name]) for name in HEADLINE if name in candidate and name in live]


def _compare(name: str, candidate: Estimate, live: Estimate) -> ComparisonRow:
    label, help_text = measure_label(name)
    direction = 1 if name not in MEASURES or MEASURES[name].higher_is_better else -1
    change = candidate.value - live.value
    known = candidate.low is not None and candidate.high is not None
    low = (candidate.low if candidate.low is not None else candidate.value) - live.value
    high = (candidate.high if candidate.high is not None else candidate.value) - live.value
    bad_end, good_end = sorted((direction * low, direction * high))
    if not known or bad_end <= 0 <= good_end:
        verdict, tone, icon = gettext("No clear change"), "plain", "drag_handle"
    elif bad_end > 0:
        verdict, tone, icon = gettext("Better"), "ok", "arrow_upward"
    else:
        verdict, tone, icon = gettext("Worse"), "warn", "arrow_downward"
    span = 2.4 * max(abs(bad_end), abs(good_end), 1e-9)

    def place(value: float) -> float:
        return round(50 + 100 * value / span, 1)

    return ComparisonRow(
        label=label,
        help=help_text,
        live=written(name, live.value),
        candidate=written(name, candidate.value),
        change=signed(name, change),
        verdict=verdict,
        tone=tone,
        icon=icon,
        point=place(direction * change),
        left=place(bad_end),
        width=round(place(good_end) - place(bad_end), 1),
    )
