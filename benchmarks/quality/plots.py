"""Learning curves, reliability and ROC as pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import seaborn as sns

from benchmarks.quality.systems import SYSTEMS

DRAWN = ("stack", "lightgbm", "logistic_regression", "content_share", "als", "plain_lstm", "popularity")
"""Systems in the ROC plot, where they were run."""
DPI = 90


def draw(folder: Path, curves: Mapping[str, Mapping[str, Any]], learning: Sequence[Mapping[str, Any]]) -> list[Path]:
    """Write the pictures that there is something for; `curves` by system, `learning` epochs of the stack."""
    sns.set_theme(style="whitegrid", palette="colorblind")
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    if curves:
        files += [_roc(folder / "roc.png", curves), _reliability(folder / "reliability.png", curves)]
    if learning:
        files.append(_learning(folder / "learning.png", learning))
    return files


def _roc(file: Path, curves: Mapping[str, Mapping[str, Any]]) -> Path:
    figure, axes = plt.subplots(figsize=(6, 5))
    for name in (name for name in DRAWN if name in curves):
        points = curves[name]["roc"]
        axes.plot([x for x, _ in points], [y for _, y in points], label=SYSTEMS[name].title, linewidth=1.6)
    axes.plot([0, 1], [0, 1], linestyle=":", color="grey", label="chance")
    axes.set(xlabel="false positive rate", ylabel="true positive rate", title="ROC of the test candidates")
    axes.legend(loc="lower right", fontsize=8)
    return _kept(figure, file)


def _reliability(file: Path, curves: Mapping[str, Mapping[str, Any]]) -> Path:
    figure, axes = plt.subplots(figsize=(6, 5))
    for name in (name for name in DRAWN if name in curves and SYSTEMS[name].probability):
        bins = curves[name]["reliability"]
        said = [max(row["said"], 1e-6) for row in bins]
        axes.plot(said, [max(row["seen"], 1e-6) for row in bins], marker="o", label=SYSTEMS[name].title)
    axes.plot([1e-6, 1], [1e-6, 1], linestyle=":", color="grey", label="as said")
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="probability said",
        ylabel="share redeemed",
        title="Reliability, 15 bins of equal size",
    )
    axes.legend(loc="upper left", fontsize=8)
    return _kept(figure, file)


def _learning(file: Path, learning: Sequence[Mapping[str, Any]]) -> Path:
    names = sorted({str(row["estimator"]) for row in learning if row["val_loss"] is not None})
    figure, grid = plt.subplots(1, max(len(names), 1), figsize=(3.4 * max(len(names), 1), 3.2), squeeze=False)
    for axes, name in zip(grid[0], names, strict=False):
        rows = [row for row in learning if row["estimator"] == name and row["val_loss"] is not None]
        phase = rows[-1]["phase"]
        rows = [row for row in rows if row["phase"] == phase]
        epochs = [row["epoch"] for row in rows]
        axes.plot(epochs, [row["val_loss"] for row in rows], marker=".", label="validation")
        if not name.startswith("fusion"):  # whose training draws its negatives: another scale
            axes.plot(epochs, [row["loss"] for row in rows], marker=".", label="training")
        axes.set(title=name, xlabel="epoch")
        axes.legend(fontsize=7)
    grid[0][0].set_ylabel("loss")
    return _kept(figure, file)


def _kept(figure: Any, file: Path) -> Path:
    figure.tight_layout()
    figure.savefig(file, dpi=DPI)
    plt.close(figure)
    return file
