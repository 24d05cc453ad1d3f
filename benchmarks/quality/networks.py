"""The plain network that such work begins with: Embedding -> LSTM(50) -> Dense(1) over a list of numbers.

A candidate is a sequence of tokens: the categories of the shopper's latest baskets, then the coupon's own, hashed
into one vocabulary. Nothing is engineered; what it lacks against the stack is what the stack adds.
"""

import keras
import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.journey import Rows, Scorer, Task
from recommender.estimators import network_training
from recommender.pipeline.features.sequences import last_steps
from recommender.pipeline.preparation import Prepared

STEPS = 20
COUPON_TOKENS = 10
EMBEDDING_SIZE = 32
LSTM_SIZE = 50
EPOCHS = 3
BATCH = 512
NEGATIVES = 50


def plain_lstm(task: Task) -> Scorer:
    """Fit on all redemptions and a draw of the other candidates; three epochs."""
    tokens, y = _Tokens(task.prepared), task.y
    rng = np.random.default_rng(task.seed)
    negatives = np.flatnonzero(y == 0)
    drawn = rng.choice(negatives, min(len(negatives), NEGATIVES * int(y.sum())), replace=False)
    kept = rng.permutation(np.concatenate([np.flatnonzero(y > 0), drawn]))
    network_training.begin(task.seed)
    model = keras.Sequential(
        [
            keras.Input((STEPS + COUPON_TOKENS,), dtype="int32"),
            keras.layers.Embedding(tokens.size, EMBEDDING_SIZE),
            keras.layers.LSTM(LSTM_SIZE),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer="adam", loss="binary_crossentropy")
    model.fit(tokens.of(task.rows[kept]), y[kept], batch_size=BATCH, epochs=EPOCHS, verbose=0, shuffle=True)
    return lambda chosen: model.predict(tokens.of(chosen), batch_size=4096, verbose=0).ravel()


class _Tokens:
    """Candidates as (n, STEPS + COUPON_TOKENS) whole numbers, 0 where there is nothing."""

    def __init__(self, prepared: Prepared) -> None:
        inputs = prepared.inputs
        width = inputs.coverage.shape[1]
        self.size = 2 * width + 1
        self._inputs = inputs
        visits = inputs.visits
        self._lists = np.zeros((len(inputs.list_shopper), STEPS), np.int32)
        steps, mask = last_steps(visits, inputs.list_shopper, inputs.list_as_of, STEPS)
        # A basket's token is its first category of most weight; entries of one basket lie together.
        heaviest = np.zeros(len(visits.day), np.int32)
        for step in range(len(visits.day)):
            first, last = visits.entry[step], visits.entry[step + 1]
            if last > first:
                heaviest[step] = visits.category[first + int(visits.weight[first:last].argmax())] + 1
        self._lists[mask] = heaviest[steps[mask]]
        self._coupons = np.zeros((len(inputs.coverage), COUPON_TOKENS), np.int32)
        order = np.argsort(-inputs.coverage, axis=1, kind="stable")[:, :COUPON_TOKENS]
        covered = np.take_along_axis(inputs.coverage, order, axis=1) > 0
        self._coupons[:, : order.shape[1]] = np.where(covered, order + 1 + width, 0)

    def of(self, rows: Rows) -> NDArray[np.int32]:
        inputs = self._inputs
        return np.concatenate([self._lists[inputs.lists[rows]], self._coupons[inputs.coupons[rows]]], axis=1)
