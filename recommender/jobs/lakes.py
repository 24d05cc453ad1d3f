"""Which snapshot of the events a job reads."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from recommender.config import FeatureConfig
from recommender.pipeline.events import export_snapshot
from recommender.pipeline.lake import MANIFEST, Lake, read_lake


def fresh_lake(config: FeatureConfig, *, now: datetime) -> Lake:
    """The database as it is now; no new snapshot is written where nothing changed."""
    return read_lake(export_snapshot(Path(settings.LAKE_DIR), now=now), config)


def snapshot_of(manifest: dict[str, Any], *, now: datetime) -> Lake:
    """The snapshot that a model was trained on, so that figures can be repeated; a fresh one where it is gone."""
    config = FeatureConfig.from_dict((manifest.get("config") or {}).get("features") or {})
    folder = Path(settings.LAKE_DIR) / Path(str(manifest.get("snapshot"))).name
    return read_lake(folder, config) if (folder / MANIFEST).is_file() else fresh_lake(config, now=now)
