"""Uplift: curves against scikit-uplift, learners on made-up logs whose uplift is known."""

import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.decisions.uplift import Learner, UpliftConfig, UpliftModel, cross_fitted_uplift, stratified_folds
from recommender.decisions.uplift_curves import auuc_score, qini_curve, qini_score, uplift_curve

SMALL: dict[str, Any] = {"min_leaf": 50, "trees": 60, "l2": 1.0}


def made_up(
    rows: int, seed: int, treatments: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Features, treatment, outcome, propensity and true uplift (n, T): treatment t moves those with a large x_t."""
    generator = np.random.default_rng(seed)
    x = generator.uniform(size=(rows, 4))
    treatment = generator.integers(treatments + 1, size=rows)
    uplift = np.stack([0.4 * (x[:, t] > 0.5) for t in range(treatments)], axis=1)
    gain = np.concatenate([np.zeros((rows, 1)), uplift], axis=1)[np.arange(rows), treatment]
    outcome = (generator.random(rows) < 0.02 + 0.55 * x[:, 3] + gain).astype(float)
    return x, treatment, outcome, np.full(rows, 1 / (treatments + 1)), uplift


@pytest.mark.parametrize("decimals", [1, 8])
@pytest.mark.parametrize("seed", range(3))
def test_scores_agree_with_scikit_uplift(seed: int, decimals: int) -> None:
    """Also with many equal predictions (one decimal)."""
    from sklift.metrics import qini_auc_score, uplift_auc_score

    x, treatment, outcome, _, uplift = made_up(600, seed)
    prediction = np.round(uplift[:, 0] + np.random.default_rng(seed).normal(0, 0.3, len(x)), decimals)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        qini = float(qini_auc_score(outcome, prediction, treatment))
        auuc = float(uplift_auc_score(outcome, prediction, treatment))
    assert qini_score(outcome, treatment, prediction) == pytest.approx(qini, rel=1e-9)
    assert auuc_score(outcome, treatment, prediction) == pytest.approx(auuc, rel=1e-9)


def test_curves_known_by_hand() -> None:
    """In order: treated buyer, control non-buyer, control buyer, treated non-buyer."""
    outcome, treated = np.array([1, 0, 1, 0]), np.array([1, 0, 0, 1])
    prediction = np.array([0.9, 0.8, 0.7, 0.6])
    assert qini_curve(outcome, treated, prediction).gain.tolist() == [0, 1, 1, 0.5, 0]
    assert uplift_curve(outcome, treated, prediction).gain.tolist() == [0, 1, 2, 1.5, 0]
    tied = qini_curve(outcome, treated, np.ones(4))
    assert (tied.shoppers.tolist(), tied.gain.tolist()) == ([0, 4], [0, 0])
    assert qini_score(outcome, treated, np.ones(4)) == 0.0


@pytest.mark.parametrize("learner", list(Learner))
def test_learners_find_whom_the_treatment_moves(learner: Learner) -> None:
    x, treatment, outcome, propensity, _ = made_up(6_000, 0)
    fresh, fresh_treatment, fresh_outcome, _, uplift = made_up(6_000, 1)
    model = UpliftModel.fit(x, treatment, outcome, propensity, config=UpliftConfig(learner=learner, **SMALL))
    predicted = model.predict(fresh)[:, 0]
    assert predicted.shape == (6_000,)
    assert np.corrcoef(predicted, uplift[:, 0])[0, 1] > 0.8
    assert predicted.mean() == pytest.approx(0.2, abs=0.05)
    by_response = model.response(fresh)[:, 1]
    assert qini_score(fresh_outcome, fresh_treatment, predicted) > qini_score(
        fresh_outcome, fresh_treatment, by_response
    )


@pytest.mark.parametrize("learner", list(Learner))
def test_several_treatments_each_move_their_own(learner: Learner) -> None:
    x, treatment, outcome, propensity, uplift = made_up(6_000, 2, treatments=2)
    model = UpliftModel.fit(x, treatment, outcome, propensity, config=UpliftConfig(learner=learner, **SMALL))
    predicted = model.predict(x)
    assert predicted.shape == (6_000, 2)
    assert model.response(x).shape == (6_000, 3)
    for t in (0, 1):
        assert np.corrcoef(predicted[:, t], uplift[:, t])[0, 1] > 0.75
        assert abs(np.corrcoef(predicted[:, t], uplift[:, 1 - t])[0, 1]) < 0.3


def test_nothing_is_found_where_nothing_is() -> None:
    """The treatment does nothing: out of fold, the order is no better than a random one."""
    x, treatment, _, propensity, _ = made_up(4_000, 3)
    outcome = (np.random.default_rng(3).random(4_000) < 0.1 + 0.5 * x[:, 3]).astype(float)
    predicted = cross_fitted_uplift(x, treatment, outcome, propensity, config=UpliftConfig(folds=2, **SMALL))
    assert abs(qini_score(outcome, treatment, predicted[:, 0])) < 0.05


def test_uneven_assignment_is_weighed_out() -> None:
    """Eager shoppers were likelier to get the coupon, and no feature tells who they are: the propensities that were
    logged take it out, where the plain difference of means is three times the truth."""
    generator = np.random.default_rng(4)
    eager = generator.random(20_000) < 0.5
    chance = np.where(eager, 0.8, 0.2)
    treatment = (generator.random(20_000) < chance).astype(np.int64)
    outcome = (generator.random(20_000) < 0.1 + 0.4 * eager + 0.1 * treatment).astype(float)
    x, propensity = generator.uniform(size=(20_000, 1)), np.where(treatment == 1, chance, 1 - chance)
    config = UpliftConfig(learner=Learner.T, **SMALL)
    weighted = UpliftModel.fit(x, treatment, outcome, propensity, config=config).predict(x)
    plain = UpliftModel.fit(x, treatment, outcome, np.full(20_000, 0.5), config=config).predict(x)
    assert weighted.mean() == pytest.approx(0.1, abs=0.03)
    assert plain.mean() > 0.3


def test_same_seed_same_model() -> None:
    x, treatment, outcome, propensity, _ = made_up(1_000, 5)
    one, other = (UpliftModel.fit(x, treatment, outcome, propensity, seed=3).predict(x) for _ in range(2))
    assert (one == other).all()


def test_folds_are_a_partition_with_even_strata() -> None:
    strata = np.repeat([0, 1], [90, 10])
    folds = stratified_folds(strata, 5, 0)
    assert sorted(np.concatenate(folds).tolist()) == list(range(100))
    assert [int(strata[fold].sum()) for fold in folds] == [2] * 5


def test_refusals() -> None:
    x, treatment, outcome, propensity, _ = made_up(100, 6)
    with pytest.raises(ValueError, match="treatment 1 was given to nobody"):
        UpliftModel.fit(x, treatment * 2, outcome, propensity)
    with pytest.raises(ValueError, match="treatment must hold 0 for none"):
        UpliftModel.fit(x, treatment * 0, outcome, propensity)
    with pytest.raises(ValueError, match="propensity must lie above 0"):
        UpliftModel.fit(x, treatment, outcome, propensity * 0)
    with pytest.raises(ValueError, match=r"outcome has shape \(3,\), not \(100,\)"):
        UpliftModel.fit(x, treatment, outcome[:3], propensity)
    with pytest.raises(ValueError, match="outcome must hold 0 and 1 only"):
        qini_score(outcome * 2, treatment, x[:, 0])
    with pytest.raises(ValueError, match="all outcomes are alike"):
        qini_score(np.zeros(100), treatment, x[:, 0])
