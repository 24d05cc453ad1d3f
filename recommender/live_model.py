"""WEB side: the live version's networks in this process, read once and exchanged when another version goes live.

An artefact that is missing or was changed is no reason for a failed request: `live_model` raises ArtefactError, the
read path answers without it and says so, and the folder is looked at again after some seconds.
"""

import hashlib
import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from django.conf import settings

from recommender.artefacts import ArtefactError, read_manifest
from recommender.config import SettingError, TrainingConfig
from recommender.estimators.base import Floats
from recommender.online import (
    FUSION_WEIGHTS_FILE,
    INTEREST_WEIGHTS_FILE,
    STACK_FILE,
    OnlineFusion,
    OnlineInterest,
    OnlineStack,
)
from recommender.pipeline.vocabulary import Vocabulary

logger = logging.getLogger(__name__)

VOCABULARY_FILE = "vocabulary.json"
RETRY_SECONDS = 10.0


@dataclass(frozen=True)
class LiveModel:
    """What one recurrent step and one re-ranking read."""

    version_id: int
    interest: OnlineInterest
    fusion: OnlineFusion
    stack: OnlineStack
    vocabulary: Vocabulary
    category_numbers: dict[str, int]
    """Number of each interest category by its path."""
    sequence_length: int
    max_events_per_day: int
    intent_strength: float

    @classmethod
    def load(cls, version_id: int, folder: Path) -> "LiveModel":
        """Read the files of an artefact folder that the web half needs, each against its hash. Raises ArtefactError."""
        manifest = read_manifest(folder)
        for name in (INTEREST_WEIGHTS_FILE, FUSION_WEIGHTS_FILE, STACK_FILE, VOCABULARY_FILE):
            _verify(folder, name, manifest)
        try:
            config = TrainingConfig.from_dict(manifest["config"])
            vocabulary = Vocabulary.from_json(json.loads((folder / VOCABULARY_FILE).read_text()))
        except (SettingError, KeyError, TypeError, AttributeError) as error:
            raise ArtefactError(folder, "manifest.json", f"does not fit this release: {error}") from None
        return cls(
            version_id=version_id,
            interest=OnlineInterest.load(folder),
            fusion=OnlineFusion.load(folder),
            stack=OnlineStack.load(folder, part=config.fusion.fusion),
            vocabulary=vocabulary,
            category_numbers={path: number for number, path in enumerate(vocabulary.categories)},
            sequence_length=config.features.sequence_length,
            max_events_per_day=config.cleaning.max_events_per_day,
            intent_strength=config.interest.intent_strength,
        )

    def step_input(self, counts: dict[int, float], *, gap_days: int, spend_minor: float) -> Floats:
        """x (n_inputs,) of one day, in the two bytes a number that training reads."""
        x = self.vocabulary.step_inputs(counts, gap_days=gap_days, spend_minor=spend_minor)
        return x.astype(np.float16).astype(np.float32)


@dataclass
class _Kept:
    path: str
    model: LiveModel | None = None
    error: ArtefactError | None = None
    retry_at: float = 0.0


MOST_KEPT = 3
"""Models in one process: the live one and those that an experiment tries beside it."""

_kept: dict[int, _Kept] = {}
_lock = Lock()


def live_model(version_id: int, path: str) -> LiveModel:
    """The networks of a version whose artefact lies at `path` below MODEL_DIR. Raises ArtefactError."""
    place = str(Path(settings.MODEL_DIR) / path)
    kept = _kept.get(version_id)
    if kept is None or not _answers(kept, place):
        with _lock:
            kept = _kept.get(version_id)
            if kept is None or not _answers(kept, place):
                kept = _load(version_id, place)
                _kept.pop(version_id, None)
                _kept[version_id] = kept
                for old in list(_kept)[:-MOST_KEPT]:
                    del _kept[old]
    if kept.model is None:
        raise kept.error or ArtefactError(Path(place), ".", "is not loaded")
    return kept.model


def _answers(kept: _Kept, place: str) -> bool:
    if kept.path != place:
        return False
    return kept.model is not None or time.monotonic() < kept.retry_at


def _load(version_id: int, place: str) -> _Kept:
    try:
        return _Kept(place, LiveModel.load(version_id, Path(place)))
    except (ArtefactError, OSError, ValueError) as error:
        refused = error if isinstance(error, ArtefactError) else ArtefactError(Path(place), ".", str(error))
        logger.warning("Live interest is off, the model is refused: %s", refused)
        return _Kept(place, None, refused, time.monotonic() + RETRY_SECONDS)


def _verify(folder: Path, name: str, manifest: dict[str, Any]) -> None:
    facts = manifest["files"].get(name)
    if not isinstance(facts, dict):
        raise ArtefactError(folder, "manifest.json", f"does not list {name}")
    try:
        content = (folder / name).read_bytes()
    except OSError:
        raise ArtefactError(folder, name, "is missing") from None
    if hashlib.sha256(content).hexdigest() != facts.get("sha256"):
        raise ArtefactError(folder, name, "is not the manifest's: it was changed")
