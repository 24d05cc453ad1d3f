"""The preview of a coupon: a shopper, a time and a cart in; the discount, its lines and the reasons in words out."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from coupons.admin.display import money
from coupons.admin.rows import CartField
from coupons.carts import Item, make_cart
from coupons.evaluation import Cart, Decision, Reason, ReasonCode
from coupons.evaluation.reasons import Unit
from coupons.models import Coupon, Product, Shopper
from coupons.money import to_minor
from coupons.services import Preview, preview_coupon

WORDS = {
    ReasonCode.CAMPAIGN_PAUSED: _("The campaign is paused"),
    ReasonCode.CAMPAIGN_NOT_APPROVED: _("The campaign is not approved"),
    ReasonCode.CAMPAIGN_NOT_STARTED: _("The campaign has not started"),
    ReasonCode.CAMPAIGN_ENDED: _("The campaign has ended"),
    ReasonCode.OUTSIDE_HOURS: _("The campaign runs at other hours of the week"),
    ReasonCode.COUPON_INACTIVE: _("The coupon is switched off"),
    ReasonCode.NOT_IN_AUDIENCE: _("The campaign was not sent to this shopper"),
    ReasonCode.HELD_OUT: _("The shopper is in the campaign's control group"),
    ReasonCode.NOT_IN_SEGMENT: _("The shopper is in none of the coupon's segments"),
    ReasonCode.NOT_FIRST_ORDER: _("The coupon is for a first order only"),
    ReasonCode.NOT_GRANTED: _("The coupon is not in the shopper's wallet"),
    ReasonCode.CODE_REQUIRED: _("The coupon needs its code"),
    ReasonCode.TOO_FAR: _("No place that takes the coupon is within reach"),
    ReasonCode.CLOSED_NOW: _("The places that take the coupon are closed now"),
    ReasonCode.USAGE_LIMIT_REACHED: _("All uses of the coupon are taken"),
    ReasonCode.SHOPPER_LIMIT_REACHED: _("The shopper has used the coupon as often as allowed"),
    ReasonCode.BUDGET_EXHAUSTED: _("The budget of this period does not cover it"),
    ReasonCode.NO_MATCHING_ITEMS: _("Nothing in the cart is covered by the coupon"),
    ReasonCode.MIN_SPEND: _("The minimum spend is not reached"),
    ReasonCode.MIN_QUANTITY: _("There are too few items"),
    ReasonCode.BUY_MORE: _("There are too few items"),
    ReasonCode.TIER_NOT_REACHED: _("The first spend threshold is not reached"),
    ReasonCode.NO_EFFECT: _("There is nothing left to take off"),
    ReasonCode.NOT_COMBINABLE: _("It gives way to another coupon"),
}


class PreviewForm(forms.Form):
    """The time is local to the campaign."""

    shopper = forms.CharField(
        label=_("shopper (external id)"), max_length=64, required=False, help_text=_("Blank: somebody unknown")
    )
    at = forms.DateTimeField(
        label=_("time"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    shipping = forms.DecimalField(label=_("shipping"), required=False, min_value=0, max_digits=12)
    lines = CartField(label=_("cart"))

    def __init__(self, data: Any, *, coupon: Coupon) -> None:
        self.coupon, self.channel = coupon, coupon.campaign.channel
        self.zone = ZoneInfo(coupon.campaign.timezone)
        now = timezone.now().astimezone(self.zone).replace(second=0, microsecond=0, tzinfo=None)
        super().__init__(data, initial={"at": now})
        self.fields["at"].help_text = gettext("In the campaign's time zone, %(zone)s") % {"zone": self.zone.key}

    def clean_shopper(self) -> Shopper | None:
        name = self.cleaned_data["shopper"]
        if not name:
            return None
        shopper = Shopper.objects.filter(channel=self.channel, external_id=name).first()
        if shopper is None:
            raise ValidationError(
                gettext("%(channel)s has no shopper %(name)s") % {"channel": self.channel, "name": name}
            )
        return shopper

    def clean_at(self) -> datetime:
        local: datetime = self.cleaned_data["at"]
        return local.replace(tzinfo=self.zone)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "lines" in data:
            try:
                data["cart"] = self._cart(data)
            except ValueError as error:
                self.add_error("lines", str(error))
        return data

    def _cart(self, data: dict[str, Any]) -> Cart:
        named = [row["product"] for row in data["lines"] if row["product"]]
        prices = dict(Product.objects.filter(external_id__in=named).values_list("external_id", "price_minor"))
        items = []
        for number, row in enumerate(data["lines"], start=1):
            price = prices.get(row["product"]) if row["price"] is None else self._minor(row["price"])
            if price is None:
                raise ValueError(gettext("Row %(number)d: the price of one is needed") % {"number": number})
            items.append(Item(str(number), row["quantity"], price, row["product"] or None))
        return make_cart(items=items, shipping_minor=self._minor(data.get("shipping") or Decimal(0)))

    def _minor(self, amount: Decimal) -> int:
        return to_minor(amount, self.channel.currency)


def preview_context(coupon: Coupon, data: QueryDict) -> dict[str, Any]:
    """What the page shows: the form, and the outcome where it was filled."""
    form = PreviewForm(data if "lines-0-quantity" in data else None, coupon=coupon)
    if not form.is_valid():
        return {"form": form}
    found = form.cleaned_data
    preview = preview_coupon(coupon=coupon, shopper=found["shopper"], cart=found["cart"], now=found["at"])
    return {"form": form, "outcome": outcome(preview, found["cart"], coupon.campaign.channel.currency)}


def outcome(preview: Preview, cart: Cart, currency: str) -> dict[str, Any]:
    """An evaluation in words and formatted money."""
    evaluation, decision = preview.evaluation, preview.decision
    off = dict(decision.lines) if decision else {}
    return {
        "applied": decision is not None and decision.applied,
        "discount": money(evaluation.discount_minor, currency),
        "spend": money(evaluation.spend_minor + evaluation.shipping_minor, currency),
        "payable": money(evaluation.payable_minor, currency),
        "assumed_approved": preview.assumed_approved,
        "assumed_code": preview.assumed_code,
        "lines": [
            {
                "ref": line.ref,
                "quantity": line.quantity,
                "spend": money(line.spend_minor, currency),
                "off": money(off.get(line.ref, 0), currency),
            }
            for line in cart.lines
        ],
        "shipping_off": money(decision.shipping_minor, currency) if decision and decision.shipping_minor else "",
        "reasons": _reasons(decision, currency),
    }


def _reasons(decision: Decision | None, currency: str) -> list[str]:
    if decision is None:
        return [gettext("The coupon does not say what it gives")]
    return [reason_words(reason, currency) for reason in decision.reasons]


def reason_words(reason: Reason, currency: str) -> str:
    """`The first spend threshold is not reached: $20.00 more to spend`."""
    text = str(WORDS.get(reason.code, reason.text))
    if reason.distance is None:
        return text
    return f"{text}: {_distance(reason.distance, reason.unit, currency)}"


def _distance(distance: int, unit: Unit | None, currency: str) -> str:
    if unit == Unit.MINOR:
        return gettext("%(amount)s more to spend") % {"amount": money(distance, currency)}
    if unit == Unit.ITEMS:
        return ngettext("%(n)d more item", "%(n)d more items", distance) % {"n": distance}
    if unit == Unit.METRES:
        return gettext("%(n)s km away") % {"n": f"{distance / 1000:.1f}"}
    hours, minutes = divmod(distance // 60, 60)
    days, hours = divmod(hours, 24)
    return gettext("in %(days)d d %(hours)d h %(minutes)d min") % {
        "days": days,
        "hours": hours,
        "minutes": minutes,
    }
