"""How a setting is declared, checked, read from JSON or text, and listed for a form.

A stage's dataclass inherits `Stage` and declares each field with `setting(default, help, ...)`. A wrong value
never becomes a config: `SettingError` names the dotted setting, the value and what was expected.
"""

import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import date
from types import UnionType
from typing import Any, Self, TypeVar, get_args, get_type_hints

T = TypeVar("T")

TRUE_WORDS = frozenset({"true", "yes", "on", "1"})
FALSE_WORDS = frozenset({"false", "no", "off", "0"})
NONE_WORDS = frozenset({"", "none", "null"})


class SettingError(ValueError):
    """A setting that is unknown or whose value is refused; `setting` is its dotted name."""

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(f"{setting}: {reason}")
        self.setting = setting
        self.reason = reason

    def within(self, stage: str) -> "SettingError":
        """The same refusal with the stage's name before the setting's."""
        return SettingError(f"{stage}.{self.setting}", self.reason)


@dataclass(frozen=True, kw_only=True)
class SettingInfo:
    """One setting as a form or a help text shows it."""

    name: str
    """Dotted: interest.epochs."""
    kind: str
    """int, float, bool, str or date."""
    default: Any
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False


def setting(
    default: T,
    help_text: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> T:
    """A dataclass field with its help text, its range (both ends included) or its choices."""
    declared: T = field(default=default, metadata={"help": help_text, "low": low, "high": high, "choices": choices})
    return declared


def _kind(hint: Any) -> tuple[Any, bool]:
    """The plain type of a field's annotation, and whether None is allowed."""
    if isinstance(hint, UnionType):
        plain = [part for part in get_args(hint) if part is not type(None)]
        return plain[0], True
    return hint, False


def _from_json(hint: Any, value: Any) -> Any:
    """JSON knows no dates, and writes 1.0 as 1: the only two conversions."""
    kind, _ = _kind(hint)
    if kind is date and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _from_text(hint: Any, text: str) -> Any:
    """A form's or command line's text as the field's type; what does not parse is left for the check."""
    kind, optional = _kind(hint)
    word = text.strip().lower()
    if optional and word in NONE_WORDS:
        return None
    if kind is bool:
        return word in TRUE_WORDS if word in TRUE_WORDS | FALSE_WORDS else text
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            return text
    return _from_json(hint, text)


def _check(item: Field[Any], hint: Any, value: Any) -> None:
    kind, optional = _kind(hint)
    if value is None and optional:
        return
    if type(value) is not kind:
        article = "an" if kind.__name__[0] in "aeiou" else "a"
        raise SettingError(item.name, f"{value!r} is not {article} {kind.__name__}")
    if kind is float and not math.isfinite(value):
        raise SettingError(item.name, f"{value!r} is not a finite number")
    low, high, choices = (item.metadata.get(key) for key in ("low", "high", "choices"))
    if low is not None and value < low:
        raise SettingError(item.name, f"{value!r} is below {low}")
    if high is not None and value > high:
        raise SettingError(item.name, f"{value!r} is above {high}")
    if choices and value not in choices:
        raise SettingError(item.name, f"{value!r} is none of {', '.join(choices)}")


class Stage:
    """Base of the settings of one stage: checked when made, so that a config in hand is a valid one."""

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for item in fields(self):  # type: ignore[arg-type]  # every subclass is a dataclass
            _check(item, hints[item.name], getattr(self, item.name))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Settings from JSON values; those left out keep their defaults."""
        hints = get_type_hints(cls)
        known = {item.name for item in fields(cls)}  # type: ignore[arg-type]
        for name in values:
            if name not in known:
                raise SettingError(str(name), f"no such setting; known are {', '.join(sorted(known))}")
        return cls(**{name: _from_json(hints[name], value) for name, value in values.items()})

    def to_dict(self) -> dict[str, Any]:
        """JSON values of every setting, defaults included."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}  # type: ignore[arg-type]
        return {name: v.isoformat() if isinstance(v, date) else v for name, v in values.items()}

    @classmethod
    def parse(cls, name: str, text: str) -> Any:
        """The value that `text` means for the setting `name`."""
        hints = get_type_hints(cls)
        if name not in hints:
            raise SettingError(name, f"no such setting; known are {', '.join(sorted(hints))}")
        return _from_text(hints[name], text)

    @classmethod
    def describe(cls, stage: str) -> list[SettingInfo]:
        """Every setting of the stage, in the order of declaration."""
        hints = get_type_hints(cls)
        infos = []
        for item in fields(cls):  # type: ignore[arg-type]
            kind, optional = _kind(hints[item.name])
            infos.append(
                SettingInfo(
                    name=f"{stage}.{item.name}" if stage else item.name,
                    kind=kind.__name__,
                    default=None if item.default is MISSING else item.default,
                    help=item.metadata.get("help", ""),
                    low=item.metadata.get("low"),
                    high=item.metadata.get("high"),
                    choices=item.metadata.get("choices") or (),
                    optional=optional,
                )
            )
        return infos
