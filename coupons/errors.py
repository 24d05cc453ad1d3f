"""Refusals by name, each with a stable code and the HTTP status it becomes. Services raise them; the API shows them."""

# ruff: noqa: N818  a refusal is named for what it says

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from coupons.evaluation.reasons import Reason, ReasonCode


class CouponError(Exception):
    """A request that was understood and is refused; nothing of it was kept."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 422

    def __init__(self, detail: str = "", *, reasons: Sequence[Reason] = (), **extra: Any) -> None:
        super().__init__(detail or self.__doc__ or self.code)
        self.detail = detail or (self.__doc__ or self.code)
        self.reasons = tuple(reasons)
        self.extra = extra
        """Further members of the answer, for example the redemption that is there already."""


class IdempotencyKeyMissing(CouponError):
    """The Idempotency-Key header is missing."""

    code, status = "idempotency_key_missing", 400


class Malformed(CouponError):
    """The request cannot be understood."""

    code, status = "malformed", 400


class SelfApproval(CouponError):
    """A campaign is approved by somebody other than who submitted it."""

    code, status = "self_approval", 403


class NotFound(CouponError):
    """There is no such thing."""

    code, status = "not_found", 404


class CodeUnusable(CouponError):
    """This code cannot be used."""

    code, status = "code_unusable", 404


class AlreadyRedeemed(CouponError):
    """Another shopper used this coupon on this order."""

    code, status = "already_redeemed", 409


class AlreadyClaimed(CouponError):
    """The shopper has this coupon in the wallet already."""

    code, status = "already_claimed", 409


class AlreadyExists(CouponError):
    """There is one with this external id already."""

    code, status = "already_exists", 409


class HoldExpired(CouponError):
    """The hold is over and the use was given back."""

    code, status = "hold_expired", 409


class IdempotencyInFlight(CouponError):
    """The first request with this Idempotency-Key is still being answered."""

    code, status = "idempotency_in_flight", 409


class NotCombinable(CouponError):
    """These coupons do not go together."""

    code, status = "not_combinable", 409


class StateConflict(CouponError):
    """Not possible in the present state."""

    code, status = "state_conflict", 409


class CampaignEnded(CouponError):
    """The campaign has ended."""

    code, status = "campaign_ended", 410


class PoolExhausted(CouponError):
    """No more of these coupons are given out."""

    code, status = "pool_exhausted", 410


class VersionConflict(CouponError):
    """Somebody else changed it in the meantime."""

    code, status = "version_conflict", 412


class NotEligible(CouponError):
    """The coupon does not apply."""

    code, status = "not_eligible", 422


class LimitReached(CouponError):
    """A limit is reached."""

    code = "limit_reached"
    sweep: Callable[[], int] | None = None
    """Gives back expired holds that may be taking up the last place; says how many there were."""


class UsageLimitReached(LimitReached):
    """All uses of the coupon are taken."""

    code = "usage_limit_reached"


class ShopperLimitReached(LimitReached):
    """The shopper has used the coupon as often as allowed."""

    code = "shopper_limit_reached"


class BudgetExhausted(LimitReached):
    """The budget of this period does not cover it."""

    code = "budget_exhausted"


class LimitBelowUse(CouponError):
    """A limit cannot be set below the uses already taken."""

    code = "limit_below_use"


class TooFar(CouponError):
    """No place that takes the coupon is within reach."""

    code = "too_far"


class ClosedNow(CouponError):
    """The places that take the coupon are closed now."""

    code = "closed_now"


class AmountMismatch(CouponError):
    """The discount is not the amount that was expected."""

    code = "amount_mismatch"


class IdempotencyKeyReused(CouponError):
    """The Idempotency-Key came with another request before."""

    code = "idempotency_key_reused"


class Contention(CouponError):
    """Too many requests for the same thing at once; try again."""

    code, status = "contention", 503
    retry_after_s: ClassVar[int] = 1


class CounterDrift(Exception):
    """A counter does not fit the ledger: a defect, never a shopper's fault. `manage.py reconcile` says where."""


_BY_REASON: dict[ReasonCode, type[CouponError]] = {
    ReasonCode.USAGE_LIMIT_REACHED: UsageLimitReached,
    ReasonCode.SHOPPER_LIMIT_REACHED: ShopperLimitReached,
    ReasonCode.BUDGET_EXHAUSTED: BudgetExhausted,
    ReasonCode.CAMPAIGN_ENDED: CampaignEnded,
    ReasonCode.NOT_COMBINABLE: NotCombinable,
    ReasonCode.TOO_FAR: TooFar,
    ReasonCode.CLOSED_NOW: ClosedNow,
}


def error_for(reasons: Sequence[Reason], **extra: Any) -> CouponError:
    """The refusal that says these reasons: one of its own where a single reason has one, else not_eligible.

    That the campaign is over outweighs whatever else is missing: nothing the shopper does changes it.
    """
    kinds = {reason.code for reason in reasons}
    error = _BY_REASON.get(next(iter(kinds)), NotEligible) if len(kinds) == 1 else NotEligible
    if ReasonCode.CAMPAIGN_ENDED in kinds:
        error = CampaignEnded
    return error("; ".join(reason.text for reason in reasons), reasons=reasons, **extra)
