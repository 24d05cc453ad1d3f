"""What a practitioner would use instead. Each takes the candidates to learn from and gives a scorer.

Features are those of the recommender without what its models write; a peer reads the same rows, labels and history.
Matrix methods read baskets of before each list's day, so each is fitted once for the day its campaigns begin.
"""

from dataclasses import replace
from typing import Any

import lightgbm
import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from implicit.nearest_neighbours import BM25Recommender
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from benchmarks.quality.journey import Rows, Scorer, Task
from recommender.estimators.content import ContentModel
from recommender.estimators.pair_scaler import PairScaler
from recommender.estimators.threads import thread_count
from recommender.pipeline.inputs import MODEL_FEATURES
from recommender.pipeline.preparation import Prepared

LIGHTGBM_BAGS = 3
LIGHTGBM_TREES = 400
LIGHTGBM = {
    "objective": "binary",
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "max_bin": 127,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
"""Set by hand and left alone."""


def popularity(task: Task) -> Scorer:
    """Redemptions of the same offer in earlier campaigns, over its candidates there; ties by what shoppers buy."""
    offer = task.prepared.inputs.popularity_keys[:, 2]
    reach = _column(task.prepared, "coupon_reach")
    values, place = np.unique(offer[task.rows], return_inverse=True)
    redeemed, tried = np.bincount(place, task.y), np.bincount(place)
    base = float(task.y.mean())
    rate = dict(zip(values.tolist(), ((redeemed + 50 * base) / (tried + 50)).tolist(), strict=True))
    return lambda chosen: np.array([rate.get(key, base) for key in offer[chosen].tolist()]) + 1e-4 * reach[chosen]


def product_popularity(task: Task) -> Scorer:
    """Share of the shoppers that bought one of the coupon's products lately."""
    reach = _column(task.prepared, "coupon_reach")
    return lambda chosen: reach[chosen]


def content_share(task: Task) -> Scorer:
    """The shopper's spend on the coupon's products over all its spend."""
    share = _column(task.prepared, "product_share")
    return lambda chosen: share[chosen]


def content_based(task: Task) -> Scorer:
    """Cosine of the attributes of what the shopper bought and of the coupon's products, rare ones weighing more."""
    inputs = task.prepared.inputs
    known = np.searchsorted(inputs.items.products, inputs.baskets.products)
    model = ContentModel().fit(inputs.items.attributes[known].astype(np.float32))
    profiles = model.profiles(inputs.baskets.rows(inputs.list_shopper, inputs.list_as_of))
    pooled = inputs.items.pooled(lambda x: x.astype(np.float32), inputs.items.attributes.shape[1])
    directions = model.item_directions(pooled)
    return lambda chosen: model.score(profiles, inputs.lists[chosen], inputs.coupons[chosen], directions=directions)


def als(task: Task) -> Scorer:
    """Implicit ALS of 64 factors on baskets; a coupon's score is the sum over its products."""

    def fitted(counts: csr_matrix) -> Any:
        model = AlternatingLeastSquares(factors=64, regularization=0.05, iterations=15, random_state=task.seed)
        model.fit(counts, show_progress=False)
        return model

    def scores(model: Any, counts: csr_matrix, covers: csr_matrix) -> NDArray[Any]:
        users = model.recalculate_user(np.arange(counts.shape[0]), counts)
        pooled = np.asarray(covers @ model.item_factors)
        return users @ pooled.T  # type: ignore[no-any-return]

    return _matrix_scorer(task.prepared, fitted, scores)


def bm25(task: Task) -> Scorer:
    """Item neighbours by BM25 on baskets; a coupon's score is the best of its products'."""

    def fitted(counts: csr_matrix) -> Any:
        model = BM25Recommender(K=200)
        model.fit(counts, show_progress=False)
        return model

    def scores(model: Any, counts: csr_matrix, covers: csr_matrix) -> NDArray[Any]:
        near = csr_matrix(counts @ model.similarity)
        covers = covers.tocsr()
        out = np.zeros((counts.shape[0], covers.shape[0]), np.float32)
        near = near.tocsc()
        for coupon in np.flatnonzero(np.diff(covers.indptr)):
            products = covers.indices[covers.indptr[coupon] : covers.indptr[coupon + 1]]
            out[:, coupon] = np.asarray(near[:, products].max(axis=1).todense()).ravel()
        return out

    return _matrix_scorer(task.prepared, fitted, scores)


def boosted_trees(task: Task) -> Scorer:
    """LightGBM, binary, on the engineered features, all candidates; the mean logit of three seeds."""
    values, columns = task.prepared.inputs.frame.values, _engineered(task.prepared)
    data = lightgbm.Dataset(values[task.rows][:, columns], task.y, params=LIGHTGBM, free_raw_data=True)
    boosters = [
        lightgbm.train(
            LIGHTGBM | {"seed": task.seed + bag, "num_threads": thread_count()}, data, num_boost_round=LIGHTGBM_TREES
        )
        for bag in range(LIGHTGBM_BAGS)
    ]

    def scorer(chosen: Rows) -> NDArray[Any]:
        x = values[chosen][:, columns]
        return np.mean([booster.predict(x, raw_score=True) for booster in boosters], axis=0)  # type: ignore[no-any-return]

    return scorer


def logistic_regression(task: Task) -> Scorer:
    """Logistic regression on the engineered features, logarithms taken, standardised, missing ones marked."""
    values, columns = task.prepared.inputs.frame.values, _engineered(task.prepared)
    scaler = PairScaler.fit(values[task.rows][:, columns])
    model = LogisticRegression(C=0.01, max_iter=200)
    with threadpool_limits(thread_count(), "blas"):
        model.fit(scaler.transform(values[task.rows][:, columns]), task.y)

    def scorer(chosen: Rows) -> NDArray[Any]:
        parts = np.array_split(chosen, max(len(chosen) // 50_000, 1))
        return np.concatenate([model.decision_function(scaler.transform(values[part][:, columns])) for part in parts])

    return scorer


def _matrix_scorer(prepared: Prepared, fitted: Any, scores: Any) -> Scorer:
    """Fit on the baskets of before a part's first day, score from each list's own history."""
    inputs = prepared.inputs
    baskets, items = inputs.baskets, inputs.items
    known = np.searchsorted(items.products, baskets.products)
    covers = csr_matrix(items.covers[:, known], dtype=np.float32)

    def scorer(chosen: Rows) -> NDArray[Any]:
        day = int(inputs.frame.as_of[chosen].min())
        with threadpool_limits(1, "blas"):
            model = fitted(_log_counts(baskets.rows(baskets.shoppers, np.full(len(baskets.shoppers), day))))
        out = np.zeros(len(chosen))
        lists, place = np.unique(inputs.lists[chosen], return_inverse=True)
        coupons, column = np.unique(inputs.coupons[chosen], return_inverse=True)
        for start in range(0, len(lists), 500):
            part = lists[start : start + 500]
            counts = _log_counts(baskets.rows(inputs.list_shopper[part], inputs.list_as_of[part]))
            block = np.asarray(scores(model, counts, covers[coupons]))
            mine = np.flatnonzero((place >= start) & (place < start + 500))
            out[mine] = block[place[mine] - start, column[mine]]
        return out

    return scorer


def _log_counts(counts: csr_matrix) -> csr_matrix:
    """log(1 + days bought)."""
    counts = counts.copy()
    counts.data = np.log1p(counts.data)
    return counts


def _engineered(prepared: Prepared) -> list[int]:
    return [i for i, name in enumerate(prepared.inputs.frame.names) if name not in MODEL_FEATURES]


def _column(prepared: Prepared, name: str) -> NDArray[np.float64]:
    return np.nan_to_num(prepared.inputs.frame.column(name).astype(np.float64))


def without_test(prepared: Prepared) -> Prepared:
    """The same without the labels of the test campaigns: a system cannot read what it is judged on."""
    frame = prepared.inputs.frame
    hidden = frame.redeemed_day.copy()
    hidden[hidden >= prepared.split.test_from] = np.iinfo(np.int32).max
    return replace(prepared, inputs=replace(prepared.inputs, frame=replace(frame, redeemed_day=hidden)))
