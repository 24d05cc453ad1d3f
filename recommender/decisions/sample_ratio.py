"""Did the split into arms come out as planned? A ratio that is off tells of a bug, whatever the results say.

Two answers. The chi-square test is the usual one and holds for a single look. The sequential test is a Bayes factor of
the multinomial against a Dirichlet prior around the planned shares (Lindon and Malek 2020, arXiv 2011.03567): its
p-value holds at every look together, so a dashboard may show it daily.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

ALARM = 0.001
"""Below this p-value the split is called broken; the usual level for this check, which runs on every experiment."""
_CONCENTRATION = 10_000.0
"""Weight of the planned shares in the prior, in units: large, because a real mismatch is small."""


@dataclass(frozen=True)
class SampleRatio:
    """The check of one experiment."""

    observed: tuple[int, ...]
    expected: tuple[float, ...]
    """Units that the planned shares make of the same total."""
    chi_square: float
    p_value: float
    """Of the chi-square test: valid for one look."""
    sequential_p_value: float
    """Valid at this and every other look, of these counts alone; keep the least of all looks."""

    @property
    def broken(self) -> bool:
        return self.sequential_p_value < ALARM


def check_sample_ratio(counts: Sequence[int], shares: Sequence[float]) -> SampleRatio:
    """Compare units per arm, (k,), with planned shares, (k,), of any positive scale. ValueError on a bad input."""
    if len(counts) != len(shares) or len(counts) < 2:
        raise ValueError(f"counts and shares need the same number of arms, at least 2: {len(counts)} and {len(shares)}")
    if any(count < 0 for count in counts):
        raise ValueError(f"counts must not be negative: {list(counts)}")
    if any(share <= 0 for share in shares):
        raise ValueError(f"shares must be positive: {list(shares)}")
    total, scale = sum(counts), math.fsum(shares)
    planned = [share / scale for share in shares]
    expected = tuple(total * share for share in planned)
    statistic = math.fsum((n - e) ** 2 / e for n, e in zip(counts, expected, strict=True)) if total else 0.0
    return SampleRatio(
        observed=tuple(counts),
        expected=expected,
        chi_square=statistic,
        p_value=chi_square_tail(statistic, len(counts) - 1),
        sequential_p_value=min(1.0, math.exp(-_log_bayes_factor(counts, planned))),
    )


def chi_square_tail(statistic: float, degrees: int) -> float:
    """P(chi-square with `degrees` >= statistic), by the finite sums that whole degrees of freedom have."""
    half = statistic / 2
    if degrees % 2 == 0:
        return math.exp(-half) * math.fsum(half**j / math.factorial(j) for j in range(degrees // 2))
    terms = (half ** (j - 0.5) / math.gamma(j + 0.5) for j in range(1, (degrees - 1) // 2 + 1))
    return math.erfc(math.sqrt(half)) + math.exp(-half) * math.fsum(terms)


def _log_bayes_factor(counts: Sequence[int], planned: Sequence[float]) -> float:
    """log P(counts | shares drawn around the plan) - log P(counts | the plan)."""
    total = sum(counts)
    value = math.lgamma(_CONCENTRATION) - math.lgamma(_CONCENTRATION + total)
    for count, share in zip(counts, planned, strict=True):
        prior = _CONCENTRATION * share
        value += math.lgamma(prior + count) - math.lgamma(prior) - count * math.log(share)
    return value
