"""Keep a Bundle in a folder and get it back: `save_bundle`, `load_bundle`.

    manifest.json            format, config, vocabulary hash, the run's facts, versions, sha256 of every file
    vocabulary.json          categories, products, coupons of the train part
    arrays.npz               tables the pipeline needs beside the parts
    interest/  encoder/  fusion-literal/  fusion-interaction/      model.keras, settings.json,
                             of further fusions in bag-1/, bag-2/
    boosting/                model.txt (LightGBM's own text)
    linear/  als/  content/  popularity/  newcomer/  stack/                 .npz and .json
    interest_weights.npz  fusion_weights.npz                       what recommender.online reads in the web process

No file is a pickle and none is executed. Loading needs the worker half; `artefacts.read_manifest` does not.
"""

import importlib
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from recommender.artefacts import (
    ArtefactError,
    Manifest,
    json_hash,
    new_artefact,
    read_manifest,
    verify_artefact,
)
from recommender.config import SettingError, TrainingConfig
from recommender.estimators.als import AlsModel
from recommender.estimators.bagged_fusion import BaggedFusion
from recommender.estimators.boosting import BoostedTrees
from recommender.estimators.bundle import Bundle, VocabularyLike
from recommender.estimators.content import ContentModel
from recommender.estimators.interest_rnn import InterestRNN
from recommender.estimators.item_autoencoder import ItemAutoencoder
from recommender.estimators.linear import LinearRanker
from recommender.estimators.popularity import PopularityModel
from recommender.estimators.stacker import CalibratedStack
from recommender.online import FUSION_WEIGHTS_FILE, INTEREST_WEIGHTS_FILE

__all__ = ["ArtefactError", "Manifest", "load_bundle", "read_manifest", "save_bundle", "verify_artefact"]

VOCABULARY_FILE = "vocabulary.json"
ARRAYS_FILE = "arrays.npz"
FUSION_PREFIX = "fusion-"
PARTS: dict[str, Any] = {
    "interest": InterestRNN,
    "encoder": ItemAutoencoder,
    "boosting": BoostedTrees,
    "linear": LinearRanker,
    "als": AlsModel,
    "content": ContentModel,
    "popularity": PopularityModel,
    "newcomer": LinearRanker,
    "stack": CalibratedStack,
}
CONFIGURED = {
    "interest": "interest",
    "encoder": "encoder",
    "boosting": "classic",
    "linear": "classic",
    "als": "classic",
    "stack": "stack",
}
"""Parts that keep their own settings, and the stage that those must be equal to."""
LIBRARIES = ("keras", "keras-rs", "tensorflow", "lightgbm", "implicit", "scikit-learn", "scipy", "numpy")


def save_bundle(bundle: Bundle, folder: Path, manifest: Mapping[str, Any]) -> Manifest:
    """Write a bundle as a new artefact folder, whole or not at all, and give back its full manifest.

    `manifest` holds the run's facts as JSON (data window, metrics, ...); format, config, vocabulary hash, parts,
    revision, library versions and file hashes are added. Raises ArtefactError when the folder is there already.
    """
    vocabulary = bundle.vocabulary.to_json()
    facts = {
        "revision": code_revision(),
        **manifest,
        "config": bundle.config.to_dict(),
        "vocabulary_hash": json_hash(vocabulary),
        "parts": [name for name, _ in _parts(bundle)],
        "libraries": library_versions(),
    }
    with new_artefact(folder, facts) as draft:
        (draft / VOCABULARY_FILE).write_text(json.dumps(vocabulary, sort_keys=True, allow_nan=False) + "\n")
        for name, part in _parts(bundle):
            (draft / name).mkdir()
            part.save(draft / name)
        if bundle.arrays:
            np.savez_compressed(draft / ARRAYS_FILE, **bundle.arrays)  # type: ignore[arg-type]  # stub's flag
        _export_online(bundle, draft)
    return read_manifest(folder)


def load_bundle(
    folder: Path, *, vocabulary_from_json: Callable[[dict[str, Any]], VocabularyLike] | None = None
) -> Bundle:
    """The bundle of an artefact folder, after its manifest was verified.

    Raises ArtefactError naming the file: missing, changed, of an unknown format, or not of the manifest's config or
    vocabulary. `vocabulary_from_json` defaults to `pipeline.vocabulary.Vocabulary.from_json`.
    """
    manifest = verify_artefact(folder)
    config = _config(folder, manifest)
    vocabulary = _vocabulary(folder, manifest, vocabulary_from_json)
    parts = {name: _load_part(folder, name, config) for name in _listed(folder, manifest)}
    fusions = {name.removeprefix(FUSION_PREFIX): part for name, part in parts.items() if name.startswith(FUSION_PREFIX)}
    return Bundle(
        config=config,
        vocabulary=vocabulary,
        fusions=fusions,
        arrays=_arrays(folder, manifest),
        **{name: part for name, part in parts.items() if name in PARTS},
    )


def code_revision() -> str:
    """The commit that is running: CODE_REVISION where a deployment sets it, else git's; empty where neither is."""
    configured = os.environ.get("CODE_REVISION", "")
    if configured:
        return configured
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()


def library_versions() -> dict[str, str]:
    """Versions of what the scores depend on; a library under another distribution's name is left out."""
    versions = {"python": platform.python_version()}
    for name in LIBRARIES:
        for distribution in (name, f"{name}-cpu"):
            try:
                versions[name] = importlib.metadata.version(distribution)
            except importlib.metadata.PackageNotFoundError:
                continue
            break
    return versions


def _parts(bundle: Bundle) -> Iterator[tuple[str, Any]]:
    for name in PARTS:
        if getattr(bundle, name) is not None:
            yield name, getattr(bundle, name)
    for name, fusion in bundle.fusions.items():
        yield f"{FUSION_PREFIX}{name}", fusion


def _export_online(bundle: Bundle, folder: Path) -> None:
    served = bundle.fusions.get(bundle.config.fusion.fusion)
    for file, part in ((INTEREST_WEIGHTS_FILE, bundle.interest), (FUSION_WEIGHTS_FILE, served)):
        if part is not None:
            np.savez(folder / file, **part.weights())  # type: ignore[arg-type]  # stub's flag


def _config(folder: Path, manifest: Manifest) -> TrainingConfig:
    try:
        return TrainingConfig.from_dict(manifest["config"])
    except (KeyError, AttributeError):
        raise ArtefactError(folder, "manifest.json", "has no config") from None
    except SettingError as error:
        raise ArtefactError(folder, "manifest.json", f"config: {error}") from None


def _listed(folder: Path, manifest: Manifest) -> list[str]:
    names = manifest.get("parts")
    if not isinstance(names, list):
        raise ArtefactError(folder, "manifest.json", "has no list of parts")
    for name in names:
        if name not in PARTS and not str(name).startswith(FUSION_PREFIX):
            raise ArtefactError(folder, "manifest.json", f"names an unknown part: {name}")
        if not any(file.startswith(f"{name}/") for file in manifest["files"]):
            raise ArtefactError(folder, "manifest.json", f"lists no file of the part {name}")
    return names


def _load_part(folder: Path, name: str, config: TrainingConfig) -> Any:
    kind = BaggedFusion if name.startswith(FUSION_PREFIX) else PARTS[name]
    try:
        part = kind.load(folder / name)
    except (OSError, KeyError, TypeError, ValueError) as error:
        # The hashes were right, so this is an artefact of a release that kept the part differently.
        raise ArtefactError(folder, name, f"does not fit this release: {error}") from error
    if isinstance(part, BaggedFusion):
        # Ablations differ from the run's config in the kind of fusion, and in nothing else.
        expected: Any = replace(config.fusion, fusion=part.config.fusion)
    elif name in CONFIGURED:
        expected = getattr(config, CONFIGURED[name])
    else:
        return part
    if part.config != expected:
        raise ArtefactError(folder, f"{name}/settings.json", "its config is not the manifest's")
    return part


def _vocabulary(
    folder: Path, manifest: Manifest, from_json: Callable[[dict[str, Any]], VocabularyLike] | None
) -> VocabularyLike:
    if VOCABULARY_FILE not in manifest["files"]:
        raise ArtefactError(folder, "manifest.json", f"does not list {VOCABULARY_FILE}")
    content = json.loads((folder / VOCABULARY_FILE).read_text())
    if json_hash(content) != manifest.get("vocabulary_hash"):
        raise ArtefactError(folder, VOCABULARY_FILE, "is not the vocabulary of the manifest")
    if from_json is None:
        module = importlib.import_module("recommender.pipeline.vocabulary")
        from_json = module.Vocabulary.from_json
    return from_json(content)


def _arrays(folder: Path, manifest: Manifest) -> dict[str, Any]:
    if ARRAYS_FILE not in manifest["files"]:
        return {}
    with np.load(folder / ARRAYS_FILE, allow_pickle=False) as arrays:
        return dict(arrays)
