"""Stages 2-4 strung together: a lake and a config -> everything that training reads, before any model.

What is prepared knows no model and can be kept: trainings that differ in their models only, as those of
`benchmarks.quality` do, share it.
"""

from dataclasses import dataclass
from typing import Any

from recommender.config import TrainingConfig
from recommender.pipeline.cleaning import clean
from recommender.pipeline.features.vocabulary_fit import fit_vocabulary
from recommender.pipeline.inputs import Inputs, load_inputs
from recommender.pipeline.lake import Lake, day_number, day_of
from recommender.pipeline.rehearsal import Lessons, lessons
from recommender.pipeline.splits import Split, offers
from recommender.pipeline.vocabulary import Vocabulary


@dataclass(frozen=True)
class Prepared:
    """One lake as training reads it."""

    cleaning: dict[str, Any]
    """The cleaning's report, JSON-able."""
    split: Split
    learnt_from: str
    """REDEMPTIONS of real campaigns, or what stands in for them: see `rehearsal`."""
    vocabulary: Vocabulary
    inputs: Inputs
    first_day: int
    """Day number of the first event."""
    last_day: int
    """Day number of the snapshot."""


def clean_and_teach(lake: Lake, config: TrainingConfig) -> tuple[dict[str, Any], Lessons]:
    """The cleaning's report, and the clean lake with its split; SplitError where nothing can be learnt from it."""
    cleaned = clean(lake, config.cleaning)
    return cleaned.report.to_dict(), lessons(cleaned.lake, config.split)


def read_features(config: TrainingConfig, cleaning: dict[str, Any], taught: Lessons) -> Prepared:
    """Vocabulary and inputs of every campaign of the split; leaves DuckDB at rest."""
    lake, split = taught.lake, taught.split
    vocabulary = fit_vocabulary(lake, config.features, before=split.validation_from)
    inputs = load_inputs(lake, offers(lake, split.everything.campaigns), vocabulary)
    first_day = _first_day(lake)
    lake.release(lake.events)
    lake.rest()
    return Prepared(cleaning, split, taught.learnt_from, vocabulary, inputs, first_day, day_of(lake.now))


def _first_day(lake: Lake) -> int:
    days = lake.events.aggregate(day=day_number(lake.events["occurred_at"]).min()).to_pyarrow()
    return int(days["day"][0].as_py() or 0)
