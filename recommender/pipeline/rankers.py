"""The models that learn from redemptions, how they are fitted, and the scores that the stack reads.

Each fit asks `Fitted` first, by everything that it depends on: a second training on the same inputs, an ablation,
shares what it does not change.
"""

from dataclasses import dataclass, field, replace
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from recommender.config import TrainingConfig
from recommender.estimators.bagged_fusion import BaggedFusion
from recommender.estimators.base import OnEpoch
from recommender.estimators.boosting import BoostedTrees
from recommender.estimators.bundle import Bundle
from recommender.estimators.gathered import GatheredRows
from recommender.estimators.linear import LinearRanker
from recommender.estimators.popularity import PopularityModel
from recommender.estimators.stacker import CalibratedStack
from recommender.pipeline.fitted import Fitted
from recommender.pipeline.inputs import Inputs
from recommender.pipeline.parts import Catalog, encoder_settings, interest_settings

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

CONTENT_SHARE = "content share"
PART_NAMES = (
    *("interaction", "literal", "boosting", "linear", "als", "content", "popularity"),
    *(CONTENT_SHARE, "newcomer"),
)
"""Parts of the stack, in its order. interaction and literal are the two fusions; content share, the shopper's spend on
the coupon's products over all its spend, is a baseline of every report that the stack does not read."""
STAND_IN = "newcomer"
"""The part that answers for a shopper of whom nothing is known; the others have no score there."""
PERSONAL = ("interaction", "literal", "boosting", "linear", "als", "content", CONTENT_SHARE)
"""Parts that read the shopper."""
NEWCOMER_FEATURES = {"coupon_reach": 10_000.0, "campaign_coupons": 1.0}
"""What is said of a coupon to somebody unknown, with its unit: how many of so many shoppers buy its products (the
regression reads the logarithm), and how many coupons compete. More facts of the coupon, trees on them, and redemption
rates of the same offer in earlier campaigns ordered later campaigns worse."""
NEWCOMER_L2 = 30.0
"""Ridge weight of the newcomers' regression: two features need less of it than a hundred."""
STACK_PRIOR = {"boosting": 0.4, "linear": 0.4, "interaction": 0.2}
"""What the stack leans on. On folds before the test part the plain average of trees and regression beat either and
every other share of theirs; the interaction adds to PR-AUC, and it is the part that moves when a shopper acts."""


@dataclass(frozen=True)
class Chosen:
    """Lengths of training that early stopping found, by estimator; empty: not yet."""

    epochs: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Rankers:
    """Models of redemptions, fitted on one part of the candidates."""

    fusions: dict[str, BaggedFusion]
    boosting: BoostedTrees | None
    linear: LinearRanker | None
    popularity: PopularityModel
    newcomer: LinearRanker | None = None
    """None in a bundle of before there was one."""


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
    fitted: Fitted,
    on_epoch: OnEpoch | None = None,
) -> Rankers:
    """Fit on candidates `rows` with labels y; `validation` (rows, labels) stops early, `chosen` otherwise."""
    task = {
        "rows": [len(rows), crc32(rows.tobytes())],
        "y": crc32(y.tobytes()),
        "held_out": validation is not None,
        "interest": interest_settings(config),
    }
    classic = {name: value for name, value in config.classic.to_dict().items() if not name.endswith("_enabled")}
    fusions = {}
    for name in ("interaction", "literal"):
        if name == "interaction" and config.fusion.fusion == "literal":
            continue
        settings = {**config.fusion.to_dict(), "fusion": name}
        fusions[name] = fitted.get(
            {
                "model": name,
                **task,
                "fusion": settings,
                "epochs": chosen.epochs.get(f"fusion {name}"),
                **encoder_settings(config),
            },
            lambda report, name=name: fit_fusion(  # type: ignore[misc]  # the name of this turn
                name,
                inputs,
                catalog,
                interest,
                config,
                rows=rows,
                y=y,
                validation=validation,
                chosen=chosen,
                on_epoch=report,
            ),
            on_epoch,
        )
    boosting = linear = None
    if config.classic.boosting_enabled:
        boosting = fitted.get(
            {"model": "boosting", **task, "classic": classic, "rounds": chosen.epochs.get("boosting")},
            lambda report: fit_boosting(
                inputs, config, rows=rows, y=y, validation=validation, chosen=chosen, on_epoch=report
            ),
            on_epoch,
        )
    if config.classic.linear_enabled:
        linear = fitted.get(
            {"model": "linear", **task, "classic": classic},
            lambda _report: fit_linear(inputs, config, rows=rows, y=y),
        )
    popularity = PopularityModel(strength=config.classic.popularity_strength)
    popularity.fit(inputs.popularity_keys[rows], y)
    return Rankers(fusions, boosting, linear, popularity, fit_newcomer(inputs, config, rows=rows, y=y))


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
) -> BaggedFusion:
    """Fit one kind of fusion. Candidates without interest scores (no generation is old enough) are left out.

    Unless the others teach nothing, as where a shop's history is short: then all are used, with interests of 0.
    """
    settings = replace(config.fusion, fusion=name)
    epochs = chosen.epochs.get(f"fusion {name}", settings.epochs)
    table, finite = _finite_interest(interest)
    if not config.interest.enabled:
        finite[:] = True
    used = finite[inputs.lists[rows]]
    if len(np.unique(y[used])) < 2:
        used[:] = True
    rows, y = rows[used], y[used]
    ranker = BaggedFusion.build(
        replace(settings, epochs=epochs),
        n_interest=table.shape[1],
        n_item=catalog.codes.shape[1],
        n_pair=inputs.frame.values.shape[1],
        seed=config.seed,
    )

    def pairs(chosen_rows: Ints) -> GatheredRows | None:
        return GatheredRows(inputs.frame.values, chosen_rows) if name == "interaction" else None

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
    """Fit the trees on all redemptions and draws of the other candidates, weighted back to all of them.

    Each bag has a draw of its own, so their mean varies less from one seed to the next.
    """
    settings = replace(
        config.classic, boosting_rounds=chosen.epochs.get("boosting", config.classic.boosting_rounds), boosting_bags=1
    )
    held = None if validation is None else (inputs.frame.values[validation[0]], validation[1])
    bags: list[BoostedTrees] = []
    for seed in range(config.seed, config.seed + config.classic.boosting_bags):
        kept, weight = _drawn(y, config, seed)
        bag = BoostedTrees(settings, seed=seed).fit(
            inputs.frame.values[rows[kept]],
            y[kept],
            weight=weight,
            validation=held,
            feature_names=inputs.frame.names,
            on_epoch=None if bags else on_epoch,
        )
        bags.append(bag)
        # The first one finds how many trees are best.
        settings, held = replace(settings, boosting_rounds=bag.rounds), None
    return BoostedTrees.averaged(bags, config.classic, seed=config.seed)


def fit_linear(inputs: Inputs, config: TrainingConfig, *, rows: Ints, y: Floats) -> LinearRanker:
    """Fit the logistic regression on the draws that the trees have; on all redemptions, should it hold one class."""
    bags: list[LinearRanker] = []
    for seed in range(config.seed, config.seed + config.classic.linear_bags):
        kept, weight = _drawn(y, config, seed)
        drawn = GatheredRows(inputs.frame.values, rows[kept])
        bag = LinearRanker(config.classic, seed=config.seed)
        scaler = bags[0].scaler if bags else None
        bags.append(bag.fit(drawn, y[kept], weight=weight, feature_names=inputs.frame.names, scaler=scaler))
    return LinearRanker.averaged(bags)


def fit_newcomer(inputs: Inputs, config: TrainingConfig, *, rows: Ints, y: Floats) -> LinearRanker:
    """Fit what answers for somebody unknown: a regression on facts of the coupon, of all shoppers' redemptions."""
    kept, weight = _drawn(y, config, config.seed)
    ranker = LinearRanker(replace(config.classic, linear_l2=NEWCOMER_L2), seed=config.seed)
    values = newcomer_values(inputs, rows[kept])
    return ranker.fit(values, y[kept], weight=weight, feature_names=list(NEWCOMER_FEATURES))


def newcomer_values(inputs: Inputs, rows: Ints) -> Floats:
    """(n, 2) what the newcomers' regression reads of candidates `rows`."""
    columns = [inputs.frame.column(name)[rows] * unit for name, unit in NEWCOMER_FEATURES.items()]
    values: Floats = np.stack(columns, axis=1).astype(np.float32)
    return values


def unknown_shoppers(inputs: Inputs, rows: Ints) -> NDArray[np.bool_]:
    """(n,) candidates of shoppers who bought nothing before the list's day, and looked at nothing lately."""
    seen = [inputs.frame.column(name)[rows] > 0 for name in ("shopper_trips", "shopper_browsed_28")]
    return ~np.logical_or(*seen)


def _drawn(y: Floats, config: TrainingConfig, seed: int) -> tuple[Ints, Floats]:
    """All redemptions and a draw of the others, and weights that make up for the draw."""
    rng = np.random.default_rng(seed)
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
    """(n, parts) probabilities of candidates `rows` in the order of PART_NAMES; NaN where a part has none.

    Of somebody unknown the parts that read the shopper say nothing: see STAND_IN.
    """
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
    als = inputs.als[rows]
    out[:, PART_NAMES.index("als")] = 1 / (1 + np.exp(-(als - als_scale[0]) / als_scale[1]))
    out[:, PART_NAMES.index("content")] = np.clip(inputs.frame.column("content_match")[rows], 0, 1)
    out[:, PART_NAMES.index(CONTENT_SHARE)] = np.nan_to_num(inputs.frame.column("product_share")[rows])
    out[:, PART_NAMES.index("popularity")] = rankers.popularity.predict(inputs.popularity_keys[rows])
    if rankers.newcomer is not None:
        out[:, PART_NAMES.index(STAND_IN)] = rankers.newcomer.predict(newcomer_values(inputs, rows))
        personal = np.array([PART_NAMES.index(name) for name in PERSONAL])
        out[np.ix_(unknown_shoppers(inputs, rows), personal)] = np.nan
    return out


def stack_of(bundle: Bundle) -> CalibratedStack:
    """The stack of a bundle that is served, over PART_NAMES: one of before a part was added gives it no weight."""
    assert bundle.stack is not None  # noqa: S101 - a served bundle has its stack
    return bundle.stack.over(PART_NAMES)


def als_scale(inputs: Inputs, rows: Ints) -> NDArray[np.float64]:
    """Mean and deviation of the ALS scores of candidates, for a logistic curve: the stack reads probabilities."""
    scores = inputs.als[rows]
    scores = scores[np.isfinite(scores)]
    if not len(scores):
        return np.array([0.0, 1.0])
    return np.array([float(scores.mean()), max(float(scores.std()), 1e-6)])


def _finite_interest(interest: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """The table with zeros for lists without scores, and which lists have them."""
    finite: NDArray[np.bool_] = np.asarray(np.isfinite(interest).all(axis=1))
    return np.where(finite[:, None], interest, 0).astype(np.float32), finite
