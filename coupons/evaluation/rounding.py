"""The one place where money is rounded and split."""

from collections.abc import Sequence


def percent_of(base_minor: int, percent_bp: int) -> int:
    """Basis points of an amount, half a minor unit rounded up."""
    return (base_minor * percent_bp + 5_000) // 10_000


def split(total_minor: int, weights: Sequence[int]) -> list[int]:
    """Shares in proportion to the weights, by largest remainder (ties: the earlier), that sum to the total exactly.

    With `total <= sum(weights)` no share passes its weight. Where all weights are 0 the total must be 0.
    """
    whole = sum(weights)
    if not total_minor:
        return [0] * len(weights)
    shares = [total_minor * weight // whole for weight in weights]
    missing = total_minor - sum(shares)
    if missing:
        remainders = [total_minor * weight % whole for weight in weights]
        # reversed, equal ones still come in their order
        for i in sorted(range(len(weights)), key=remainders.__getitem__, reverse=True)[:missing]:
            shares[i] += 1
    return shares
