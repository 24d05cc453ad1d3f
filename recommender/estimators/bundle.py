"""Everything one training run learnt, ready to score: what `pipeline.training` returns and `registry` keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from numpy.typing import NDArray

from recommender.config import TrainingConfig
from recommender.estimators.als import AlsModel
from recommender.estimators.bagged_fusion import BaggedFusion
from recommender.estimators.boosting import BoostedTrees
from recommender.estimators.content import ContentModel
from recommender.estimators.interest_rnn import InterestRNN
from recommender.estimators.item_autoencoder import ItemAutoencoder
from recommender.estimators.linear import LinearRanker
from recommender.estimators.popularity import PopularityModel
from recommender.estimators.stacker import CalibratedStack


class VocabularyLike(Protocol):
    """What the bundle asks of `pipeline.vocabulary.Vocabulary`."""

    def to_json(self) -> dict[str, Any]:
        """Everything it knows, as JSON."""


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """The parts of one model version; a part that its config switches off is None."""

    config: TrainingConfig
    vocabulary: VocabularyLike
    interest: InterestRNN | None = None
    encoder: ItemAutoencoder | None = None
    fusions: Mapping[str, BaggedFusion] = field(default_factory=dict)
    """By name: literal, interaction. The one of config.fusion.fusion is served, the others are ablations."""
    boosting: BoostedTrees | None = None
    linear: LinearRanker | None = None
    als: AlsModel | None = None
    content: ContentModel | None = None
    popularity: PopularityModel | None = None
    newcomer: LinearRanker | None = None
    """What answers for a shopper of whom nothing is known."""
    stack: CalibratedStack | None = None
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """Tables the pipeline needs beside the parts, by name (scalers, item attributes)."""
