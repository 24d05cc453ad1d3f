"""Who is in the hold-out and who is in which arm: a hash of the shopper's id, no stored row.

    position = BLAKE2b-64("<length of salt>:<salt>:<shopper's external id>") >> 11, divided by 2**53

is uniform on [0, 1). The hold-out is everybody below its share under the salt `holdout:<channel id>`, which never
changes: a larger share only adds shoppers. An experiment has a random salt of its own and lays its arms on the line
by weight, so experiments follow neither each other nor the hold-out; shoppers of the hold-out are in none.
"""

from collections.abc import Sequence

from recommender.decisions.assignment import assign_arm, in_share, unit_position


def is_held_out(channel_id: int, shopper: str, share: float) -> bool:
    """Whether a shopper (external id) belongs to the channel's permanent hold-out of `share`, 0 to 1."""
    return bool(share) and in_share(f"holdout:{channel_id}", shopper, share)


def arm_of(salt: str, shopper: str, weights: Sequence[int]) -> int:
    """The arm (0, 1, ...) of a shopper, in proportion to the weights. ValueError without arms."""
    total = sum(weights)
    if not total:
        raise ValueError("weights hold no arm")
    arm = assign_arm(salt, shopper, [weight / total for weight in weights])
    return len(weights) - 1 if arm is None else arm


def draw_seed(policy_id: int, shopper: str, hour: int) -> list[int]:
    """Seed of a decision's draws: the same shopper gets the same answer within the hour, whichever process asks."""
    return [policy_id, int(unit_position("draw", shopper) * 2**53), hour]
