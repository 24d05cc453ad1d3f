"""Settings: what is refused, by which name, and that a config survives its JSON."""

import json
from dataclasses import FrozenInstanceError, fields
from datetime import date
from typing import Any

import pytest

from recommender.config import InterestConfig, SettingError, SplitConfig, TrainingConfig


def test_config_survives_its_json() -> None:
    config = TrainingConfig().with_overrides("split.test_from=2017-10-01", "interest.epochs=3", "seed=9")

    again = TrainingConfig.from_dict(json.loads(json.dumps(config.to_dict())))

    assert again == config
    assert again.split.test_from == date(2017, 10, 1)


def test_what_is_left_out_keeps_its_default() -> None:
    config = TrainingConfig.from_dict({"interest": {"epochs": 2}})

    assert config.interest == InterestConfig(epochs=2)
    assert config.encoder == TrainingConfig().encoder


@pytest.mark.parametrize(
    ("assignment", "stage", "name", "value"),
    [
        ("interest.epochs=3", "interest", "epochs", 3),
        ("interest.learning_rate=1e-2", "interest", "learning_rate", 0.01),
        ("interest.dropout=0", "interest", "dropout", 0.0),
        ("interest.enabled=yes", "interest", "enabled", True),
        ("interest.enabled=off", "interest", "enabled", False),
        ("features.spark_remote=sc://host:15002?a=b", "features", "spark_remote", "sc://host:15002?a=b"),
        ("split.validation_from=2017-08-08", "split", "validation_from", date(2017, 8, 8)),
        ("split.validation_from=none", "split", "validation_from", None),
        ("fusion.fusion=literal", "fusion", "fusion", "literal"),
    ],
)
def test_override(assignment: str, stage: str, name: str, value: Any) -> None:
    config = TrainingConfig().with_overrides(assignment)

    assert getattr(getattr(config, stage), name) == value
    assert type(getattr(getattr(config, stage), name)) is type(value)
    others = set(TrainingConfig.stages()) - {stage}
    assert all(getattr(config, other) == getattr(TrainingConfig(), other) for other in others)


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("interest.epochs=x", "interest.epochs: 'x' is not an int"),
        ("interest.epochs=2.5", "interest.epochs: '2.5' is not an int"),
        ("interest.epochs=0", "interest.epochs: 0 is below 1"),
        ("interest.dropout=0.95", "interest.dropout: 0.95 is above 0.9"),
        ("interest.learning_rate=nan", "interest.learning_rate: nan is not a finite number"),
        ("interest.enabled=maybe", "interest.enabled: 'maybe' is not a bool"),
        ("split.test_from=2017-13-01", "split.test_from: '2017-13-01' is not a date"),
        ("encoder.output=both", "encoder.output: 'both' is none of reconstruction, code"),
        ("seed=x", "seed: 'x' is not an integer from 0 to 2147483647"),
        ("interest.epochs", "interest.epochs: is not of the form stage.setting=value"),
    ],
)
def test_bad_override_names_setting_and_value(assignment: str, message: str) -> None:
    with pytest.raises(SettingError) as refusal:
        TrainingConfig().with_overrides(assignment)

    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("values", "setting"),
    [
        ({"interest": {"epochs": "3"}}, "interest.epochs"),
        ({"interest": {"epochs": True}}, "interest.epochs"),
        ({"interest": {"epochs": None}}, "interest.epochs"),
        ({"interest": {"enabled": 1}}, "interest.enabled"),
        ({"interest": {"epoch": 3}}, "interest.epoch"),
        ({"interest": 3}, "interest"),
        ({"interests": {}}, "interests"),
        ({"seed": -1}, "seed"),
        ({"seed": "1"}, "seed"),
    ],
)
def test_bad_json_names_the_setting(values: dict[str, Any], setting: str) -> None:
    with pytest.raises(SettingError) as refusal:
        TrainingConfig.from_dict(values)

    assert refusal.value.setting == setting


def test_unknown_setting_lists_the_known() -> None:
    with pytest.raises(SettingError, match=r"^split\.until: no such setting; known are .*test_from, validation_from$"):
        TrainingConfig.from_dict({"split": {"until": "2017-01-01"}})


def test_a_config_in_hand_is_valid_and_frozen() -> None:
    with pytest.raises(SettingError, match="epochs: 0 is below 1"):
        InterestConfig(epochs=0)
    with pytest.raises(FrozenInstanceError):
        InterestConfig().epochs = 3  # type: ignore[misc]


def test_whole_numbers_of_json_are_floats_where_floats_are_meant() -> None:
    config = TrainingConfig.from_dict({"interest": {"dropout": 0}})

    assert type(config.interest.dropout) is float


def test_every_setting_is_described_once_with_its_help() -> None:
    infos = TrainingConfig.describe()
    names = [info.name for info in infos]

    expected = ["seed", *(f"{s}.{f.name}" for s, stage in TrainingConfig.stages().items() for f in fields(stage))]  # type: ignore[arg-type]
    assert names == expected
    assert [info.name for info in infos if not info.help] == []
    by_name = {info.name: info for info in infos}
    assert (by_name["interest.epochs"].kind, by_name["interest.epochs"].low) == ("int", 1)
    assert by_name["fusion.fusion"].choices == ("literal", "interaction")
    assert by_name["split.test_from"].optional
    assert by_name["split.test_from"].default is SplitConfig().test_from is None
