"""Uplift: what a treatment adds to the outcome of one shopper, learned from logs in which chance decided.

Treatment 0 is no coupon; 1..T are the coupons. Three meta-learners on gradient boosting (Kuenzel et al. 2019, PNAS):

    S  one model of the outcome on (x, treatment); uplift = its prediction with the treatment - without
    T  one model per treatment; uplift = the difference of two models
    X  T's models impute what each shopper would have done in the other arm; the imputed differences are learned in
       both arms, and the two are averaged, the more trusted where the other arm is the larger

Each row counts 1 / (probability of the treatment that it got), so a log in which some were likelier to get a coupon
teaches the same as an even one. LightGBM is loaded by `fit`: worker only.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]


class Learner(StrEnum):
    """The meta-learners."""

    S = "s"
    T = "t"
    X = "x"


@dataclass(frozen=True)
class UpliftConfig:
    """Settings of one fit. Uplift is a small difference: small trees, many rows a leaf."""

    learner: Learner = Learner.X
    trees: int = 60
    leaves: int = 4
    learning_rate: float = 0.05
    min_leaf: int = 200
    l2: float = 20.0
    folds: int = 5


@dataclass
class UpliftModel:
    """Fitted learners; `predict` gives the uplift of each treatment against none."""

    config: UpliftConfig
    seed: int
    _treatments: int = 0
    _outcomes: list[Any] = field(default_factory=list)
    _effects: list[tuple[float, Any, Any]] = field(default_factory=list)

    @classmethod
    def fit(
        cls,
        features: Doubles,
        treatment: Ints,
        outcome: Doubles,
        propensity: Doubles,
        *,
        config: UpliftConfig | None = None,
        seed: int = 0,
    ) -> Self:
        """From features (n, p), treatment 0..T (n,), outcome (n,) and the probability of that treatment, (n,)."""
        model = cls(config or UpliftConfig(), seed)
        treatments = _check(features, treatment, outcome, propensity)
        weight = 1.0 / propensity
        weight = weight / weight.mean()
        model._treatments = treatments
        if model.config.learner is Learner.S:
            model._outcomes = [model._boosted(model._joined(features, treatment), outcome, weight)]
            return model
        model._outcomes = [
            model._boosted(features[treatment == arm], outcome[treatment == arm], weight[treatment == arm])
            for arm in range(treatments + 1)
        ]
        if model.config.learner is Learner.X:
            model._effects = [
                model._effect(arm, features, treatment, outcome, weight) for arm in range(1, treatments + 1)
            ]
        return model

    def predict(self, features: Doubles) -> Doubles:
        """Uplift of treatments 1..T against none, (n, T), in the unit of the outcome."""
        if self.config.learner is Learner.X:
            columns = [
                control_share * in_treated.predict(features) + (1 - control_share) * in_control.predict(features)
                for control_share, in_treated, in_control in self._effects
            ]
            return np.stack(columns, axis=1).astype(np.float64)
        response = self.response(features)
        return response[:, 1:] - response[:, :1]

    def response(self, features: Doubles) -> Doubles:
        """Expected outcome under each treatment, none first, (n, T + 1)."""
        arms = range(self._treatments + 1)
        if self.config.learner is Learner.S:
            model = self._outcomes[0]
            columns = [model.predict(self._joined(features, np.full(len(features), arm))) for arm in arms]
        else:
            columns = [self._outcomes[arm].predict(features) for arm in arms]
        return np.stack(columns, axis=1).astype(np.float64)

    def _joined(self, features: Doubles, treatment: Ints) -> Doubles:
        """Features with one column per treatment, (n, p + T)."""
        return np.hstack([features, treatment[:, None] == np.arange(1, self._treatments + 1)])

    def _effect(
        self, arm: int, features: Doubles, treatment: Ints, outcome: Doubles, weight: Doubles
    ) -> tuple[float, Any, Any]:
        treated, control = treatment == arm, treatment == 0
        gained = outcome[treated] - self._outcomes[0].predict(features[treated])
        missed = self._outcomes[arm].predict(features[control]) - outcome[control]
        in_treated = self._boosted(features[treated], gained, weight[treated], binary=False)
        in_control = self._boosted(features[control], missed, weight[control], binary=False)
        # A large control arm makes `gained` well imputed.
        control_share = float(control.sum() / (control.sum() + treated.sum()))
        return control_share, in_treated, in_control

    def _boosted(self, x: Doubles, y: Doubles, weight: Doubles, *, binary: bool | None = None) -> Any:
        import lightgbm

        from recommender.estimators.threads import thread_count

        two_valued = bool(np.isin(y, (0.0, 1.0)).all()) if binary is None else binary
        parameters = {
            "objective": "binary" if two_valued else "regression",
            "learning_rate": self.config.learning_rate,
            "num_leaves": self.config.leaves,
            "min_data_in_leaf": self.config.min_leaf,
            "lambda_l2": self.config.l2,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": thread_count(),
            "verbosity": -1,
        }
        return lightgbm.train(parameters, lightgbm.Dataset(x, y, weight=weight), num_boost_round=self.config.trees)


def cross_fitted_uplift(
    features: Doubles,
    treatment: Ints,
    outcome: Doubles,
    propensity: Doubles,
    *,
    config: UpliftConfig | None = None,
    seed: int = 0,
) -> Doubles:
    """Uplift of each row, (n, T), by a model that has not seen it: what curves and value models may be made of."""
    settings = config or UpliftConfig()
    treatments = _check(features, treatment, outcome, propensity)
    out = np.empty((len(features), treatments))
    for held_out in stratified_folds(treatment, settings.folds, seed):
        kept = np.setdiff1d(np.arange(len(features)), held_out)
        model = UpliftModel.fit(
            features[kept], treatment[kept], outcome[kept], propensity[kept], config=settings, seed=seed
        )
        out[held_out] = model.predict(features[held_out])
    return out


def stratified_folds(strata: Ints, folds: int, seed: int) -> list[Ints]:
    """Rows in `folds` random parts, each with its share of every stratum."""
    generator = np.random.default_rng(seed)
    fold = np.empty(len(strata), dtype=np.int64)
    for stratum in np.unique(strata):
        rows = generator.permutation(np.flatnonzero(strata == stratum))
        fold[rows] = np.arange(len(rows)) % folds
    return [np.flatnonzero(fold == number) for number in range(folds)]


def _check(features: Doubles, treatment: Ints, outcome: Doubles, propensity: Doubles) -> int:
    """The number of treatments; ValueError naming what does not fit."""
    rows = len(features)
    for name, array in (("treatment", treatment), ("outcome", outcome), ("propensity", propensity)):
        if array.shape != (rows,):
            raise ValueError(f"{name} has shape {array.shape}, not ({rows},)")
    if propensity.min(initial=1) <= 0 or propensity.max(initial=0) > 1:
        raise ValueError("propensity must lie above 0 and up to 1")
    treatments = int(treatment.max(initial=0))
    if treatment.min(initial=0) < 0 or treatments < 1:
        raise ValueError("treatment must hold 0 for none and 1.. for coupons")
    absent = sorted(set(range(treatments + 1)) - set(np.unique(treatment).tolist()))
    if absent:
        raise ValueError(f"treatment {absent[0]} was given to nobody")
    return treatments
