"""A new shopper, simulated: the model's scores of the test candidates with every household's history hidden.

Of somebody without history a model knows the coupon and its campaign only, so one stranger for each campaign stands in
for all its households.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.quality.journey import lake_folder, part_rows
from recommender.estimators.bundle import Bundle
from recommender.pipeline.cleaning import clean
from recommender.pipeline.inputs import load_inputs
from recommender.pipeline.lake import read_lake
from recommender.pipeline.live import NOBODY
from recommender.pipeline.preparation import Prepared
from recommender.pipeline.rankers import stack_of
from recommender.pipeline.scoring import score_parts
from recommender.pipeline.splits import offers
from recommender.pipeline.vocabulary import Vocabulary


def hidden_history(bundle: Bundle, prepared: Prepared) -> NDArray[np.float64]:
    """Scores (n,) of the test candidates, each as a stranger's."""
    assert isinstance(bundle.vocabulary, Vocabulary)  # noqa: S101 - a judged bundle has one
    lake = clean(read_lake(lake_folder()), bundle.config.cleaning).lake
    lists = offers(lake, prepared.split.test.campaigns)
    strangers = lists.mutate(shopper_id=NOBODY).distinct()
    inputs = load_inputs(lake, strangers, bundle.vocabulary)
    parts, _, _ = score_parts(bundle, inputs, np.arange(len(inputs.frame)))
    score = pd.Series(
        stack_of(bundle).predict(parts), pd.MultiIndex.from_arrays([inputs.frame.campaign, inputs.frame.coupon])
    )
    rows = part_rows(prepared, prepared.split.test)
    frame = prepared.inputs.frame
    wanted = pd.MultiIndex.from_arrays([frame.campaign[rows], frame.coupon[rows]])
    return np.asarray(score.reindex(wanted), np.float64)
