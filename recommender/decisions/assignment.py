"""Stable random assignment by hash: the same unit gets the same arm on every machine, without a stored row.

BLAKE2b of a salt and a unit's id gives a number that is uniform on [0, 1); arms are stretches of that line. Two salts
give independent numbers, so experiments do not follow each other, and nothing follows the hold-out. Growing a share
only adds units: who was in stays in.
"""

import hashlib
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_BITS = 53  # what a float holds exactly


def unit_position(salt: str, unit: str | int) -> float:
    """The place of a unit on [0, 1), a multiple of 2**-53; `salt` names the experiment, `unit` the shopper."""
    # The length keeps ("a", "b:c") and ("a:b", "c") apart.
    digest = hashlib.blake2b(f"{len(salt)}:{salt}:{unit}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> (64 - _BITS)) * 2.0**-_BITS


def in_share(salt: str, unit: str | int, share: float) -> bool:
    """Whether the unit is among the first `share` (0 to 1) of the line: a hold-out, or the traffic of an experiment."""
    if not 0 <= share <= 1:
        raise ValueError(f"share must lie between 0 and 1, not {share}")
    return unit_position(salt, unit) < share


def assign_arm(salt: str, unit: str | int, shares: Sequence[float]) -> int | None:
    """The arm (0, 1, ...) of a unit, arm i with probability shares[i]; None: in the rest that the shares leave.

    ValueError where a share is negative or they exceed 1.
    """
    _check_shares(shares)
    position = unit_position(salt, unit)
    total = 0.0
    for arm, share in enumerate(shares):
        total += share
        if position < total:
            return arm
    # Shares such as ten times 0.1 add up to a little less than 1: the rest is no stretch of its own.
    return len(shares) - 1 if shares and math.isclose(total, 1.0, abs_tol=1e-9) else None


def assign_arms(salt: str, units: Sequence[str | int], shares: Sequence[float]) -> NDArray[np.int64]:
    """`assign_arm` of many units, (n,); -1: in no arm."""
    arms = (assign_arm(salt, unit, shares) for unit in units)
    return np.fromiter((-1 if arm is None else arm for arm in arms), dtype=np.int64, count=len(units))


def _check_shares(shares: Sequence[float]) -> None:
    for arm, share in enumerate(shares):
        if not 0 <= share <= 1:
            raise ValueError(f"share {arm} must lie between 0 and 1, not {share}")
    if math.fsum(shares) > 1 + 1e-9:
        raise ValueError(f"shares must not exceed 1 together, not {math.fsum(shares)}")
