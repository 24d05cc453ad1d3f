"""Files of a Keras estimator: model.keras and settings.json. Never a pickle; no file is executed."""

import json
from pathlib import Path
from typing import Any

import keras
import keras_rs  # noqa: F401  (registers its layers, so that safe mode may build them)

MODEL_FILE = "model.keras"
SETTINGS_FILE = "settings.json"


def write_network(folder: Path, model: Any, settings: dict[str, Any]) -> None:
    """Write the network and the JSON settings that rebuild its estimator into an existing folder."""
    model.save(folder / MODEL_FILE)
    write_settings(folder, settings)


def read_weights_into(folder: Path, model: Any) -> None:
    """Give a network of the same shape the saved weights."""
    saved = keras.saving.load_model(folder / MODEL_FILE, compile=False, safe_mode=True)
    model.set_weights(saved.get_weights())


def write_settings(folder: Path, settings: dict[str, Any]) -> None:
    """Write settings.json."""
    (folder / SETTINGS_FILE).write_text(json.dumps(settings, indent=1, sort_keys=True) + "\n")


def read_settings(folder: Path) -> dict[str, Any]:
    """The settings as written by `write_settings`."""
    settings: dict[str, Any] = json.loads((folder / SETTINGS_FILE).read_text())
    return settings
