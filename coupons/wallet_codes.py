"""The code by which a till finds a coupon in a wallet: derived from the grant's public id, so it needs no table.

`W` and twelve characters of Crockford's base 32 hold the id's first 60 bits, 56 of them random; ids are indexed, so a
code is found by a range of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from coupons.codes import ALPHABET, CODE_LENGTH, normalise_code
from coupons.enums import GrantStatus
from coupons.errors import CodeUnusable
from coupons.models import Channel, CouponCode, CouponGrant
from coupons.persons import owner_id

PREFIX = "W"
_SHIFT = 128 - 5 * CODE_LENGTH
_VALUES = {character: value for value, character in enumerate(ALPHABET)}


@dataclass(frozen=True, slots=True)
class PresentedCodes:
    """Codes as presented, told apart: coupons of wallets, and codes of coupons as they were typed."""

    grants: tuple[CouponGrant, ...]
    codes: tuple[str, ...]

    @property
    def coupons(self) -> list[UUID]:
        return [grant.coupon.uid for grant in self.grants]


def wallet_code(uid: UUID) -> str:
    """The code of a grant."""
    bits = uid.int >> _SHIFT
    return PREFIX + "".join(ALPHABET[bits >> shift & 31] for shift in range(5 * (CODE_LENGTH - 1), -1, -5))


def present_codes(*, channel: Channel, codes: Sequence[str], order_ref: str = "") -> PresentedCodes:
    """Tell wallets' codes from others. A coupon's own code of the same look counts first.

    Raises CodeUnusable for one of a coupon that has left the wallet, unless it was used on this very order.
    """
    grants, others = [], []
    for text in codes:
        uids = _uids_of(normalise_code(text))
        grant = None
        if uids is not None and not _is_of_a_coupon(channel, text):
            rows = CouponGrant.objects.filter(uid__range=uids, shopper__channel=channel)
            grant = rows.select_related("coupon", "shopper").first()
        if grant is None:
            others.append(text)
        elif _is_open(grant, order_ref):
            grants.append(grant)
        else:
            raise CodeUnusable
    return PresentedCodes(tuple(grants), tuple(others))


def holder_of(presented: PresentedCodes, named: str) -> str:
    """The external id of the shopper whose wallet it is; `named` where no wallet's code was presented.

    Raises CodeUnusable where the codes are of several people, or not of the one named.
    """
    if not presented.grants:
        return named
    holders = {owner_id(grant.shopper) for grant in presented.grants}
    shopper = presented.grants[0].shopper
    if len(holders) > 1 or (named and named not in {grant.shopper.external_id for grant in presented.grants}):
        raise CodeUnusable
    return shopper.external_id


def _uids_of(norm: str) -> tuple[UUID, UUID] | None:
    """The first and last id that begin with the code's bits; None for what is no wallet's code."""
    if len(norm) != len(PREFIX) + CODE_LENGTH or not norm.startswith(PREFIX):
        return None
    bits = 0
    for character in norm[len(PREFIX) :]:
        if character not in _VALUES:
            return None
        bits = bits << 5 | _VALUES[character]
    return UUID(int=bits << _SHIFT), UUID(int=((bits + 1) << _SHIFT) - 1)


def _is_of_a_coupon(channel: Channel, text: str) -> bool:
    return CouponCode.objects.filter(channel=channel, code_norm=normalise_code(text)).exists()


def _is_open(grant: CouponGrant, order_ref: str) -> bool:
    if grant.status in {GrantStatus.ISSUED, GrantStatus.HELD}:
        return True
    return bool(order_ref) and grant.redemption_set.filter(order_ref=order_ref).exists()
