"""How a price follows real spend: a factor that decisions.pacing controls, apart from the price that is worked out.

    price now = (price + BASE) * pace - BASE                     never below 0

The factor outlives the hourly work on the price. BASE lets a budget whose price is 0 react too.
"""

from recommender.decisions.pacing import Pacing, next_price

BASE = 0.05
PACES = (0.25, 20.0)
"""Bounds of the factor: a quiet night must not have to be undone for a whole day."""
STEPS = 100
"""Control steps in a period, which the gains of decisions.pacing suit."""


def is_due(*, elapsed: float, last: float) -> bool:
    """Whether the next step may be taken; shares of the period, from 0 to 1."""
    return int(elapsed * STEPS) > int(last * STEPS)


def next_pace(*, pace: float, error: float, spent: float, limit: float, elapsed: float) -> tuple[float, float]:
    """The factor and the error after a step, from those before; money in one unit, `elapsed` from 0 to 1."""
    before = Pacing(budget=limit, price=pace, spent=spent, last_error=error)
    after = next_price(before, elapsed=elapsed)
    low, high = PACES
    return min(max(after.price, low), high), after.last_error


def price_now(price: float, pace: float) -> float:
    """The price that decisions are made with."""
    return max(0.0, (price + BASE) * pace - BASE)
