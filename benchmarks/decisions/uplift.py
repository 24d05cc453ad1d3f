"""Hillstrom's e-mail trial: women's mail against none, visits, five random splits of 70 : 30."""

import csv
import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.decisions.figures import Figure, mean_figure
from recommender.decisions.uplift import Learner, UpliftConfig, UpliftModel
from recommender.decisions.uplift_curves import auuc_score, qini_score

DATA = Path(__file__).resolve().parents[1] / "data" / "hillstrom.csv.gz"
SPLITS = 5
QINI_TARGET = 0.055
Doubles = NDArray[np.float64]


def load() -> tuple[Doubles, NDArray[np.int64], Doubles]:
    """Features known before the mail (n, p), treated (n,), visited (n,)."""
    with gzip.open(DATA, "rt", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["segment"] in {"Womens E-Mail", "No E-Mail"}]
    numbers = [[float(row[name]) for name in ("recency", "history", "mens", "womens", "newbie")] for row in rows]
    classes = []
    for name in ("zip_code", "channel"):
        values = sorted({row[name] for row in rows})
        classes.append(np.array([[row[name] == value for value in values] for row in rows], dtype=np.float64))
    treated = np.array([row["segment"] == "Womens E-Mail" for row in rows], dtype=np.int64)
    return np.hstack([np.array(numbers), *classes]), treated, np.array([float(row["visit"]) for row in rows])


def run() -> list[Figure]:
    features, treated, visited = load()
    names = [*(f"uplift, {learner} learner" for learner in Learner), "response", "random"]
    qini: dict[str, list[float]] = {name: [] for name in names}
    auuc: dict[str, list[float]] = {name: [] for name in names}
    for split in range(SPLITS):
        generator = np.random.default_rng(split)
        order = generator.permutation(len(features))
        train, test = np.split(order, [int(0.7 * len(order))])
        scores = {"random": generator.random(len(test))}
        for learner in Learner:
            model = UpliftModel.fit(
                features[train],
                treated[train],
                visited[train],
                np.full(len(train), 0.5),
                config=UpliftConfig(learner=learner),
                seed=split,
            )
            scores[f"uplift, {learner} learner"] = model.predict(features[test])[:, 0]
            if learner is Learner.T:
                scores["response"] = model.response(features[test])[:, 1]
        for name, score in scores.items():
            qini[name].append(qini_score(visited[test], treated[test], score))
            auuc[name].append(auuc_score(visited[test], treated[test], score))
    figures = []
    for name in names:
        ours = name.startswith("uplift")
        met = bool(np.mean(qini[name]) >= QINI_TARGET) if ours else None
        figures.append(mean_figure(f"Qini, {name}", qini[name], target=">= 0.055" if ours else "", met=met))
        figures.append(mean_figure(f"AUUC, {name}", auuc[name]))
    return figures
