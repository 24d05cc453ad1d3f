"""The made-up journey in the test database, as the importers load it; and settings that train on it in seconds."""

import shutil
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings

from coupons.importing.runs import Options
from recommender.datasets.complete_journey import Manifest
from recommender.datasets.demo import load_demo
from tests.made_up_journey import write_made_up_journey

SMALL: dict[str, Any] = {
    "seed": 5,
    "interest": {"epochs": 2, "hidden_size": 8, "embedding_size": 8},
    "encoder": {"epochs": 1, "rows_per_epoch": 256},
    "fusion": {"epochs": 1, "hidden_size": 8, "projection_size": 4},
    "classic": {"boosting_rounds": 30, "boosting_min_leaf": 5, "als_factors": 4, "als_iterations": 2},
}


def load_made_up_journey(folder: Path, *, households: int = 40) -> Manifest:
    """Write the files and import them, their dates moved to end within the week before now; artefacts are cleared."""
    for place in (settings.MODEL_DIR, settings.LAKE_DIR):
        shutil.rmtree(place, ignore_errors=True)
    source = folder / "journey"
    write_made_up_journey(source, households=households)
    return load_demo(
        source=source,
        target=folder / "files",
        now=datetime.now(UTC),
        options=Options(out=StringIO()),
        say=lambda _line: None,
    )
