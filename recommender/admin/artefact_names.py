"""Names of interest categories, from a version's artefact folder. JSON only: no learning library is loaded."""

import json
import logging
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext

from recommender.models import ModelVersion

VOCABULARY_FILE = "vocabulary.json"
MOST = 5000

logger = logging.getLogger(__name__)


def interest_categories(version: ModelVersion) -> Sequence[str]:
    """The vocabulary's categories in its order; `Category 1`, ... where the artefact is not on this machine."""
    try:
        return _names(str(Path(settings.MODEL_DIR) / version.path / VOCABULARY_FILE))
    except (OSError, ValueError, KeyError, TypeError) as error:
        logger.warning("Vocabulary of %s cannot be read: %s", version, error)
        return [gettext("Category %(number)d") % {"number": index} for index in range(1, MOST + 1)]


def category_paths(version: ModelVersion) -> Sequence[str]:
    """The same as paths from the root (`Grocery > Cheese`), in the order of the interests; empty where unreadable."""
    try:
        return _paths(str(Path(settings.MODEL_DIR) / version.path / VOCABULARY_FILE))
    except (OSError, ValueError, KeyError, TypeError):
        return []


@lru_cache(maxsize=4)
def _paths(path: str) -> tuple[str, ...]:
    """Artefacts never change, so a path stands for its content."""
    return tuple(str(name) for name in json.loads(Path(path).read_text())["categories"])


def _names(path: str) -> tuple[str, ...]:
    return tuple(_readable(name) for name in _paths(path))


def _readable(name: str) -> str:
    """The last step of a path `GROCERY > YOGURT`, not in capitals."""
    last = name.rsplit(" > ", 1)[-1].strip() or name
    return last.capitalize() if last.isupper() else last
