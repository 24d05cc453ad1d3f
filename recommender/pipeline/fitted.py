"""Models that were fitted before on the same inputs, by everything that they depend on.

One training never fits a thing twice. Trainings that differ in one piece, as ablations do, share the rest: each fit
is asked for by what it reads, and made once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from recommender.artefacts import json_hash
from recommender.estimators.base import EpochReport, OnEpoch

T = TypeVar("T")


@dataclass
class Fitted:
    """What was fitted on one `Prepared`; good for no other."""

    _kept: dict[str, tuple[Any, list[EpochReport]]] = field(default_factory=dict)

    def get(self, depends_on: Mapping[str, Any], fit: Callable[[OnEpoch], T], on_epoch: OnEpoch | None = None) -> T:
        """The model of these JSON-able facts; fitted now, or reported once more as it was fitted then."""
        key = json_hash(depends_on)
        if key in self._kept:
            model, reports = self._kept[key]
            if on_epoch:
                for report in reports:
                    on_epoch(report)
            return cast("T", model)
        seen: list[EpochReport] = []

        def record(report: EpochReport) -> None:
            seen.append(report)
            if on_epoch:
                on_epoch(report)

        model = fit(record)
        self._kept[key] = model, seen
        return model
