"""Made-up shoppers whose response to coupons is known, so that estimates can be held against the truth.

A shopper responds in a week with probability sigmoid(base + sensitivity x coupon value - fatigue x coupons of late).
What is fitted to the Complete Journey (`complete_journey_marginals.json`): how base and basket vary and hang together,
typical discounts, what share of targeted households redeems, how redemption falls with each further campaign (no fall
was found there, so the fitted fatigue is 0 and tests set their own). What is assumed, since no observational data tell:
sensitivity is log-normal, its size such that a median coupon adds as many responses as households redeem; the margin is
a quarter of the basket. Whatever comes from here carries `simulated`: it tests methods, it is no finding about shops.
"""

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

MARGINALS_FILE = Path(__file__).with_name("complete_journey_marginals.json")
MARGIN_SHARE = 0.25
SENSITIVITY_SD = 0.8
FEATURES = ("visits", "basket", "coupon_use", "coupons_of_late", "noise")
"""Columns of `Population.features`."""


@dataclass(frozen=True)
class Marginals:
    """What is known of real shoppers, one distribution at a time."""

    visit_logit_mean: float
    """Of the log-odds, over households, that a week holds a basket."""
    visit_logit_sd: float
    basket_log_mean: float
    """Of the log of a household's mean basket, in the currency's main unit."""
    basket_log_sd: float
    visit_basket_correlation: float
    discounts: tuple[float, ...]
    """Quartiles and 9th decile of the discount of a redeemed coupon."""
    redemption_share: float
    """Of households x campaigns in which something was redeemed."""
    fatigue: float
    """Fall of the log-odds with each further coupon of late."""

    @classmethod
    def load(cls, path: Path = MARGINALS_FILE) -> Self:
        """As fitted by `python -m benchmarks.fit_simulator`."""
        found = json.loads(path.read_text())
        fields = {name: found[name] for name in cls.__dataclass_fields__}
        return cls(**{**fields, "discounts": tuple(found["discounts"])})


@dataclass(frozen=True)
class Population:
    """Simulated shoppers; all (n,) but features (n, 5)."""

    base: Doubles
    sensitivity: Doubles
    """Per main unit of coupon value."""
    margin: Doubles
    """Of one response, in the main unit, before the coupon."""
    coupons_of_late: Doubles
    fatigue: float
    features: Doubles
    """What a model may see: noisy signs of the above."""
    simulated: bool = True

    def response(self, values: Doubles) -> Doubles:
        """True response of each shopper to each coupon value, (n, v); value 0 is no coupon and tires nobody."""
        tired = self.fatigue * self.coupons_of_late[:, None] * (values > 0)
        return sigmoid(self.base[:, None] + self.sensitivity[:, None] * values - tired)

    def profit(self, values: Doubles) -> Doubles:
        """True expected profit of each value over none, (n, v): margin x added responses - coupons used."""
        response = self.response(values)
        added: Doubles = self.margin[:, None] * (response - self.response(np.zeros(1))) - response * values
        return added

    def cost(self, values: Doubles) -> Doubles:
        """True expected spend of each value, (n, v)."""
        spend: Doubles = self.response(values) * values
        return spend


@dataclass(frozen=True)
class SimulatedLog:
    """One decision a shopper, (n,) each."""

    arm: Ints
    propensity: Doubles
    responded: Doubles
    profit: Doubles
    """Margin less coupon where the shopper responded, else 0."""
    simulated: bool = True


def make_population(
    marginals: Marginals,
    shoppers: int,
    generator: np.random.Generator,
    *,
    fatigue: float | None = None,
    correlation: float = 0.0,
) -> Population:
    """`correlation` of base and log sensitivity; below 0: who comes anyway is moved less. Same state, same shoppers."""
    base_score, basket_score, sensitivity_score = generator.standard_normal((3, shoppers))
    tie = marginals.visit_basket_correlation
    basket_score = tie * base_score + math.sqrt(1 - tie**2) * basket_score
    sensitivity_score = correlation * base_score + math.sqrt(1 - correlation**2) * sensitivity_score
    base = marginals.visit_logit_mean + marginals.visit_logit_sd * base_score
    basket = np.exp(marginals.basket_log_mean + marginals.basket_log_sd * basket_score)
    of_late = generator.poisson(1.0, shoppers).astype(np.float64)
    signs = np.stack([base_score, basket_score, sensitivity_score], axis=1)
    signs = signs + generator.normal(0, [0.3, 0.2, 0.7], (shoppers, 3))
    return Population(
        base=base,
        sensitivity=sensitivity_scale(marginals) * np.exp(SENSITIVITY_SD * sensitivity_score),
        margin=MARGIN_SHARE * basket,
        coupons_of_late=of_late,
        fatigue=marginals.fatigue if fatigue is None else fatigue,
        features=np.column_stack([signs, of_late, generator.standard_normal(shoppers)]),
    )


def simulate_log(
    population: Population, values: Doubles, probabilities: Doubles, generator: np.random.Generator
) -> SimulatedLog:
    """What happens when each shopper gets one of the values (v,) by the given probabilities, (n, v)."""
    drawn = generator.random((len(population.base), 1))
    arm = np.minimum((probabilities.cumsum(axis=1) <= drawn).sum(axis=1), len(values) - 1)
    rows = np.arange(len(arm))
    responded = (generator.random(len(arm)) < population.response(values)[rows, arm]).astype(np.float64)
    return SimulatedLog(
        arm=arm.astype(np.int64),
        propensity=probabilities[rows, arm],
        responded=responded,
        profit=responded * (population.margin - values[arm]),
    )


@lru_cache(maxsize=16)
def sensitivity_scale(marginals: Marginals) -> float:
    """The median sensitivity at which a median coupon adds `redemption_share` responses a shopper, by bisection."""
    generator = np.random.default_rng(0)
    base = marginals.visit_logit_mean + marginals.visit_logit_sd * generator.standard_normal(20_000)
    spread = np.exp(SENSITIVITY_SD * generator.standard_normal(20_000))
    median = marginals.discounts[1]
    low, high = 0.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        added = float((sigmoid(base + middle * spread * median) - sigmoid(base)).mean())
        low, high = (middle, high) if added < marginals.redemption_share else (low, middle)
    return high


def sigmoid(x: Doubles) -> Doubles:
    out: Doubles = 1.0 / (1.0 + np.exp(-x))
    return out
