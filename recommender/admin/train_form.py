"""The form of a training: one field for every setting of TrainingConfig, made from their descriptions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from recommender.config import SettingError, SettingInfo, TrainingConfig

STAGE_TITLES = {
    "": gettext_noop("Whole run"),
    "cleaning": gettext_noop("Cleaning"),
    "split": gettext_noop("Split by time"),
    "features": gettext_noop("Features"),
    "interest": gettext_noop("Interest model (RNN)"),
    "encoder": gettext_noop("Item encoder"),
    "fusion": gettext_noop("Fusion"),
    "classic": gettext_noop("Classical models"),
    "stack": gettext_noop("Stack and calibration"),
    "policy": gettext_noop("Policy"),
}

# the help texts are English in config.py, which knows nothing of Django; they are translated where they are shown
translated = lazy(gettext, str)


def stage_title(stage: str) -> str:
    """A stage's name for people; one that is new is shown by its own name."""
    return gettext(STAGE_TITLES[stage]) if stage in STAGE_TITLES else stage.replace("_", " ").capitalize()


def setting_label(name: str) -> str:
    """`interest.batch_size` is `Batch size` under its stage's heading."""
    return gettext(_label(name))


def _label(name: str) -> str:
    return name.rsplit(".", 1)[-1].replace("_", " ").capitalize()


def setting_words() -> Iterator[str]:
    """What the form says in English of the config, which marks nothing for translation."""
    for info in TrainingConfig.describe():
        yield _label(info.name)
        yield info.help
    for described in (TrainingConfig, *TrainingConfig.stages().values()):
        yield _first_line(described)


def _first_line(described: object) -> str:
    return (described.__doc__ or "").strip().splitlines()[0]


@dataclass(frozen=True)
class StageFields:
    """A stage's heading and its bound fields, for the template."""

    name: str
    title: str
    help: str
    fields: list[tuple[forms.BoundField, bool]]
    """Each with whether its value differs from the default."""
    open: bool


class TrainForm(forms.Form):
    """Every setting with its default; `overrides` is only what was changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.settings = TrainingConfig.describe()
        for info in self.settings:
            self.fields[_key(info.name)] = _field(info)

    def clean(self) -> dict[str, Any]:
        """Let the config itself have the last word; it names the setting that it refuses."""
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                TrainingConfig.from_dict(self.overrides)
            except SettingError as error:
                known = _key(error.setting) in self.fields
                self.add_error(_key(error.setting) if known else None, error.reason if known else str(error))
        return cleaned

    @property
    def overrides(self) -> dict[str, Any]:
        """Nested JSON values of what differs from the defaults."""
        changed: dict[str, Any] = {}
        for info in self.settings:
            value = self.cleaned_data.get(_key(info.name))
            value = None if value == "" and info.optional else value
            if value == info.default:
                continue
            stored = value.isoformat() if isinstance(value, date) else value
            stage, _dot, name = info.name.rpartition(".")
            (changed.setdefault(stage, {}) if stage else changed)[name] = stored
        return changed

    def stages(self) -> Iterator[StageFields]:
        """The fields in groups, in the order of the pipeline; the first two and those with errors stand open."""
        names = ["", *TrainingConfig.stages()]
        for name in names:
            bound = [self[_key(info.name)] for info in self.settings if info.name.rpartition(".")[0] == name]
            described = TrainingConfig.stages()[name] if name else TrainingConfig
            yield StageFields(
                name=name,
                title=stage_title(name),
                help=gettext(_first_line(described)),
                fields=[(field, bool(self.is_bound and field.name in self.changed_data)) for field in bound],
                open=name in {"", "interest"} or any(field.errors for field in bound),
            )


def _key(name: str) -> str:
    """A form field's name may not hold a dot in an HTML id that a script selects."""
    return name.replace(".", "__")


def _field(info: SettingInfo) -> forms.Field:
    common: dict[str, Any] = {
        "label": setting_label(info.name),
        "help_text": translated(info.help),
        "initial": info.default,
        "required": not info.optional and info.kind not in {"bool", "str"},
    }
    if info.choices:
        return forms.ChoiceField(**common, choices=[(choice, choice) for choice in info.choices])
    if info.kind == "bool":
        return forms.BooleanField(**common)
    if info.kind == "date":
        return forms.DateField(**common, widget=forms.DateInput(attrs={"type": "date"}))
    if info.kind == "int":
        return forms.IntegerField(**common, min_value=_whole(info.low), max_value=_whole(info.high))
    if info.kind == "float":
        widget = forms.NumberInput(attrs={"step": "any"})
        return forms.FloatField(**common, min_value=info.low, max_value=info.high, widget=widget)
    return forms.CharField(**common, error_messages={"required": _("Fill this in.")})


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)
