"""The models that learn from behaviour and from products, and the features that they write for `rankers`.

Interest model and collaborative filtering learn from baskets, not from redemptions; a `Generation` of them is
fitted on everything before its day and scores only lists of that day or later, so that no score has seen what it
predicts.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.config import TrainingConfig
from recommender.estimators.als import AlsModel
from recommender.estimators.base import OnEpoch
from recommender.estimators.content import ContentModel
from recommender.estimators.interest_rnn import InterestRNN
from recommender.estimators.item_autoencoder import ItemAutoencoder
from recommender.pipeline.features.interest import INTEREST_FEATURES, interest_features
from recommender.pipeline.features.sequences import open_steps, step_inputs, training_set
from recommender.pipeline.fitted import Fitted
from recommender.pipeline.inputs import Inputs
from recommender.pipeline.vocabulary import Vocabulary

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

HELD_OUT_SHOPPERS = 256
"""Shoppers whose sequences judge each epoch of the interest model."""
ENCODER_ROWS = 20_000
SEQUENCE_CHUNK = 1024


@dataclass(frozen=True)
class Generation:
    """Models of behaviour alone, fitted on what happened before `cut` (a day number)."""

    cut: int
    interest: InterestRNN | None
    als: AlsModel | None


@dataclass(frozen=True)
class Catalog:
    """Models of products alone: they know no shopper and no day."""

    encoder: ItemAutoencoder | None
    content: ContentModel
    codes: Floats
    """(c, d) encoder outputs pooled for each coupon; the plain attributes where the encoder is off."""
    attributes: Floats
    """(c, a) attributes pooled for each coupon."""


def fit_generation(
    inputs: Inputs,
    vocabulary: Vocabulary,
    config: TrainingConfig,
    *,
    cut: int,
    fitted: Fitted,
    on_epoch: OnEpoch | None = None,
) -> Generation:
    """Fit interest model and ALS on what happened before `cut`."""
    interest = als = None
    if config.interest.enabled:
        interest = fitted.get(
            {"model": "interest", "cut": cut, **interest_settings(config)},
            lambda report: _fit_interest(inputs, vocabulary, config, cut, report),
            on_epoch,
        )
    if config.classic.als_enabled:
        als = fitted.get(
            {"model": "als", "cut": cut, **als_settings(config)}, lambda _report: _fit_als(inputs, config, cut)
        )
    return Generation(cut, interest, als)


def interest_settings(config: TrainingConfig) -> dict[str, Any]:
    """What an interest model depends on beside its data."""
    length = config.features.sequence_length
    return {"interest": config.interest.to_dict(), "length": length, "seed": config.seed}


def als_settings(config: TrainingConfig) -> dict[str, Any]:
    """What an ALS model depends on beside its data."""
    settings = {name: value for name, value in config.classic.to_dict().items() if name.startswith("als_")}
    return {"als": settings, "seed": config.seed}


def encoder_settings(config: TrainingConfig) -> dict[str, Any]:
    """What the items' codes depend on beside the catalog."""
    return {"encoder": config.encoder.to_dict(), "seed": config.seed}


def _fit_als(inputs: Inputs, config: TrainingConfig, cut: int) -> AlsModel:
    shoppers = inputs.baskets.shoppers
    return AlsModel(config.classic, seed=config.seed).fit(inputs.baskets.rows(shoppers, np.full(len(shoppers), cut)))


def _fit_interest(
    inputs: Inputs, vocabulary: Vocabulary, config: TrainingConfig, cut: int, on_epoch: OnEpoch | None
) -> InterestRNN | None:
    sequences = training_set(
        inputs.visits,
        vocabulary,
        before=cut,
        window_days=config.interest.window_days,
        length=config.features.sequence_length,
    )
    if not sequences.y_mask.any() or not vocabulary.categories:
        return None
    shoppers = np.random.default_rng(config.seed).permutation(len(sequences.x))
    count = min(HELD_OUT_SHOPPERS, len(shoppers) // 10)
    held, used = sequences.take(shoppers[:count]), sequences.take(shoppers[count:])
    del sequences  # as large as both together
    model = InterestRNN(
        config.interest,
        n_inputs=vocabulary.n_inputs,
        n_categories=len(vocabulary.categories),
        seed=config.seed,
    )
    judged = bool(held.y_mask.any())
    return model.fit(
        used.x,
        used.mask,
        used.y,
        used.y_mask,
        validation=(held.x, held.mask, held.y, held.y_mask) if judged else None,
        on_epoch=on_epoch,
    )


def fit_catalog(
    inputs: Inputs,
    vocabulary: Vocabulary,
    config: TrainingConfig,
    *,
    fitted: Fitted,
    on_epoch: OnEpoch | None = None,
) -> Catalog:
    """Fit the item encoder and the content model on the attributes of products."""
    encoder = None
    if config.encoder.enabled:
        # The output is chosen after the fit: one encoder gives code and reconstruction.
        settings = {name: value for name, value in config.encoder.to_dict().items() if name != "output"}
        encoder = copy(
            fitted.get(
                {"model": "encoder", "encoder": settings, "seed": config.seed},
                lambda report: _fit_encoder(inputs, vocabulary, config, report),
                on_epoch,
            )
        )
        encoder.config = config.encoder
    known = np.searchsorted(inputs.items.products, inputs.baskets.products)
    content = ContentModel().fit(inputs.items.attributes[known].astype(np.float32))
    return build_catalog(inputs, vocabulary, encoder, content)


def _fit_encoder(inputs: Inputs, vocabulary: Vocabulary, config: TrainingConfig, on_epoch: OnEpoch) -> ItemAutoencoder:
    samples = inputs.items.samples(ENCODER_ROWS, config.seed)
    count = len(samples) // 10
    encoder = ItemAutoencoder(config.encoder, n_inputs=vocabulary.n_attributes, seed=config.seed)
    return encoder.fit(samples[count:], validation=samples[:count] if count else None, on_epoch=on_epoch)


def build_catalog(
    inputs: Inputs, vocabulary: Vocabulary, encoder: ItemAutoencoder | None, content: ContentModel
) -> Catalog:
    """Pool fitted models' vectors for the coupons of `inputs`."""
    attributes = inputs.items.pooled(lambda x: x.astype(np.float32), vocabulary.n_attributes)
    codes = attributes if encoder is None else inputs.items.pooled(encoder.output, encoder.output_size)
    return Catalog(encoder=encoder, content=content, codes=codes, attributes=attributes)


def interest_table(
    inputs: Inputs, vocabulary: Vocabulary, config: TrainingConfig, generations: Sequence[Generation]
) -> Floats:
    """(l, K) interest scores of each list's day by the newest generation that knows nothing later, else NaN."""
    table = np.full((len(inputs.list_shopper), len(vocabulary.categories)), np.nan, np.float32)
    for generation, rows in _by_generation(inputs.list_as_of, generations):
        if generation.interest is None:
            continue
        for start in range(0, len(rows), SEQUENCE_CHUNK):
            chunk = rows[start : start + SEQUENCE_CHUNK]
            as_of = inputs.list_as_of[chunk]
            steps, mask = open_steps(inputs.visits, inputs.list_shopper[chunk], as_of, config.features.sequence_length)
            x = step_inputs(inputs.visits, steps, mask, vocabulary, as_of).astype(np.float32)
            table[chunk] = generation.interest.predict(x, mask)
    return table


def write_model_features(inputs: Inputs, catalog: Catalog, interest: Floats, generations: Sequence[Generation]) -> None:
    """Fill the frame's columns that come from models of behaviour and of products."""
    base = _unknown_shopper(inputs, interest.shape[1], generations)
    features = interest_features(interest, base, inputs.coverage, inputs.lists, inputs.coupons)
    for column, name in enumerate(INTEREST_FEATURES):
        inputs.frame.fill(name, features[:, column])
    inputs.als[:] = _als_scores(inputs, generations)
    rows = inputs.baskets.rows(inputs.list_shopper, inputs.list_as_of)
    profiles = catalog.content.profiles(rows)
    directions = catalog.content.item_directions(catalog.attributes)
    inputs.frame.fill(
        "content_match",
        catalog.content.score(profiles, inputs.lists, inputs.coupons, directions=directions),
    )


def _unknown_shopper(inputs: Inputs, width: int, generations: Sequence[Generation]) -> Floats:
    """(l, K) what each list's generation says of somebody without history: h is 0, so I = sigmoid(b2)."""
    base = np.full((len(inputs.list_shopper), width), np.nan, np.float32)
    for generation, lists in _by_generation(inputs.list_as_of, generations):
        if generation.interest is not None:
            base[lists] = 1 / (1 + np.exp(-generation.interest.weights()["b2"]))
    return base


def _als_scores(inputs: Inputs, generations: Sequence[Generation]) -> Floats:
    """(n,) sums over each coupon's products, shrunk by the root of their number; NaN before any generation."""
    scores = np.full(len(inputs.frame), np.nan, np.float32)
    items = inputs.items
    known = np.searchsorted(items.products, inputs.baskets.products)
    covers = items.covers[:, known]
    size = np.sqrt(np.maximum(np.asarray(covers.sum(axis=1)).ravel(), 1)).astype(np.float32)
    for generation, lists in _by_generation(inputs.list_as_of, generations):
        if generation.als is None:
            continue
        place = np.full(len(inputs.list_shopper), -1)
        place[lists] = np.arange(len(lists))
        rows = np.flatnonzero(place[inputs.lists] >= 0)
        users = generation.als.fold_in(inputs.baskets.rows(inputs.list_shopper[lists], inputs.list_as_of[lists]))
        pooled = np.asarray(covers @ generation.als.item_factors) / size[:, None]
        scores[rows] = generation.als.score(
            place[inputs.lists[rows]], inputs.coupons[rows], user_factors=users, item_factors=pooled
        )
    return scores


def _by_generation(as_of: Ints, generations: Sequence[Generation]) -> list[tuple[Generation, Ints]]:
    """Lists (row numbers) of each generation: those from its cut on, up to the next generation's."""
    ordered = sorted(generations, key=lambda generation: generation.cut)
    ends = [generation.cut for generation in ordered[1:]] + [np.iinfo(np.int64).max]
    return [
        (generation, np.flatnonzero((as_of >= generation.cut) & (as_of < end)))
        for generation, end in zip(ordered, ends, strict=True)
    ]
