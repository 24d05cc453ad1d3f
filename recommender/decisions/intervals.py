"""An estimate with its interval."""

from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True)
class Interval:
    """`low` <= `estimate` <= `high`, all in the unit of what is estimated."""

    estimate: float
    low: float
    high: float
    confidence: float
    """0.95: in 95 of 100 repetitions the interval holds the truth."""

    def covers(self, truth: float) -> bool:
        return self.low <= truth <= self.high

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


def two_sided_quantile(confidence: float) -> float:
    """How many standard errors a normal interval reaches to either side; 1.96 at 0.95."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    return NormalDist().inv_cdf(0.5 + confidence / 2)
