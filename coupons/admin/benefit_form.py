"""The form of a coupon: what it gives, money as people type it, percentages as percent."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
)

from coupons.admin.rows import TiersField, label_as_django
from coupons.enums import Allocation, BenefitType, CampaignStatus
from coupons.evaluation import Tier
from coupons.models import Benefit, Coupon, Product
from coupons.money import from_minor, to_minor
from coupons.services.drafts import BenefitSpec

NEEDED: dict[str, tuple[str, ...]] = {
    BenefitType.PERCENT: ("percent",),
    BenefitType.AMOUNT: ("amount",),
    BenefitType.BUY_X_GET_Y: ("buy_quantity", "get_quantity"),
    BenefitType.TIERS: ("tiers",),
    BenefitType.GIFT: ("gift",),
    BenefitType.FREE_SHIPPING: (),
}
ALLOWED: dict[str, tuple[str, ...]] = {
    BenefitType.PERCENT: ("at_most",),
    BenefitType.AMOUNT: ("at_most",),
    BenefitType.BUY_X_GET_Y: ("percent", "at_most"),
    BenefitType.TIERS: ("at_most",),
    BenefitType.GIFT: (),
    BenefitType.FREE_SHIPPING: ("at_most",),
}
VALUES = ("percent", "amount", "at_most", "buy_quantity", "get_quantity", "gift", "tiers")
BENEFIT_FIELDS = ("benefit_type", "allocation", *VALUES)
MONEY_FIELDS = {"min_spend": "min_spend_minor", "margin": "margin_minor"}
ALWAYS_EDITABLE = {"title", "active"}


class MoneyInput(forms.DecimalField):
    """An amount in whole currency units; which places the currency has is asked when it is known."""

    widget = UnfoldAdminDecimalFieldWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 0, "max_digits": 15, "required": False, **kwargs})


class CouponForm(forms.ModelForm):  # type: ignore[type-arg]
    edited_version = forms.IntegerField(label="", required=False, widget=forms.HiddenInput)
    min_spend = MoneyInput(label=_("minimum spend"), help_text=_("For example 30.00"))
    margin = MoneyInput(label=_("margin"), help_text=_("What one use earns the shop before the discount"))
    benefit_type = forms.ChoiceField(label=_("kind"), choices=BenefitType.choices, widget=UnfoldAdminSelectWidget)
    percent = forms.DecimalField(
        label=_("percent"),
        required=False,
        min_value=Decimal("0.01"),
        max_value=100,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text=_("For percent off, and for what the items got cost less; 15 is 15 %"),
    )
    amount = MoneyInput(label=_("amount"), help_text=_("For an amount off, such as 30.00"))
    at_most = MoneyInput(label=_("at most"), help_text=_("The discount is never more than this; blank for no cap"))
    allocation = forms.ChoiceField(
        label=_("allocation"), choices=Allocation.choices, required=False, widget=UnfoldAdminSelectWidget
    )
    buy_quantity = forms.IntegerField(label=_("buy"), required=False, min_value=1, widget=UnfoldAdminIntegerFieldWidget)
    get_quantity = forms.IntegerField(label=_("get"), required=False, min_value=1, widget=UnfoldAdminIntegerFieldWidget)
    gift = forms.ModelChoiceField(
        label=_("gift"),
        queryset=Product.objects.all(),
        required=False,
        widget=AutocompleteSelect(Benefit._meta.get_field("gift_product"), admin.site),
    )
    tiers = TiersField(
        label=_("spend thresholds"), help_text=_("The highest one reached counts. Save to get more rows.")
    )

    class Meta:
        model = Coupon
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label_as_django(self)
        if "segments" in self.fields:
            self.fields["segments"].widget.attrs["rows"] = 2
        coupon = self.instance
        if coupon.pk:
            self.initial.update(edited_version=coupon.version, **self._stored(coupon))
            if coupon.campaign.status != CampaignStatus.DRAFT:
                for name, field in self.fields.items():
                    field.disabled = name not in {*ALWAYS_EDITABLE, "edited_version"}
        else:
            self.initial.setdefault("allocation", Allocation.ACROSS)

    def _stored(self, coupon: Coupon) -> dict[str, Any]:
        currency = coupon.campaign.channel.currency

        def shown(minor: int | None) -> Decimal | None:
            return None if minor is None else from_minor(minor, currency)

        stored: dict[str, Any] = {"min_spend": shown(coupon.min_spend_minor), "margin": shown(coupon.margin_minor)}
        benefit: Benefit | None = getattr(coupon, "benefit", None)
        if benefit is None:
            return stored
        return stored | {
            "benefit_type": benefit.type,
            "percent": as_percent(benefit.percent_bp),
            "amount": shown(benefit.amount_minor),
            "at_most": shown(benefit.max_discount_minor),
            "allocation": benefit.allocation,
            "buy_quantity": benefit.buy_quantity,
            "get_quantity": benefit.get_quantity,
            "gift": benefit.gift_product_id,
            "tiers": [
                {
                    "threshold": shown(tier.threshold_minor),
                    "amount": shown(tier.amount_minor),
                    "percent": as_percent(tier.percent_bp),
                }
                for tier in benefit.tiers.all()
            ],
        }

    @property
    def currency(self) -> str:
        """Of the campaign's channel; blank while no campaign is chosen."""
        campaign = self.cleaned_data.get("campaign") or (self.instance.campaign if self.instance.campaign_id else None)
        return campaign.channel.currency if campaign else ""

    def clean_campaign(self) -> Any:
        campaign = self.cleaned_data["campaign"]
        if campaign.status != CampaignStatus.DRAFT:
            raise ValidationError(gettext("Coupons are added to a campaign while it is a draft"))
        return campaign

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        data["min_spend_minor"] = self._minor("min_spend") or 0
        data["margin_minor"] = self._minor("margin")
        if "benefit_type" in data and not self.fields["benefit_type"].disabled:
            self._check_benefit(data)
        return data

    def _minor(self, name: str) -> int | None:
        value = self.cleaned_data.get(name)
        if value is None:
            return None
        try:
            return to_minor(value, self.currency)
        except ValueError as error:
            self.add_error(name, str(error))
            return None

    def _check_benefit(self, data: dict[str, Any]) -> None:
        kind = data["benefit_type"]
        label = BenefitType(kind).label
        for name in VALUES:
            given = data.get(name)
            if name in NEEDED[kind] and not given and name not in self.errors:
                self.add_error(name, gettext("It is needed for %(kind)s") % {"kind": label})
            elif given and name not in (*NEEDED[kind], *ALLOWED[kind]):
                self.add_error(name, gettext("It does not go with %(kind)s") % {"kind": label})
        if self.errors:
            return
        self.benefit = self._spec(data)

    def _spec(self, data: dict[str, Any]) -> BenefitSpec | None:
        amount, cap = self._minor("amount"), self._minor("at_most")
        try:
            tiers = tuple(
                Tier(
                    to_minor(row["threshold"], self.currency),
                    None if row["amount"] is None else to_minor(row["amount"], self.currency),
                    as_basis_points(row["percent"]),
                )
                for row in data.get("tiers") or []
            )
            if any(not (tier.threshold_minor and (tier.amount_minor or tier.percent_bp)) for tier in tiers):
                raise ValueError(gettext("Every number is above 0"))
        except ValueError as error:
            self.add_error("tiers", str(error))
            return None
        return BenefitSpec(
            type=BenefitType(data["benefit_type"]),
            percent_bp=as_basis_points(data.get("percent")),
            amount_minor=amount,
            max_discount_minor=cap,
            allocation=Allocation(data.get("allocation") or Allocation.ACROSS),
            buy_quantity=data.get("buy_quantity"),
            get_quantity=data.get("get_quantity"),
            gift=data["gift"].external_id if data.get("gift") else None,
            tiers=tiers,
        )

    benefit: BenefitSpec | None = None

    def _post_clean(self) -> None:
        # the stored columns of the money fields, before Django checks the row against its constraints
        for name in MONEY_FIELDS.values():
            if name in self.cleaned_data:
                setattr(self.instance, name, self.cleaned_data[name])
        super()._post_clean()  # type: ignore[misc]

    def coupon_changes(self) -> dict[str, Any]:
        """The stored columns of the coupon itself that were changed here, by name."""
        changes = {}
        for name in self.changed_data:
            if name in BENEFIT_FIELDS or name in {"edited_version", "campaign"}:
                continue
            column = MONEY_FIELDS.get(name, name)
            changes[column] = self.cleaned_data[column]
        return changes

    @property
    def benefit_changed(self) -> bool:
        return any(name in BENEFIT_FIELDS for name in self.changed_data)


def as_percent(basis_points: int | None) -> Decimal | None:
    """`Decimal("12.5")` for 1250."""
    return None if basis_points is None else Decimal(basis_points) / 100


def as_basis_points(percent: Decimal | None) -> int | None:
    """1250 for 12.5; raises ValueError for more than two places or above 100."""
    if percent is None:
        return None
    points = percent * 100
    if points != points.to_integral_value() or points > 10_000:
        raise ValueError(gettext("A percentage is at most 100 and has at most two decimal places"))
    return int(points)
