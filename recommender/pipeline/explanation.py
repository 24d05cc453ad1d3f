"""Why a candidate has its score: what each feature adds to the stack's logit, and the interests behind it.

The stack is linear in its parts' logits, so a feature's share is the sum over the parts of coefficient times the
part's own share: tree SHAP for the boosted trees, coefficient times deviation for the logistic regression. The
networks read features and interest together; their share goes to the interest vector as a whole.
"""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from recommender.estimators.bundle import Bundle
from recommender.pipeline.features.terms import TERM_FEATURES
from recommender.pipeline.inputs import Inputs
from recommender.pipeline.rankers import PART_NAMES, newcomer_values, stack_of, unknown_shoppers
from recommender.pipeline.vocabulary import CATEGORY_SEPARATOR, Vocabulary
from recommender.reasons import BOUGHT_BEFORE, INTEREST, POPULAR

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

STRONGEST = 3
"""Features kept in an explanation, and interests."""
NETWORKS = ("interaction", "literal")
CODES = {
    "product": "bought_before",
    "list": "bought_before",
    "type": "buys_alike",
    "commodity": "buys_alike",
    "brand": "buys_brand",
    "interest": "interest",
    "content": "interest",
    "redeemed": "redeems_coupons",
    "sent": "redeems_coupons",
    "shopper": "shops_often",
    "coupon": "popular",
    "campaign": "popular",
}
"""What a feature says of a shopper, by the first word of its name. `due` and coupon use have codes of their own."""


def feature_contributions(bundle: Bundle, values: NDArray[Any]) -> Doubles:
    """(n, f): what each feature of values (n, f) adds to the stack's logit through trees and regression.

    Not of somebody unknown: see `newcomer_contributions`.
    """
    weights = stack_of(bundle).coefficients
    out = np.zeros(values.shape)
    if bundle.boosting is not None:
        out += weights.get("boosting", 0.0) * bundle.boosting.contributions(values)[:, :-1]
    if bundle.linear is not None:
        out += weights.get("linear", 0.0) * bundle.linear.contributions(values)
    return out


def newcomer_contributions(bundle: Bundle, inputs: Inputs, rows: Ints) -> Doubles:
    """(n, f): what each feature adds to the logit that answers for somebody unknown."""
    out = np.zeros((len(rows), len(inputs.frame.names)))
    if bundle.newcomer is not None:
        columns = [inputs.frame.names.index(name) for name in bundle.newcomer.feature_names]
        out[:, columns] = bundle.newcomer.contributions(newcomer_values(inputs, rows))
    return out


def network_contributions(bundle: Bundle, parts: Doubles) -> Doubles:
    """(n,): what the networks add to the stack's logit, against their mean; parts (n, parts)."""
    shares = stack_of(bundle).contributions(parts)
    return cast("Doubles", shares[:, [PART_NAMES.index(name) for name in NETWORKS]].sum(axis=1))


def explain(bundle: Bundle, inputs: Inputs, interest: Floats, parts: Doubles, rows: Ints) -> list[Mapping[str, Any]]:
    """For each candidate: its code and subject for people, the parts' scores, the features and interests behind it."""
    vocabulary = cast("Vocabulary", bundle.vocabulary)
    unknown = unknown_shoppers(inputs, rows) if bundle.newcomer is not None else np.zeros(len(rows), bool)
    contributions = feature_contributions(bundle, inputs.frame.values[rows])
    contributions[unknown] = newcomer_contributions(bundle, inputs, rows[unknown])
    networks = network_contributions(bundle, parts[rows])
    order = np.argsort(-contributions, axis=1, kind="stable")[:, :STRONGEST]
    wanted = _wanted(inputs, interest, rows)
    scores = interest[inputs.lists[rows]]
    strongest = np.argsort(-wanted, axis=1, kind="stable")[:, :STRONGEST]
    bought = inputs.frame.column("product_trips")[rows] > 0
    reasons: list[Mapping[str, Any]] = []
    for place, row in enumerate(rows):
        features = [
            {
                "feature": inputs.frame.names[column],
                "says": feature_code(inputs.frame.names[column]),
                "value": _json_number(inputs.frame.values[row, column]),
                "share": round(float(contributions[place, column]), 3),
            }
            for column in order[place]
            if contributions[place, column] > 0
        ]
        interests = [
            {"category": _last_name(vocabulary.categories[k]), "score": round(float(scores[place, k]), 4)}
            for k in strongest[place]
            if wanted[place, k] > 0
        ]
        reasons.append(
            {
                "code": POPULAR if unknown[place] else _shopper_code(features, bool(bought[place])),
                "subject": interests[0]["category"] if interests else _covered(inputs, vocabulary, row),
                "parts": {
                    part: round(float(value), 6)
                    for part, value in zip(PART_NAMES, parts[row], strict=True)
                    if np.isfinite(value)
                },
                "features": features,
                "interests": interests,
                "interest_share": round(float(networks[place]), 3),
            }
        )
    return reasons


def feature_code(name: str) -> str:
    """A stable code for what a feature says of a shopper and a coupon."""
    words = name.split("_")
    if name in TERM_FEATURES:
        return "coupon_terms"
    if "due" in words:
        return "due_now"
    if "coupon" in words[1:] or "couponed" in words:
        return "coupon_user"
    if {"shown", "clicked", "claimed", "dismissed"} & set(words):
        return "reactions"
    return CODES.get(words[0], "other")


def _shopper_code(features: list[dict[str, Any]], bought: bool) -> str:
    """The one code that a shopper is told."""
    said = [feature["says"] for feature in features]
    if bought:
        return BOUGHT_BEFORE
    if any(code in {"interest", "buys_alike", "buys_brand", "due_now"} for code in said):
        return INTEREST
    if "popular" in said:
        return POPULAR
    return INTEREST


def _wanted(inputs: Inputs, interest: Floats, rows: Ints) -> Floats:
    """(n, K) interest in each covered category, weighted by its share of the coupon; zeros where none is known."""
    coverage = inputs.coverage[inputs.coupons[rows]]
    wanted: Floats = np.nan_to_num(interest[inputs.lists[rows]], nan=0.0) * coverage
    return wanted


def _covered(inputs: Inputs, vocabulary: Vocabulary, row: int) -> str:
    """The category that most of a coupon's products belong to; empty without one."""
    coverage = inputs.coverage[inputs.coupons[row]]
    return _last_name(vocabulary.categories[int(coverage.argmax())]) if coverage.any() else ""


def _last_name(path: str) -> str:
    return path.rsplit(CATEGORY_SEPARATOR, maxsplit=1)[-1]


def _json_number(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
