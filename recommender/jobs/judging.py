"""A saved model judged on campaigns that it has not learnt from, as its own training judged it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recommender.pipeline.cleaning import clean
from recommender.pipeline.evaluation import Scored
from recommender.pipeline.lake import Lake
from recommender.pipeline.rehearsal import is_rehearsed, rehearse
from recommender.pipeline.scoring import evaluate_bundle
from recommender.pipeline.splits import Part
from recommender.registry import load_bundle, read_manifest


def judged_folder(folder: Path) -> Path:
    """The artefact that the figures of `folder` are about: fitted without the test campaigns, often itself.

    A served model has been fitted again on all campaigns, so judging it on some of them would flatter it.
    Raises ArtefactError.
    """
    return folder.with_name(Path(str(read_manifest(folder).get("judged") or folder.name)).name)


def judge_saved(folder: Path, lake: Lake, campaigns: Sequence[int]) -> tuple[dict[str, Any], Scored]:
    """The evaluation report of an artefact on whole campaigns of a lake as it was read, and the scores.

    Raises ArtefactError naming the file of an artefact that is not whole.
    """
    bundle = load_bundle(judged_folder(folder))
    cleaned = clean(lake, bundle.config.cleaning).lake
    if is_rehearsed(campaigns):
        cleaned = rehearse(cleaned).lake
    return evaluate_bundle(bundle, cleaned, Part(tuple(campaigns), None))
