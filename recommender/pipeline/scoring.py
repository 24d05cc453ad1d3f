"""Stage 7: a bundle + shoppers + running coupons -> probabilities with reasons, in batch and without a database.

Shoppers are scored independently of each other, so that a precompute is split over workers by shopper.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import ibis
import numpy as np
from numpy.typing import NDArray

from recommender.columns import Columns as C
from recommender.estimators.bundle import Bundle
from recommender.intent import Intent, coupon_lift, with_intent
from recommender.pipeline.evaluation import MAIN, Scored, evaluate
from recommender.pipeline.explanation import explain
from recommender.pipeline.features.intent import open_intent
from recommender.pipeline.features.sequences import open_steps, step_inputs
from recommender.pipeline.inputs import Inputs, load_inputs
from recommender.pipeline.lake import Lake
from recommender.pipeline.live import LiveInputs, live_inputs
from recommender.pipeline.parts import (
    SEQUENCE_CHUNK,
    Catalog,
    Generation,
    build_catalog,
    interest_table,
    write_model_features,
)
from recommender.pipeline.rankers import PART_NAMES, Rankers, part_scores, stack_of
from recommender.pipeline.splits import Part, offers
from recommender.pipeline.vocabulary import Vocabulary

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

SYSTEMS = (MAIN, *PART_NAMES)
"""What a report compares. New ones are added at the end: the thresholds of a bundle are in this order."""
EXPLAINED = 20
"""Best coupons of each shopper that get a full explanation."""


@dataclass(frozen=True)
class ScoredCandidates:
    """n candidates, sorted by shopper and falling score."""

    shopper: Ints
    coupon: Ints
    campaign: Ints
    score: Doubles
    """Calibrated probability of a redemption."""
    parts: Doubles
    """(n, parts) in the order of `rankers.PART_NAMES`."""
    reasons: tuple[Mapping[str, Any] | None, ...]
    """What is stored with a recommendation: code, subject, parts, features; None below EXPLAINED."""
    interest: "InterestStates | None" = None
    """Of every shopper that was asked for; None where the bundle has no interest model."""
    live: LiveInputs | None = None
    """What moves these scores later; None where there is no interest model."""


@dataclass(frozen=True)
class InterestStates:
    """The interest model's view of s shoppers on a day."""

    shopper: Ints
    interests: Floats
    """(s, K)."""
    hidden: Floats
    """(s, hidden_size)."""
    base: Floats | None = None
    """(s, hidden_size) the state before the steps of the day before `as_of`: that day may not be over."""
    base_day: Ints | None = None
    """(s,) day number of the last step that `base` holds; -1 where it holds none."""
    before: Floats | None = None
    """(s, K) the interests of BEFORE_DAYS earlier; NaN where nothing was known then."""
    intents: Sequence[Intent] = ()
    """Of each shopper, s of them; `interests` hold it, the states do not."""


def live_offers(lake: Lake, *, shoppers: Ints, coupons: Ints, as_of: int) -> tuple[Lake, Any]:
    """A lake of these coupons only, and the lists of every shopper for each of their campaigns on a day."""
    people = ibis.literal(np.unique(shoppers).tolist(), "array<int64>").unnest().name(C.SHOPPER).as_table()
    chosen = lake.hold(lake.coupons.filter(lake.coupons[C.COUPON].isin(np.unique(coupons).tolist())))
    lists = chosen.select(C.CAMPAIGN).distinct().cross_join(people)
    lists = lists.mutate(**{C.AS_OF: ibis.literal(as_of, "int32")})
    return lake.with_tables(coupons=chosen), lists


def score(bundle: Bundle, lake: Lake, *, shoppers: Ints, coupons: Ints, as_of: int) -> ScoredCandidates:
    """Every shopper x every coupon, from what is known before the day number `as_of`."""
    if not len(shoppers) or not len(coupons):
        return _nothing()
    lake, lists = live_offers(lake, shoppers=shoppers, coupons=coupons, as_of=as_of)
    vocabulary = cast("Vocabulary", bundle.vocabulary)
    inputs = load_inputs(lake, lists, vocabulary)
    rows = np.arange(len(inputs.frame))
    parts, interest, catalog = score_parts(bundle, inputs, rows)
    states = interest_states(bundle, inputs, shoppers=np.unique(shoppers), as_of=as_of)
    interest, lift = _with_open_intent(bundle, inputs, states, interest)
    probability = stack_of(bundle).predict(parts, lift)
    order = np.lexsort((inputs.frame.coupon, -probability, inputs.frame.shopper))
    shopper = inputs.frame.shopper[order]
    starts = np.flatnonzero(np.append(True, np.diff(shopper) != 0))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    explained = np.flatnonzero(rank < EXPLAINED)
    reasons: list[Mapping[str, Any] | None] = [None] * len(order)
    for place, reason in zip(explained, explain(bundle, inputs, interest, parts, order[explained]), strict=True):
        reasons[place] = reason
    return ScoredCandidates(
        shopper=shopper,
        coupon=inputs.frame.coupon[order],
        campaign=inputs.frame.campaign[order],
        score=probability[order],
        parts=parts[order],
        reasons=tuple(reasons),
        interest=_with_before(bundle, inputs, states, as_of=as_of),
        live=live_inputs(bundle, inputs, catalog, parts, order),
    )


def score_parts(bundle: Bundle, inputs: Inputs, rows: Ints) -> tuple[Doubles, Floats, Catalog]:
    """The scores of the stack's parts for `rows`, the interest of each list (l, K), and the coupons' vectors."""
    vocabulary = cast("Vocabulary", bundle.vocabulary)
    assert bundle.popularity and bundle.content  # noqa: S101
    generation = Generation(0, bundle.interest, bundle.als)
    catalog: Catalog = build_catalog(inputs, vocabulary, bundle.encoder, bundle.content)
    interest = interest_table(inputs, vocabulary, bundle.config, [generation])
    write_model_features(inputs, catalog, interest, [generation])
    rankers = Rankers(dict(bundle.fusions), bundle.boosting, bundle.linear, bundle.popularity, bundle.newcomer)
    scale = np.asarray(bundle.arrays["als_scale"], np.float64)
    parts = part_scores(rankers, inputs, catalog, interest, als_scale=scale, rows=rows)
    return parts, interest, catalog


BEFORE_DAYS = 56
"""How far back the interests lie that present ones are compared with."""


def _with_open_intent(
    bundle: Bundle, inputs: Inputs, states: InterestStates | None, interest: Floats
) -> tuple[Floats, Doubles]:
    """The interest of each list (l, K) with its shopper's intent, and what that adds to each candidate's logit (n,).

    The parts do not read intent: what they were fitted on had none, so it comes on top of their sum.
    """
    lift = np.zeros(len(inputs.frame))
    if states is None:
        return interest, lift
    raised = interest.copy()
    place = np.searchsorted(states.shopper, inputs.list_shopper)
    order = np.argsort(inputs.lists, kind="stable")
    bounds = np.searchsorted(inputs.lists[order], np.arange(len(interest) + 1))
    for number in [n for n in range(len(interest)) if len(states.intents[place[n]])]:
        intent = states.intents[place[number]]
        rows = order[bounds[number] : bounds[number + 1]]
        raised[number] = with_intent(
            interest[number], intent["category"], intent["total"], bundle.config.interest.intent_strength
        )
        lift[rows] = coupon_lift(interest[number], raised[number], inputs.coverage[inputs.coupons[rows]])
    return raised, lift


def _with_before(bundle: Bundle, inputs: Inputs, now: InterestStates | None, *, as_of: int) -> InterestStates | None:
    """Present states, with the interests of BEFORE_DAYS earlier as the same model sees them."""
    if now is None:
        return None
    then = interest_states(bundle, inputs, shoppers=now.shopper, as_of=as_of - BEFORE_DAYS)
    if then is None or then.base_day is None:
        return now
    return replace(now, before=np.where(then.base_day[:, None] >= 0, then.interests, np.nan).astype(np.float32))


def interest_states(bundle: Bundle, inputs: Inputs, *, shoppers: Ints, as_of: int) -> InterestStates | None:
    """Interest scores and recurrent states of shoppers on a day; None where the bundle has no interest model."""
    if bundle.interest is None:
        return None
    vocabulary = cast("Vocabulary", bundle.vocabulary)
    interests, hidden, base, base_day = [], [], [], []
    for start in range(0, len(shoppers), SEQUENCE_CHUNK):
        chunk = shoppers[start : start + SEQUENCE_CHUNK]
        of_all = np.full(len(chunk), as_of)
        steps, mask = open_steps(inputs.visits, chunk, of_all, bundle.config.features.sequence_length)
        x = step_inputs(inputs.visits, steps, mask, vocabulary, of_all).astype(np.float32)
        interests.append(bundle.interest.predict(x, mask))
        hidden.append(bundle.interest.hidden(x, mask))
        days = np.where(mask, inputs.visits.day[steps] if mask.any() else -1, -1)
        before = mask & (days < as_of - 1)
        base.append(bundle.interest.hidden(x, before))
        base_day.append(np.where(before, days, -1).max(axis=1))
    settings = bundle.config.interest
    intents = open_intent(inputs.visits.acts, shoppers, as_of=as_of, half_life=settings.intent_half_life)
    table = np.concatenate(interests)
    for row in [row for row, intent in enumerate(intents) if len(intent)]:
        intent = intents[row]
        table[row] = with_intent(table[row], intent["category"], intent["total"], settings.intent_strength)
    return InterestStates(
        shoppers,
        table,
        np.concatenate(hidden),
        np.concatenate(base),
        np.concatenate(base_day),
        intents=intents,
    )


def popular_coupons(scored: ScoredCandidates, limit: int = 50) -> list[tuple[int, float]]:
    """Coupons by their mean score over all shoppers: what somebody unknown is offered. (coupon_id, score)."""
    coupons, number = np.unique(scored.coupon, return_inverse=True)
    means = np.bincount(number.reshape(-1), scored.score) / np.maximum(np.bincount(number.reshape(-1)), 1)
    best = np.lexsort((coupons, -means))[:limit]
    return [(int(coupons[i]), float(means[i])) for i in best]


def evaluate_bundle(bundle: Bundle, lake: Lake, part: Part) -> tuple[dict[str, Any], Scored]:
    """The report of a saved bundle on the candidates of `part` in a clean lake, and their scores.

    The thresholds are those that training chose on its validation campaigns. Honest only for campaigns that the
    bundle has not learnt from: the `judged` bundle and its test part.
    """
    inputs = load_inputs(lake, offers(lake, part.campaigns), cast("Vocabulary", bundle.vocabulary))
    parts, _, _ = score_parts(bundle, inputs, np.arange(len(inputs.frame)))
    test = _scored(bundle, inputs, parts, part)
    thresholds = thresholds_of(bundle)
    test = replace(test, scores={name: test.scores[name] for name in thresholds})
    return evaluate(test, thresholds, vectors=coupon_vectors(inputs, test)), test


def thresholds_of(bundle: Bundle) -> dict[str, float]:
    """By system, as the bundle was made: new systems come at the end, and it has no threshold of them."""
    return dict(zip(SYSTEMS, bundle.arrays["thresholds"].tolist(), strict=False))


def coupon_vectors(inputs: Inputs, test: Scored) -> Floats:
    """Category coverage of each coupon of the test, in the order of its ids: for diversity."""
    vectors: Floats = inputs.coverage[np.searchsorted(inputs.items.coupons, np.unique(test.coupon))]
    return vectors


def _scored(bundle: Bundle, inputs: Inputs, parts: Doubles, part: Part) -> Scored:
    rows = inputs.frame.rows(part)
    columns = {name: np.nan_to_num(parts[rows, i]) for i, name in enumerate(PART_NAMES)}
    return Scored(
        inputs.frame.shopper[rows],
        inputs.frame.campaign[rows],
        inputs.frame.coupon[rows],
        inputs.frame.labels(part)[rows],
        {MAIN: stack_of(bundle).predict(parts[rows]), **columns},
    )


def _nothing() -> ScoredCandidates:
    none = np.zeros(0, np.int64)
    return ScoredCandidates(none, none, none, np.zeros(0), np.zeros((0, len(PART_NAMES))), ())
