"""Settings of a run or model for people: those that differ from the defaults, or from another model's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recommender.admin.train_form import setting_label, stage_title
from recommender.config import SettingError, TrainingConfig


@dataclass(frozen=True)
class ChangedSetting:
    """One setting: its value here, and the one it is compared with."""

    stage: str
    label: str
    before: Any
    after: Any


def changed_settings(config: Mapping[str, Any], against: Mapping[str, Any] | None = None) -> list[ChangedSetting]:
    """What differs from the defaults, or from `against`. Settings that a later release dropped are shown too."""
    mine, other = _flat(config), _flat(against or {})
    return [
        ChangedSetting(
            stage=stage_title(name.rpartition(".")[0]),
            label=setting_label(name),
            before=other.get(name, "–"),
            after=mine.get(name, "–"),
        )
        for name in dict.fromkeys([*mine, *other])
        if mine.get(name) != other.get(name)
    ]


def _flat(config: Mapping[str, Any]) -> dict[str, Any]:
    try:
        full: Mapping[str, Any] = TrainingConfig.from_dict(config).to_dict()
    except SettingError:
        full = config
    flat: dict[str, Any] = {}
    for stage, value in full.items():
        if isinstance(value, Mapping):
            flat |= {f"{stage}.{name}": item for name, item in value.items()}
        else:
            flat[stage] = value
    return flat
