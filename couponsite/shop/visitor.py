"""Who is shopping: a household of the data, somebody new, or a visit that nobody has logged in to."""

import secrets
from dataclasses import dataclass

from django.http import HttpRequest

from coupons.models import Channel, Shopper
from recommender.enums import VersionStatus
from recommender.models import Recommendation

_KEY = "shop_shopper"
VISIT = "visit-"
NEW = "new-"
SHOWN_HOUSEHOLDS = 6


@dataclass(frozen=True)
class Visitor:
    """`shopper` is the external id that the platform knows the visitor by."""

    shopper: str

    @property
    def anonymous(self) -> bool:
        return self.shopper.startswith(VISIT)

    @property
    def new(self) -> bool:
        return self.shopper.startswith(NEW)


def visitor_of(request: HttpRequest, channel: Channel) -> Visitor:
    """Whoever was chosen last; at first a household that has personal coupons, so that there is something to see."""
    known = request.session.get(_KEY)
    if not isinstance(known, str) or not known:
        first = next(iter(households(channel, limit=1)), None)
        known = first or VISIT + secrets.token_hex(6)
        request.session[_KEY] = known
    return Visitor(known)


def become(request: HttpRequest, shopper: str) -> Visitor:
    request.session[_KEY] = shopper
    return Visitor(shopper)


def become_anonymous(request: HttpRequest) -> Visitor:
    return become(request, VISIT + secrets.token_hex(6))


def become_new(request: HttpRequest) -> Visitor:
    return become(request, NEW + secrets.token_hex(4))


def households(channel: Channel, *, limit: int = SHOWN_HOUSEHOLDS) -> list[str]:
    """External ids of shoppers whose best coupon is the likeliest; the first of the channel where nobody has any."""
    best = Recommendation.objects.filter(model_version__status=VersionStatus.LIVE, rank=1, shopper__channel=channel)
    found = list(best.order_by("-score", "shopper_id").values_list("shopper__external_id", flat=True)[:limit])
    if found:
        return found
    return list(Shopper.objects.filter(channel=channel).order_by("pk").values_list("external_id", flat=True)[:limit])


def is_household(channel: Channel, shopper: str) -> bool:
    return Shopper.objects.filter(channel=channel, external_id=shopper, erased_at=None).exists()
