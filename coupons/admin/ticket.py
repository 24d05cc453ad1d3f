"""A coupon as the ticket shows it, in the form's preview as on the pages of the shop."""

from dataclasses import asdict, dataclass
from zoneinfo import ZoneInfo

from django.utils.timezone import localtime
from django.utils.translation import gettext

from coupons.admin.display import money, short_date
from coupons.enums import BenefitType, TargetMode
from coupons.models import Benefit, Coupon

MOST_NAMES = 2
MOST_READ = 20
"""Of what it covers: sizes and colours of one product have one name."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """`value` over `unit` on the left; title, what it covers and until when on the right."""

    value: str
    unit: str
    title: str
    covers: str
    until: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def ticket_of(coupon: Coupon) -> Ticket:
    campaign = coupon.campaign
    currency = campaign.channel.currency
    benefit: Benefit | None = getattr(coupon, "benefit", None)
    value, unit = _value(benefit, currency)
    included = coupon.targets.filter(mode=TargetMode.INCLUDE).select_related("product", "category", "brand")
    read = [str(target.product or target.category or target.brand) for target in included.order_by("pk")[:MOST_READ]]
    different = list(dict.fromkeys(read))
    names = different[:MOST_NAMES]
    if len(different) > MOST_NAMES or len(read) == MOST_READ:
        names.append("…")
    covers = ", ".join(names) if names else gettext("The whole order")
    if coupon.min_spend_minor:
        covers = gettext("%(what)s, from %(amount)s") % {
            "what": covers, "amount": money(coupon.min_spend_minor, currency)
        }  # fmt: skip
    until = gettext("Until %(day)s") % {"day": short_date(localtime(campaign.ends_at, ZoneInfo(campaign.timezone)))}
    return Ticket(value, unit, coupon.title, covers, until)


def _value(benefit: Benefit | None, currency: str) -> tuple[str, str]:
    if benefit is None:
        return "?", gettext("not said yet")
    off = gettext("off")
    if benefit.type == BenefitType.PERCENT:
        return f"{(benefit.percent_bp or 0) / 100:g}%", off
    if benefit.type == BenefitType.AMOUNT:
        return money(benefit.amount_minor or 0, currency), off
    if benefit.type == BenefitType.BUY_X_GET_Y:
        free = f"{benefit.buy_quantity or '?'}+{benefit.get_quantity or '?'}"
        return free, gettext("free") if not benefit.percent_bp else gettext("for less")
    special = {
        BenefitType.TIERS: (_best_tier(benefit, currency), gettext("off, at best")),
        BenefitType.GIFT: (gettext("Gift"), str(benefit.gift_product or "")[:24]),
    }
    return special.get(BenefitType(benefit.type), (gettext("Free"), gettext("shipping")))


def _best_tier(benefit: Benefit, currency: str) -> str:
    tiers = list(benefit.tiers.all()) if benefit.type == BenefitType.TIERS else []
    if not tiers:
        return "?"
    last = max(tiers, key=lambda tier: tier.threshold_minor)
    return money(last.amount_minor, currency) if last.amount_minor else f"{(last.percent_bp or 0) / 100:g}%"
