"""The report of a training as a PDF for a file or an e-mail: figures in a table, and plots. Worker side only."""

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from recommender.models import TrainingEpoch, TrainingReport, TrainingRun
from recommender.verdicts import verdict_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_pdf import PdfPages

A4 = (8.27, 11.69)
OURS, THEIRS, MUTED = "#0b7490", "#b26a00", "#8793a0"
MEASURES = ("auc", "pr_auc", "ndcg_10", "map_10", "recall_10", "hit_rate_10", "log_loss", "ece", "coverage")
MOST_FEATURES = 12


def make_report(*, run_id: int) -> TrainingReport | None:
    """Draw and keep the report of a run that has one; None where it is gone or has nothing to show."""
    run = TrainingRun.objects.filter(pk=run_id).first()
    if run is None or not run.report:
        return None
    report, _ = TrainingReport.objects.update_or_create(
        run=run, defaults={"pdf": report_pdf(run), "made_at": timezone.now()}
    )
    return report


def report_pdf(run: TrainingRun) -> bytes:
    """Two pages: what was trained and how good it is; the curves."""
    import matplotlib as mpl

    mpl.use("agg")
    import seaborn as sns
    from matplotlib import pyplot as plt
    from matplotlib.backends.backend_pdf import PdfPages

    sns.set_theme(style="whitegrid", palette=[OURS, THEIRS, "#6d4fc4", "#b83a58", "#4a7c1f"], font_scale=0.8)
    out = io.BytesIO()
    try:
        with PdfPages(out, metadata={"Title": f"Training run {run.pk}", "CreationDate": None}) as pages:
            _first_page(run, pages)
            _curves_page(run, pages)
    finally:
        plt.close("all")
    return out.getvalue()


def _first_page(run: TrainingRun, pages: "PdfPages") -> None:
    from matplotlib import pyplot as plt

    figure, (head, table, importance) = plt.subplots(
        3, 1, figsize=A4, height_ratios=(1.1, 2.2, 2), layout="constrained"
    )
    head.axis("off")
    head.text(0, 1, f"Training run {run.pk}", fontsize=18, fontweight="bold", va="top")
    head.text(0, 0.72, "\n".join(_facts(run)), fontsize=10, va="top", linespacing=1.6)
    _draw_table(table, run.report)
    _draw_importance(importance, run.report.get("importance") or [])
    pages.savefig(figure)  # type: ignore[no-untyped-call]  # Matplotlib types its main parts only


def _facts(run: TrainingRun) -> list[str]:
    version = getattr(run, "version", None)
    took = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None
    test = run.report.get("test") or {}
    return [
        f"Model: {version or 'none'}     Status: {run.get_status_display()}",
        f"Started: {run.started_at:%Y-%m-%d %H:%M} UTC     Took: {took:.0f} s" if took and run.started_at else "",
        f"Test: {test.get('candidates', 0):,} shopper-coupon pairs of {test.get('shoppers', 0):,} shoppers, "
        f"{test.get('positives', 0):,} used",
        f"Verdict: {verdict_words(version.verdict)}"[:110] if version and version.verdict else "",
    ]


def _draw_table(axes: "Axes", report: Mapping[str, Any]) -> None:
    systems: Mapping[str, Mapping[str, Any]] = report.get("metrics") or {}
    columns = [name for name in MEASURES if any(name in values for values in systems.values())]
    cells = [[_written(values.get(name)) for name in columns] for values in systems.values()]
    axes.axis("off")
    axes.set_title("Quality on the test campaigns", loc="left", fontweight="bold")
    if not cells or not columns:
        return
    table = axes.table(cells, rowLabels=list(systems), colLabels=columns, loc="upper center", cellLoc="right")
    table.auto_set_font_size(False)
    table.set_fontsize(7)
    table.scale(1, 1.4)


def _written(value: Any) -> str:
    number = value.get("value") if isinstance(value, Mapping) else value
    return f"{number:.4f}" if isinstance(number, int | float) else "-"


def _draw_importance(axes: "Axes", rows: Sequence[Mapping[str, Any]]) -> None:
    import seaborn as sns

    axes.set_title("What the boosted trees look at most (mean |SHAP|)", loc="left", fontweight="bold")
    top = rows[:MOST_FEATURES]
    if top:
        sns.barplot(x=[row["shap"] for row in top], y=[row["feature"] for row in top], color=OURS, ax=axes)
    axes.set(xlabel="", ylabel="")


def _curves_page(run: TrainingRun, pages: "PdfPages") -> None:
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(3, 2, figsize=A4, layout="constrained")
    curves = (run.report.get("test") or {}).get("curves") or {}
    theirs = (run.report.get("comparison") or {}).get("live_curves") or {}
    _line(axes[0][0], "ROC curve", curves.get("roc"), theirs.get("roc"), ("unused shown", "used shown"))
    axes[0][0].plot([0, 1], [0, 1], color=MUTED, linestyle="--")
    _line(axes[0][1], "Precision and recall", curves.get("precision_recall"), None, ("recall", "precision"))
    _line(axes[1][0], "Forecast against actual use", _reliable(curves), _reliable(theirs), ("forecast", "actual"))
    axes[1][0].set(xscale="log", yscale="log")
    _confusion(axes[1][1], run.report)
    _losses(axes[2][0], axes[2][1], run)
    pages.savefig(figure)  # type: ignore[no-untyped-call]  # Matplotlib types its main parts only


def _line(axes: "Axes", title: str, ours: Any, theirs: Any, names: tuple[str, str]) -> None:
    axes.set_title(title, loc="left", fontweight="bold")
    axes.set(xlabel=names[0], ylabel=names[1])
    for points, colour, label in ((ours, OURS, "candidate"), (theirs, THEIRS, "live")):
        if points:
            axes.plot([point[0] for point in points], [point[1] for point in points], color=colour, label=label)
    if theirs:
        axes.legend()


def _reliable(curves: Mapping[str, Any]) -> list[list[float]]:
    """Bins as [said, seen]; empty ones have no place on a logarithmic axis."""
    rows = [[row["said"], row["seen"]] if isinstance(row, Mapping) else row for row in curves.get("reliability") or []]
    return [row for row in rows if row[0] > 0 and row[1] > 0]


def _confusion(axes: "Axes", report: Mapping[str, Any]) -> None:
    import seaborn as sns

    stack = ((report.get("test") or {}).get("systems") or {}).get("stack") or {}
    counts = stack.get("confusion")
    axes.set_title("At the cut-off chosen on validation", loc="left", fontweight="bold")
    if not counts:
        axes.axis("off")
        return
    cells = [
        [counts["true_positive"], counts["false_negative"]],
        [counts["false_positive"], counts["true_negative"]],
    ]
    shares = [[value / max(sum(row), 1) for value in row] for row in cells]
    labels = [[f"{value:,}" for value in row] for row in cells]
    sns.heatmap(
        shares, annot=labels, fmt="", cmap="crest", vmin=0, vmax=1, cbar=False, ax=axes,
        xticklabels=["shown", "not shown"], yticklabels=["used", "not used"],
    )  # fmt: skip


def _losses(left: "Axes", right: "Axes", run: TrainingRun) -> None:
    """The two networks that were trained longest: loss by epoch, training and validation."""
    epochs = TrainingEpoch.objects.filter(run=run).order_by("pk").values_list("estimator", "epoch", "loss", "val_loss")
    by_name: dict[str, list[tuple[int, float, float | None]]] = {}
    for name, epoch, loss, val_loss in epochs:
        by_name.setdefault(name, []).append((epoch, loss, val_loss))
    longest = sorted(by_name.items(), key=lambda item: -len(item[1]))[:2]
    for axes in (left, right)[len(longest) :]:
        axes.axis("off")
    for axes, (name, rows) in zip((left, right), longest, strict=False):
        axes.set_title(f"Loss of {name}", loc="left", fontweight="bold")
        axes.plot([row[0] for row in rows], [row[1] for row in rows], color=OURS, label="training")
        judged = [(row[0], row[2]) for row in rows if row[2] is not None]
        if judged:
            axes.plot([row[0] for row in judged], [row[1] for row in judged], color=THEIRS, label="validation")
        axes.set(xlabel="epoch", ylabel="")
        axes.legend()
