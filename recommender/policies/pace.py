"""The control loop of a budget: from what was really spent to the price of the next minutes.

    pace = exp(GAIN * (spent - limit * elapsed) / limit)        within PACES
    price now = (price + BASE) * pace - BASE                     never below 0

`elapsed` is the share of the period that is gone, so an even spend leaves the price alone; ten per cent of the limit
ahead of time raises it by 82 %. BASE lets a budget whose price is 0 react too. It is proportional control without a
memory: a minute that was missed leaves nothing behind.
"""

import math

GAIN = 6.0
BASE = 0.05
PACES = (0.25, 20.0)


def pace_of(*, spent: float, limit: float, elapsed: float) -> float:
    """What the loop makes of a price; 1: as planned. Money in one unit, `elapsed` from 0 to 1. ValueError: limit 0."""
    if limit <= 0:
        raise ValueError(f"limit must be above 0, not {limit}")
    low, high = PACES
    return min(max(math.exp(GAIN * (spent / limit - elapsed)), low), high)


def price_now(price: float, pace: float) -> float:
    """The price that decisions are made with."""
    return max(0.0, (price + BASE) * pace - BASE)


def is_spent_up(*, spent: float, limit: float, next_use: float) -> bool:
    """Whether one more use of the usual size would go over the limit."""
    return spent + next_use > limit
