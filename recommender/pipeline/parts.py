"""The models of one stage of training: how they are fitted, and how they score candidates.

Interest model and collaborative filtering learn from baskets, not from redemptions; a `Generation` of them is
fitted on everything before its day and scores only lists of that day or later, so that no score has seen what it
predicts. The rankers and the boosted trees learn from redemptions and read those scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from recommender.config import TrainingConfig
from recommender.estimators.als import AlsModel
from recommender.estimators.base import OnEpoch
from recommender.estimators.boosting import BoostedTrees
from recommender.estimators.content import ContentModel
from recommender.estimators.fusion_ranker import FusionRanker
from recommender.estimators.interest_rnn import InterestRNN
from recommender.estimators.item_autoencoder import ItemAutoencoder
from recommender.estimators.linear import LinearRanker
from recommender.estimators.popularity import PopularityModel
from recommender.pipeline.features.interest import INTEREST_FEATURES, interest_features
from recommender.pipeline.features.sequences import last_steps, step_inputs, training_set
from recommender.pipeline.inputs import Inputs
from recommender.pipeline.vocabulary import Vocabulary

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

PART_NAMES = ("interaction", "literal", "boosting", "linear", "als", "content", "popularity")
"""Parts of the stack, in its order. interaction and literal are the two fusions."""
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


@dataclass(frozen=True)
class Chosen:
    """Lengths of training that early stopping found, by estimator; empty: not yet."""

    epochs: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Rankers:
    """Models of redemptions, fitted on one part of the candidates."""

    fusions: dict[str, FusionRanker]
    boosting: BoostedTrees | None
    linear: LinearRanker | None
    popularity: PopularityModel


def fit_generation(
    inputs: Inputs,
    vocabulary: Vocabulary,
    config: TrainingConfig,
    *,
    cut: int,
    on_epoch: OnEpoch | None = None,
) -> Generation:
    """Fit interest model and ALS on what happened before `cut`."""
    return Generation(
        cut=cut,
        interest=_fit_interest(inputs, vocabulary, config, cut, on_epoch) if config.interest.enabled else None,
        als=_fit_als(inputs, config, cut) if config.classic.als_enabled else None,
    )


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
    longest = int(sequences.mask.sum(axis=1).max())
    x, mask = sequences.x[:, :longest], sequences.mask[:, :longest]
    y, y_mask = sequences.y[:, :longest], sequences.y_mask[:, :longest]
    shoppers = np.random.default_rng(config.seed).permutation(len(x))
    count = min(HELD_OUT_SHOPPERS, len(x) // 10)
    held, used = shoppers[:count], shoppers[count:]
    model = InterestRNN(
        config.interest,
        n_inputs=vocabulary.n_inputs,
        n_categories=len(vocabulary.categories),
        seed=config.seed,
    )
    judged = y_mask[held].any() if count else False
    return model.fit(
        x[used],
        mask[used],
        y[used],
        y_mask[used],
        validation=(x[held], mask[held], y[held], y_mask[held]) if judged else None,
        on_epoch=on_epoch,
    )


def fit_catalog(
    inputs: Inputs, vocabulary: Vocabulary, config: TrainingConfig, *, on_epoch: OnEpoch | None = None
) -> Catalog:
    """Fit the item encoder and the content model on the attributes of products."""
    encoder = None
    if config.encoder.enabled:
        samples = inputs.items.samples(ENCODER_ROWS, config.seed)
        count = len(samples) // 10
        encoder = ItemAutoencoder(config.encoder, n_inputs=vocabulary.n_attributes, seed=config.seed)
        encoder.fit(samples[count:], validation=samples[:count] if count else None, on_epoch=on_epoch)
    known = np.searchsorted(inputs.items.products, inputs.baskets.products)
    content = ContentModel().fit(inputs.items.attributes[known].astype(np.float32))
    return build_catalog(inputs, vocabulary, encoder, content)


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
            steps, mask = last_steps(
                inputs.visits,
                inputs.list_shopper[chunk],
                inputs.list_as_of[chunk],
                config.features.sequence_length,
            )
            table[chunk] = generation.interest.predict(
                step_inputs(inputs.visits, steps, mask, vocabulary).astype(np.float32), mask
            )
    return table


def write_model_features(inputs: Inputs, catalog: Catalog, interest: Floats, generations: Sequence[Generation]) -> None:
    """Fill the frame's columns that come from models of behaviour and of products."""
    base = _unknown_shopper(inputs, interest.shape[1], generations)
    features = interest_features(interest, base, inputs.coverage, inputs.lists, inputs.coupons)
    for column, name in enumerate(INTEREST_FEATURES):
        inputs.frame.fill(name, features[:, column])
    inputs.frame.fill("als_score", _als_scores(inputs, generations))
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


def fit_rankers(
    inputs: Inputs,
    catalog: Catalog,
    interest: Floats,
    config: TrainingConfig,
    *,
    rows: Ints,
    y: Floats,
    validation: tuple[Ints, Floats] | None,
    chosen: Chosen,
    on_epoch: OnEpoch | None = None,
) -> Rankers:
    """Fit on candidates `rows` with labels y; `validation` (rows, labels) stops early, `chosen` otherwise."""
    fusions = {}
    for name in ("interaction", "literal"):
        if name == "interaction" and config.fusion.fusion == "literal":
            continue
        fusions[name] = fit_fusion(
            name,
            inputs,
            catalog,
            interest,
            config,
            rows=rows,
            y=y,
            validation=validation,
            chosen=chosen,
            on_epoch=on_epoch,
        )
    boosting = linear = None
    if config.classic.boosting_enabled:
        boosting = fit_boosting(inputs, config, rows=rows, y=y, validation=validation, chosen=chosen, on_epoch=on_epoch)
    if config.classic.linear_enabled:
        linear = fit_linear(inputs, config, rows=rows, y=y)
    popularity = PopularityModel(strength=config.classic.popularity_strength)
    popularity.fit(inputs.popularity_keys[rows], y)
    return Rankers(fusions, boosting, linear, popularity)


def fit_fusion(
    name: str,
    inputs: Inputs,
    catalog: Catalog,
    interest: Floats,
    config: TrainingConfig,
    *,
    rows: Ints,
    y: Floats,
    validation: tuple[Ints, Floats] | None,
    chosen: Chosen,
    on_epoch: OnEpoch | None,
) -> FusionRanker:
    """Fit one fusion. Candidates without interest scores (no generation is old enough) are left out."""
    settings = replace(config.fusion, fusion=name)
    epochs = chosen.epochs.get(f"fusion {name}", settings.epochs)
    table, finite = _finite_interest(interest)
    if not config.interest.enabled:
        finite[:] = True
    used = finite[inputs.lists[rows]]
    rows, y = rows[used], y[used]
    ranker = FusionRanker(
        replace(settings, epochs=epochs),
        n_interest=table.shape[1],
        n_item=catalog.codes.shape[1],
        n_pair=inputs.frame.values.shape[1],
        seed=config.seed,
    )

    def pairs(chosen_rows: Ints) -> Floats | None:
        return inputs.frame.values[chosen_rows] if name == "interaction" else None

    held = None
    if validation is not None:
        held = (
            table,
            catalog.codes,
            inputs.lists[validation[0]],
            inputs.coupons[validation[0]],
            pairs(validation[0]),
            validation[1],
        )
    ranker.fit(
        table,
        catalog.codes,
        inputs.lists[rows],
        inputs.coupons[rows],
        pairs(rows),
        y,
        groups=inputs.lists[rows],
        validation=held,
        on_epoch=on_epoch,
    )
    # How long it trained is the run's report; the artefact's settings are those that were asked for.
    ranker.config = settings
    return ranker


def fit_boosting(
    inputs: Inputs,
    config: TrainingConfig,
    *,
    rows: Ints,
    y: Floats,
    validation: tuple[Ints, Floats] | None,
    chosen: Chosen,
    on_epoch: OnEpoch | None,
) -> BoostedTrees:
    """Fit the trees on all redemptions and a draw of the other candidates, weighted back to all of them."""
    kept, weight = _drawn(y, config)
    rounds = chosen.epochs.get("boosting", config.classic.boosting_rounds)
    trees = BoostedTrees(replace(config.classic, boosting_rounds=rounds), seed=config.seed)
    trees.fit(
        inputs.frame.values[rows[kept]],
        y[kept],
        weight=weight,
        validation=None if validation is None else (inputs.frame.values[validation[0]], validation[1]),
        feature_names=inputs.frame.names,
        on_epoch=on_epoch,
    )
    trees.config = config.classic
    return trees


def fit_linear(inputs: Inputs, config: TrainingConfig, *, rows: Ints, y: Floats) -> LinearRanker:
    """Fit the logistic regression on the draw that the trees have; on all redemptions, should it hold one class."""
    kept, weight = _drawn(y, config)
    ranker = LinearRanker(config.classic, seed=config.seed)
    return ranker.fit(inputs.frame.values[rows[kept]], y[kept], weight=weight, feature_names=inputs.frame.names)


def _drawn(y: Floats, config: TrainingConfig) -> tuple[Ints, Floats]:
    """All redemptions and a draw of the others, and weights that make up for the draw."""
    rng = np.random.default_rng(config.seed)
    positives = int(y.sum())
    wanted = config.classic.boosting_negatives * max(positives, 10)
    rate = min(1.0, wanted / max(len(y) - positives, 1))
    kept = np.flatnonzero((y > 0) | (rng.random(len(y)) < rate))
    return kept, np.where(y[kept] > 0, 1.0, 1.0 / rate).astype(np.float32)


def part_scores(
    rankers: Rankers,
    inputs: Inputs,
    catalog: Catalog,
    interest: Floats,
    *,
    als_scale: NDArray[np.float64],
    rows: Ints,
) -> NDArray[np.float64]:
    """(n, parts) probabilities of candidates `rows` in the order of PART_NAMES; NaN where a part has none."""
    out = np.full((len(rows), len(PART_NAMES)), np.nan)
    table, _ = _finite_interest(interest)
    lists, coupons = inputs.lists[rows], inputs.coupons[rows]
    values = inputs.frame.values[rows]
    for name, ranker in rankers.fusions.items():
        pair = values if ranker.uses_pairs else None
        out[:, PART_NAMES.index(name)] = ranker.predict(table, catalog.codes, lists, coupons, pair)
    if rankers.boosting is not None:
        out[:, PART_NAMES.index("boosting")] = rankers.boosting.predict(values)
    if rankers.linear is not None:
        out[:, PART_NAMES.index("linear")] = rankers.linear.predict(values)
    als = inputs.frame.column("als_score")[rows]
    out[:, PART_NAMES.index("als")] = 1 / (1 + np.exp(-(als - als_scale[0]) / als_scale[1]))
    out[:, PART_NAMES.index("content")] = np.clip(inputs.frame.column("content_match")[rows], 0, 1)
    out[:, PART_NAMES.index("popularity")] = rankers.popularity.predict(inputs.popularity_keys[rows])
    return out


def als_scale(inputs: Inputs, rows: Ints) -> NDArray[np.float64]:
    """Mean and deviation of the ALS scores of candidates, for a logistic curve: the stack reads probabilities."""
    scores = inputs.frame.column("als_score")[rows]
    scores = scores[np.isfinite(scores)]
    if not len(scores):
        return np.array([0.0, 1.0])
    return np.array([float(scores.mean()), max(float(scores.std()), 1e-6)])


def _finite_interest(interest: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """The table with zeros for lists without scores, and which lists have them."""
    finite: NDArray[np.bool_] = np.asarray(np.isfinite(interest).all(axis=1))
    return np.where(finite[:, None], interest, 0).astype(np.float32), finite
