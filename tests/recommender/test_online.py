"""The web side's NumPy step and ranker are the worker's networks, and need none of the worker's libraries."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommender.artefacts import ArtefactError
from recommender.online import FUSION_WEIGHTS_FILE, INTEREST_WEIGHTS_FILE, OnlineFusion, OnlineInterest

INPUTS, CATEGORIES = 7, 5


@pytest.fixture(scope="module")
def network() -> Any:
    from recommender.config import InterestConfig
    from recommender.estimators.interest_rnn import InterestRNN

    return InterestRNN(
        InterestConfig(embedding_size=6, hidden_size=4), n_inputs=INPUTS, n_categories=CATEGORIES, seed=3
    )


@pytest.fixture
def baskets() -> Any:
    return np.random.default_rng(0).random((1, 9, INPUTS)).astype(np.float32)


def test_step_by_step_equals_keras(network: Any, baskets: Any, tmp_path: Path) -> None:
    np.savez(tmp_path / INTEREST_WEIGHTS_FILE, **network.weights())
    online = OnlineInterest.load(tmp_path)
    logits = network.keras_model()([baskets, np.ones((1, 9), bool)]).numpy()[0]

    state = online.start()
    for step in range(9):
        state = online.step(state, baskets[0, step])
        np.testing.assert_allclose(online.interest(state), 1 / (1 + np.exp(-logits[step])), atol=1e-5)


def test_one_step_goes_on_from_a_stored_state(network: Any, baskets: Any) -> None:
    """What the web side does: the batch's state, then one more basket."""
    online = OnlineInterest(network.weights())
    stored = network.hidden(baskets[:, :8], np.ones((1, 8), bool))[0]

    now = online.interest(online.step(stored, baskets[0, 8]))

    np.testing.assert_allclose(now, network.predict(baskets, np.ones((1, 9), bool))[0], atol=1e-6)


def test_sizes_are_the_networks(network: Any) -> None:
    online = OnlineInterest(network.weights())

    assert (online.n_inputs, online.n_categories, online.hidden_size) == (INPUTS, CATEGORIES, 4)


def test_bad_shapes_are_refused_by_name(network: Any) -> None:
    online = OnlineInterest(network.weights())

    with pytest.raises(ValueError, match=r"^x has shape \(3,\), not \(7\)$"):
        online.step(online.start(), np.zeros(3, np.float32))
    with pytest.raises(ValueError, match=r"^state has shape"):
        online.interest(np.zeros(3, np.float32))


@pytest.mark.parametrize(("fusion", "n_pair"), [("literal", 3), ("interaction", 3), ("interaction", 0)])
def test_ranking_one_shopper_equals_the_batch(fusion: str, n_pair: int, tmp_path: Path) -> None:
    from recommender.config import FusionConfig
    from recommender.estimators.fusion_ranker import FusionRanker

    rng = np.random.default_rng(1)
    ranker = FusionRanker(
        FusionConfig(fusion=fusion, projection_size=4, hidden_size=4), n_interest=5, n_item=6, n_pair=n_pair, seed=2
    )
    np.savez(tmp_path / FUSION_WEIGHTS_FILE, **ranker.weights())  # type: ignore[arg-type]
    interest, items = rng.random((1, 5)).astype(np.float32), rng.random((11, 6)).astype(np.float32)
    pair = rng.random((11, n_pair)).astype(np.float32) if n_pair else None

    scores = OnlineFusion.load(tmp_path).score(interest[0], items, pair)

    expected = ranker.predict(interest, items, np.zeros(11, int), np.arange(11), pair)
    np.testing.assert_allclose(scores, expected, atol=1e-6)
    assert len(np.unique(scores)) == 11


def test_missing_and_foreign_weights_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match=r"interest_weights\.npz: is missing"):
        OnlineInterest.load(tmp_path)
    np.savez(tmp_path / INTEREST_WEIGHTS_FILE, W_in=np.zeros(1))
    with pytest.raises(ArtefactError, match=r"interest_weights\.npz: lacks W2, W_embed, W_rec, b1, b2, b_embed"):
        OnlineInterest.load(tmp_path)
    (tmp_path / FUSION_WEIGHTS_FILE).write_bytes(b"not an archive")
    with pytest.raises(ArtefactError, match=r"fusion_weights\.npz: cannot be read"):
        OnlineFusion.load(tmp_path)


def test_loads_nothing_heavy() -> None:
    program = (
        "import sys, recommender.online, recommender.artefacts, recommender.config\n"
        "heavy = {'tensorflow', 'keras', 'keras_rs', 'pandas', 'sklearn', 'scipy', 'lightgbm', 'implicit', 'pyarrow'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.strip() == "[]"
