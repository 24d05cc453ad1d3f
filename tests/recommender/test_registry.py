"""A bundle in a folder: it comes back whole, and whatever was changed is refused by name."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommender import registry
from recommender.artefacts import ArtefactError, json_hash, new_artefact, read_manifest, verify_artefact
from recommender.config import TrainingConfig
from recommender.estimators.als import AlsModel
from recommender.estimators.bagged_fusion import BaggedFusion
from recommender.estimators.boosting import BoostedTrees
from recommender.estimators.bundle import Bundle
from recommender.estimators.content import ContentModel
from recommender.estimators.interest_rnn import InterestRNN
from recommender.estimators.item_autoencoder import ItemAutoencoder
from recommender.estimators.linear import LinearRanker
from recommender.estimators.popularity import PopularityModel
from recommender.estimators.stacker import CalibratedStack
from recommender.online import OnlineFusion, OnlineInterest

CONFIG = TrainingConfig().with_overrides(
    "interest.embedding_size=4",
    "interest.hidden_size=4",
    "fusion.projection_size=3",
    "fusion.hidden_size=3",
    "classic.boosting_rounds=3",
    "classic.boosting_min_leaf=5",
    "classic.als_factors=3",
    "classic.als_iterations=2",
)
FACTS = {"data_window": {"from": "2017-01-01", "until": "2017-09-30"}, "metrics": {"auc": 0.8, "pr_auc": float("nan")}}
ALL_PARTS = [
    "interest",
    "encoder",
    "boosting",
    "als",
    "content",
    "popularity",
    "newcomer",
    "stack",
    "fusion-interaction",
    "fusion-literal",
]


@dataclass(frozen=True)
class MadeUpVocabulary:
    words: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        return {"words": self.words}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "MadeUpVocabulary":
        return cls(content["words"])


def load(folder: Path) -> Bundle:
    return registry.load_bundle(folder, vocabulary_from_json=MadeUpVocabulary.from_json)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    """Every part with made-up weights or a few made-up rows."""
    rng = np.random.default_rng(0)
    y = np.tile([0, 1], 50).astype(np.float32)
    fusions = {
        name: BaggedFusion.build(replace(CONFIG.fusion, fusion=name), n_interest=3, n_item=4, n_pair=2, seed=1)
        for name in ("interaction", "literal")
    }
    return Bundle(
        config=CONFIG,
        vocabulary=MadeUpVocabulary({"café": 0, "tea": 1}),
        interest=InterestRNN(CONFIG.interest, n_inputs=5, n_categories=3, seed=1),
        encoder=ItemAutoencoder(CONFIG.encoder, n_inputs=4, seed=1),
        fusions=fusions,
        boosting=BoostedTrees(CONFIG.classic, seed=1).fit(rng.random((100, 2)), y),
        als=AlsModel(CONFIG.classic, seed=1).fit(csr_matrix(rng.integers(0, 2, (9, 7)))),
        content=ContentModel().fit(rng.random((7, 4))),
        popularity=PopularityModel(strength=10).fit(np.arange(100)[:, None] % 4, y),
        newcomer=LinearRanker(CONFIG.classic, seed=1).fit(rng.random((100, 2)), y),
        stack=CalibratedStack(CONFIG.stack, names=["a", "b"]).fit(rng.random((100, 2)), y),
        arrays={"price_scale": np.array([1.0, 2.0])},
    )


@pytest.fixture(scope="module")
def saved(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "v1"
    registry.save_bundle(bundle, folder, FACTS)
    return folder


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    """An artefact to spoil."""
    return Path(shutil.copytree(saved, tmp_path / "v1"))


def rewrite_manifest(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_every_part_comes_back_with_equal_scores(bundle: Bundle, saved: Path) -> None:
    loaded = load(saved)
    rng = np.random.default_rng(1)
    x, mask = rng.random((6, 4, 5)).astype(np.float32), np.ones((6, 4), bool)
    items, pair = rng.random((6, 4)).astype(np.float32), rng.random((6, 2)).astype(np.float32)
    i = np.arange(6)
    scorers: dict[str, Callable[[Any], Any]] = {
        "interest": lambda b: b.interest.predict(x, mask),
        "encoder": lambda b: b.encoder.output(items),
        "interaction": lambda b: b.fusions["interaction"].predict(items[:, :3], items, i, i, pair),
        "literal": lambda b: b.fusions["literal"].predict(items[:, :3], items, i, i, pair),
        "boosting": lambda b: b.boosting.predict(pair),
        "als": lambda b: b.als.score(i, i),
        "content": lambda b: b.content.profiles(csr_matrix(np.eye(7))),
        "popularity": lambda b: b.popularity.predict(i[:, None]),
        "newcomer": lambda b: b.newcomer.predict(pair),
        "stack": lambda b: b.stack.predict(pair),
    }

    assert loaded.config == bundle.config
    assert loaded.vocabulary == bundle.vocabulary
    assert list(loaded.arrays) == ["price_scale"]
    np.testing.assert_array_equal(loaded.arrays["price_scale"], [1.0, 2.0])
    for name, score in scorers.items():
        np.testing.assert_array_equal(score(loaded), score(bundle), err_msg=name)


def test_manifest_tells_the_run(saved: Path, bundle: Bundle) -> None:
    manifest = read_manifest(saved)

    assert manifest["format"] == 1
    assert manifest["parts"] == ALL_PARTS
    assert manifest["data_window"] == FACTS["data_window"]
    assert manifest["metrics"] == {"auc": 0.8, "pr_auc": None}
    assert TrainingConfig.from_dict(manifest["config"]) == CONFIG
    assert manifest["vocabulary_hash"] == json_hash(bundle.vocabulary.to_json())
    assert {"keras", "tensorflow", "lightgbm", "numpy", "python"} <= manifest["libraries"].keys()
    on_disk = {p.relative_to(saved).as_posix() for p in saved.rglob("*") if p.is_file()} - {"manifest.json"}
    assert manifest["files"].keys() == on_disk


def test_no_file_is_a_pickle(saved: Path) -> None:
    suffixes = {path.suffix for path in saved.rglob("*") if path.is_file()}

    assert suffixes == {".json", ".npz", ".keras", ".txt"}
    for path in saved.rglob("*.npz"):
        with np.load(path, allow_pickle=False) as arrays:
            assert all(arrays[name].dtype != object for name in arrays.files)


def test_web_side_reads_the_exported_weights(saved: Path, bundle: Bundle) -> None:
    assert bundle.interest is not None
    x = np.ones((1, 1, 5), np.float32)
    online = OnlineInterest.load(saved)

    now = online.interest(online.step(online.start(), x[0, 0]))

    np.testing.assert_allclose(now, bundle.interest.predict(x, np.ones((1, 1), bool))[0], atol=1e-6)
    assert "W_out" in OnlineFusion.load(saved).weights, "the served fusion is the one of the config"


def test_parts_that_are_off_are_left_out(tmp_path: Path) -> None:
    small = Bundle(
        config=CONFIG,
        vocabulary=MadeUpVocabulary({}),
        popularity=PopularityModel(strength=1).fit(np.zeros((2, 1), int), np.array([0, 1])),
    )

    registry.save_bundle(small, tmp_path / "small", {})
    loaded = load(tmp_path / "small")

    assert (loaded.interest, loaded.boosting, loaded.stack) == (None, None, None)
    assert loaded.fusions == loaded.arrays == {}
    assert loaded.popularity is not None


def test_an_artefact_is_never_changed(bundle: Bundle, saved: Path) -> None:
    before = (saved / "manifest.json").read_bytes()

    with pytest.raises(ArtefactError, match="exists already"):
        registry.save_bundle(bundle, saved, {})

    assert (saved / "manifest.json").read_bytes() == before


def test_nothing_is_left_of_a_save_that_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="disk"), new_artefact(tmp_path / "v1", {}) as draft:
        (draft / "half.json").write_text("{}")
        raise RuntimeError("disk")

    assert list(tmp_path.iterdir()) == []


def test_facts_may_not_use_reserved_names(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="reserved names: files"):
        registry.save_bundle(bundle, tmp_path / "v1", {"files": {}})

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file", ["interest/model.keras", "boosting/model.txt", "stack/stack.json", "vocabulary.json"])
def test_a_missing_file_is_named(copy: Path, file: str) -> None:
    (copy / file).unlink()

    with pytest.raises(ArtefactError) as refusal:
        load(copy)
    assert (refusal.value.file, refusal.value.reason) == (file, "is missing")


@pytest.mark.parametrize("file", ["encoder/model.keras", "als/factors.npz", "arrays.npz", "interest_weights.npz"])
def test_a_changed_file_is_named(copy: Path, file: str) -> None:
    content = bytearray((copy / file).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / file).write_bytes(content)

    with pytest.raises(ArtefactError, match="which is not the manifest's") as refusal:
        load(copy)
    assert refusal.value.file == file


def test_a_folder_without_manifest_is_refused(copy: Path) -> None:
    (copy / "manifest.json").unlink()

    with pytest.raises(ArtefactError, match=r"manifest\.json: is missing"):
        load(copy)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 1}'])
def test_a_broken_manifest_is_refused(copy: Path, text: str) -> None:
    (copy / "manifest.json").write_text(text)

    with pytest.raises(ArtefactError, match=r"manifest\.json: is not"):
        load(copy)


@pytest.mark.parametrize(
    ("change", "file", "message"),
    [
        (lambda m: m.update(format=2), "manifest.json", "has format 2; this code reads 1"),
        (lambda m: m.pop("config"), "manifest.json", "has no config"),
        (lambda m: m["config"]["interest"].update(epochs=0), "manifest.json", "interest.epochs: 0 is below 1"),
        (lambda m: m["config"]["interest"].update(dropout=0.3), "interest/settings.json", "not the manifest's"),
        (lambda m: m["config"]["fusion"].update(epochs=99), "fusion-interaction/settings.json", "not the manifest's"),
        (lambda m: m.update(vocabulary_hash="0" * 64), "vocabulary.json", "is not the vocabulary"),
        (lambda m: m["files"].pop("vocabulary.json"), "manifest.json", "does not list vocabulary.json"),
        (lambda m: m["parts"].append("oracle"), "manifest.json", "names an unknown part: oracle"),
        (lambda m: m["files"].update({"../../x": {"sha256": ""}}), "manifest.json", "outside the folder"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    copy: Path, change: Callable[[dict[str, Any]], Any], file: str, message: str
) -> None:
    rewrite_manifest(copy, change)

    with pytest.raises(ArtefactError) as refusal:
        load(copy)
    assert refusal.value.file == file
    assert message in refusal.value.reason


def test_a_part_that_another_release_kept_differently_is_named(copy: Path) -> None:
    (copy / "boosting" / "model.txt").unlink()
    rewrite_manifest(copy, lambda m: m["files"].pop("boosting/model.txt"))

    with pytest.raises(ArtefactError, match="boosting: does not fit this release"):
        load(copy)


def test_verify_gives_the_manifest_of_a_sound_artefact(saved: Path) -> None:
    assert verify_artefact(saved) == read_manifest(saved)


def test_the_revision_of_a_deployment_wins_over_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODE_REVISION", "release-7")

    assert registry.code_revision() == "release-7"
