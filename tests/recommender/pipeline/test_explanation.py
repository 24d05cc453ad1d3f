"""What an explanation says a feature added is what the score loses without it."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.config import ClassicConfig, StackConfig, TrainingConfig
from recommender.estimators.boosting import BoostedTrees
from recommender.estimators.bundle import Bundle
from recommender.estimators.linear import LinearRanker
from recommender.estimators.stack_formula import part_logits
from recommender.estimators.stacker import CalibratedStack
from recommender.pipeline.explanation import feature_code, feature_contributions
from recommender.pipeline.rankers import PART_NAMES

CONFIG = ClassicConfig(
    boosting_rounds=60, boosting_bags=1, boosting_min_leaf=20, boosting_learning_rate=0.1, linear_l2=1.0
)
FEATURES = 6
"""The first decides most, the second some, the others nothing."""


def _made_up() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    rng = np.random.default_rng(3)
    x = rng.gamma(1.0, 10.0, (4000, FEATURES)).astype(np.float32)
    logit = 2.5 * (np.log1p(x[:, 0]) - 2) + 0.8 * (np.log1p(x[:, 1]) - 2) - 2
    return x, (rng.random(4000) < 1 / (1 + np.exp(-logit))).astype(np.float32)


def _parts(bundle: Bundle, x: NDArray[Any]) -> NDArray[np.float64]:
    out = np.full((len(x), len(PART_NAMES)), np.nan)
    for name in ("boosting", "linear"):
        part = getattr(bundle, name)
        if part is not None:
            out[:, PART_NAMES.index(name)] = part.predict(x)
    return out


def _bundle(*, trees: bool, regression: bool) -> Bundle:
    x, y = _made_up()
    parts = {
        "boosting": BoostedTrees(CONFIG, seed=1).fit(x[:2000], y[:2000]) if trees else None,
        "linear": LinearRanker(CONFIG, seed=1).fit(x[:2000], y[:2000]) if regression else None,
    }
    bundle = Bundle(config=TrainingConfig(), vocabulary=None, **parts)  # type: ignore[arg-type]  # none is asked for
    stack = CalibratedStack(StackConfig(l2=1.0, calibration="none"), names=PART_NAMES).fit(
        _parts(bundle, x[2000:]), y[2000:]
    )
    return Bundle(config=bundle.config, vocabulary=bundle.vocabulary, stack=stack, **parts)  # type: ignore[arg-type]


def _logit(bundle: Bundle, x: NDArray[Any]) -> NDArray[np.float64]:
    assert bundle.stack is not None
    return part_logits(bundle.stack.predict(_parts(bundle, x)))


def _without(x: NDArray[np.float32], column: NDArray[np.int64], ordinary: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row with one feature as an ordinary candidate has it."""
    changed = x.copy()
    changed[np.arange(len(x)), column] = ordinary[column]
    return changed


def test_what_the_regression_says_is_exactly_what_the_score_loses() -> None:
    bundle = _bundle(trees=False, regression=True)
    x, _ = _made_up()
    ordinary = np.expm1(np.log1p(x[:2000]).mean(axis=0))  # where every contribution is 0
    x = x[2000:2400]
    contributions = feature_contributions(bundle, x)
    for column in range(FEATURES):
        lost = _logit(bundle, x) - _logit(bundle, _without(x, np.full(len(x), column), ordinary))
        np.testing.assert_allclose(lost, contributions[:, column], atol=2e-3)


def test_removing_the_strongest_feature_costs_the_score_most() -> None:
    bundle = _bundle(trees=True, regression=True)
    x, _ = _made_up()
    ordinary = np.median(x[:2000], axis=0)
    best = np.argsort(-_logit(bundle, x[2000:]))[:200]
    x = x[2000:][best]
    contributions = feature_contributions(bundle, x)
    strongest, weakest = contributions.argmax(axis=1), np.abs(contributions).argmin(axis=1)
    before = _logit(bundle, x)
    lost = before - _logit(bundle, _without(x, strongest, ordinary))
    barely = before - _logit(bundle, _without(x, weakest, ordinary))
    assert (strongest == 0).mean() > 0.9
    assert (lost > 0).all()
    assert lost.mean() > 10 * np.abs(barely).mean()
    # over all features: more said, more lost
    every = np.stack([before - _logit(bundle, _without(x, np.full(len(x), c), ordinary)) for c in range(FEATURES)])
    assert np.corrcoef(every.ravel(), contributions.T.ravel())[0, 1] > 0.9


@pytest.mark.parametrize(
    ("feature", "code"),
    [
        ("product_spend", "bought_before"),
        ("product_due", "due_now"),
        ("shopper_coupon_rate", "coupon_user"),
        ("coupon_saving", "coupon_terms"),
        ("product_enough", "coupon_terms"),
        ("something_else", "other"),
    ],
)
def test_every_feature_has_a_code(feature: str, code: str) -> None:
    assert feature_code(feature) == code
