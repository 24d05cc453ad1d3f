"""Off-policy estimators on the small Open Bandit sample (Saito et al. 2020, arXiv 2008.07146; data CC BY 4.0).

The sample, 10,000 rows per policy, comes inside the wheel obp 0.4.1, which is fetched once and read as a zip, never
installed. Protocol of its published table: logs of the uniform policy, campaign "all"; 30 bootstrap samples; the policy
in question is Bernoulli Thompson sampling with its production prior, its probabilities by simulation; a logistic reward
model per position with three-fold cross-fitting; the truth is the mean reward under the policy in question itself; the
error is |estimate - truth| / truth. The bootstrap samples are those of the table, by its generator and seeds.
Differences: 200,000 simulated decisions of our own instead of a million; our own folds; the strength
of regularisation.
"""

import hashlib
import io
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.decisions.figures import Figure, mean_figure
from recommender.decisions.off_policy import Estimator, OffPolicyLog, estimate_values

WHEEL = "obp-0.4.1-py3-none-any.whl"
SHA256 = "87dec9caf4283c25ab13036532e0a24566f1c7bdcad1653a8ded43b2f5ef8208"
RUNS, FOLDS, SIMULATED, PLACES = 30, 3, 200_000, 3
PUBLISHED = {
    Estimator.DM: (0.16, "dm"),
    Estimator.IPS: (0.31, "ipw"),
    Estimator.SNIPS: (0.31, "snipw"),
    Estimator.DR: (0.29, "dr"),
}
"""Mean relative errors of the published table, rounded."""
TOLERANCE = 0.05
"""What the named differences may make: the standard error of such a mean of 30 is about 0.06."""
Doubles = NDArray[np.float64]


def wheel(folder: Path) -> Path | None:
    """The wheel, fetched by pip where it is not there; None where that fails."""
    path = folder / WHEEL
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), "obp==0.4.1"]
        subprocess.run(command, check=False, capture_output=True)
    if not path.exists():
        return None
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise ValueError(f"{path} is not the file that it should be: delete it")
    return path


def run(folder: Path) -> list[Figure]:
    path = wheel(folder)
    if path is None:
        sys.stderr.write("Open Bandit sample: obp 0.4.1 could not be fetched, left out\n")
        return []
    with zipfile.ZipFile(path) as archive:
        logs = _table(archive, "obp/dataset/obd/random/all/all.csv")
        items = _table(archive, "obp/dataset/obd/random/all/item_context.csv")
        truth = float(_table(archive, "obp/dataset/obd/bts/all/all.csv")["click"].mean())
        target = _thompson_probabilities(archive.read("obp/policy/conf/prior_bts.yaml").decode())
    errors: dict[Estimator, list[float]] = {estimator: [] for estimator in Estimator}
    data = _Sample(logs, items)
    for number in range(RUNS):
        # The published table's own generator and seeds, so that its bootstrap samples are drawn again.
        rows = np.random.RandomState(number).choice(len(data.reward), size=len(data.reward), replace=True)
        estimates = estimate_values(data.log(rows, target, seed=number))
        for estimator, estimate in estimates.items():
            errors[estimator].append(abs(estimate.interval.estimate - truth) / truth)
    figures = []
    for estimator, values in errors.items():
        name = f"Open Bandit, relative error, {estimator}"
        if estimator not in PUBLISHED:
            figures.append(mean_figure(name, values))
            continue
        published, theirs = PUBLISHED[estimator]
        met = abs(float(np.mean(values)) - published) <= TOLERANCE
        figures.append(mean_figure(name, values, target=f"{published} +- {TOLERANCE} ({theirs})", met=met))
    return figures


class _Sample:
    """The logged rows as arrays."""

    def __init__(self, logs: Any, items: Any) -> None:
        import pandas as pd

        users = [column for column in logs.columns if column.startswith("user_feature")]
        self.context = pd.get_dummies(logs[users], drop_first=True).to_numpy(dtype=np.float64)
        features = items.sort_values("item_id")
        codes = [features[f"item_feature_{i}"].astype("category").cat.codes.to_numpy() for i in (1, 2, 3)]
        self.items = np.column_stack([*codes, features["item_feature_0"].to_numpy()]).astype(np.float64)
        self.action = logs["item_id"].to_numpy()
        self.place = logs["position"].rank(method="dense").to_numpy().astype(np.int64) - 1
        self.reward = logs["click"].to_numpy(dtype=np.float64)
        self.propensity = logs["propensity_score"].to_numpy(dtype=np.float64)

    def log(self, rows: NDArray[np.int64], target: Doubles, *, seed: int) -> OffPolicyLog:
        """The bootstrap sample `rows` as a log, with the cross-fitted reward model."""
        wanted = target[:, self.place[rows]].T  # (n, actions)
        return OffPolicyLog.from_actions(
            reward=self.reward[rows],
            action=self.action[rows],
            logged_propensity=self.propensity[rows],
            target=wanted,
            model=self._rewards(rows, seed),
        )

    def _rewards(self, rows: NDArray[np.int64], seed: int) -> Doubles:
        """Predicted reward of every action, (n, actions), by models that have not seen the row."""
        from sklearn.linear_model import LogisticRegression

        x = np.hstack([self.context[rows], self.items[self.action[rows]]])
        fold = np.random.default_rng(seed).permutation(len(rows)) % FOLDS
        out = np.empty((len(rows), len(self.items)))
        for part in range(FOLDS):
            for place in range(PLACES):
                here = self.place[rows] == place
                train, test = here & (fold != part), np.flatnonzero(here & (fold == part))
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    model = LogisticRegression(C=100, max_iter=10_000).fit(x[train], self.reward[rows][train])
                split = self.context.shape[1]
                by_user = self.context[rows[test]] @ model.coef_[0, :split]
                by_item = self.items @ model.coef_[0, split:]
                out[test] = 1 / (1 + np.exp(-(by_user[:, None] + by_item + model.intercept_[0])))
        return out


def _table(archive: zipfile.ZipFile, name: str) -> Any:
    import pandas as pd

    return pd.read_csv(io.BytesIO(archive.read(name)), index_col=0)


def _thompson_probabilities(prior: str) -> Doubles:
    """P(item at place) under Bernoulli Thompson sampling, (items, places), from the prior's YAML."""
    section, name = "", ""
    numbers: dict[tuple[str, str], list[float]] = {}
    for line in prior.splitlines():
        text = line.strip()
        if text.startswith("- "):
            numbers.setdefault((section, name), []).append(float(text[2:]))
        elif text.endswith(":"):
            section, name = (text[:-1], "") if not line.startswith(" ") else (section, text[:-1])
    alpha, beta = (np.array(numbers["all", key]) for key in ("alpha", "beta"))
    generator = np.random.default_rng(12345)
    counts = np.zeros((len(alpha), PLACES))
    for _ in range(SIMULATED // 10_000):
        draws = generator.beta(alpha, beta, (10_000, len(alpha)))
        best = np.argsort(-draws, axis=1)[:, :PLACES]
        for place in range(PLACES):
            counts[:, place] += np.bincount(best[:, place], minlength=len(alpha))
    shares: Doubles = counts / counts.sum(axis=0)
    return shares
