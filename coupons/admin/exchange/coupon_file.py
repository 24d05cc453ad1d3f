"""Coupons as lines of a file: what a line holds, and the services that it becomes."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from import_export import fields, widgets

from coupons.admin.benefit_form import ALLOWED, NEEDED, as_basis_points, as_percent
from coupons.admin.exchange.line_file import LineFile, Text, YesNo
from coupons.admin.state import refusal_text
from coupons.enums import BenefitType, CouponTrigger
from coupons.errors import CouponError
from coupons.evaluation import Tier
from coupons.models import Benefit, Campaign, Coupon
from coupons.money import from_minor, to_minor
from coupons.services.drafts import BenefitSpec, create_coupon, update_coupon_terms

LIMITS = ("usage_limit", "per_shopper_limit", "claim_limit")
TERMS = ("benefit_type", "percent", "amount", "at_most", "buy_quantity", "get_quantity", "tiers")


class WholeNumber(widgets.IntegerWidget):  # type: ignore[misc]
    def clean(self, value: Any, row: Any = None, **options: Any) -> int | None:  # noqa: ARG002
        text = str("" if value is None else value).strip()
        if not text:
            return None
        number = _decimal(text)
        if number is None or number != number.to_integral_value() or number < 1:
            raise ValueError(gettext("a whole number from 1 is expected"))
        return int(number)

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:  # noqa: ARG002
        return "" if value is None else str(value)


class CampaignById(widgets.ForeignKeyWidget):  # type: ignore[misc]
    """By external id, which is unique in a channel; a shop with several channels writes `channel/campaign`."""

    def clean(self, value: Any, row: Any = None, **options: Any) -> Campaign:  # noqa: ARG002
        text = str("" if value is None else value).strip().removesuffix(".0")
        slug, _, name = text.rpartition("/")
        found = Campaign.objects.select_related("channel").filter(external_id=name or text)
        rows = list((found.filter(channel__slug=slug) if slug else found)[:2])
        if len(rows) == 1:
            return rows[0]
        problem = (
            gettext("there is no such campaign") if not rows else gettext("write channel/campaign: two have this id")
        )
        raise ValueError(problem)

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:  # noqa: ARG002
        return str(value.external_id) if value else ""


class Choice(widgets.CharWidget):  # type: ignore[misc]
    def __init__(self, values: list[str], default: str) -> None:
        super().__init__()
        self.values, self.default = values, default

    def clean(self, value: Any, row: Any = None, **options: Any) -> str:  # noqa: ARG002
        text = str("" if value is None else value).strip().lower() or self.default
        if text not in self.values:
            raise ValueError(gettext("one of %(values)s is expected") % {"values": ", ".join(self.values)})
        return text


class CouponFile(LineFile):
    """A line is new or changed by its campaign and coupon id; what a coupon covers is set on its page."""

    required = ("campaign", "coupon", "title")
    larger_by = "import_coupons"

    campaign = fields.Field("campaign", "campaign", CampaignById(Campaign, "external_id"))
    coupon = fields.Field("external_id", "coupon", Text())
    title = fields.Field("title", "title", Text())
    active = fields.Field("active", "active", YesNo())
    trigger = fields.Field("trigger", "trigger", Choice(CouponTrigger.values, CouponTrigger.CODE))
    usage_limit = fields.Field("usage_limit", "usage_limit", WholeNumber())
    per_shopper_limit = fields.Field("per_shopper_limit", "per_shopper_limit", WholeNumber())
    claim_limit = fields.Field("claim_limit", "claim_limit", WholeNumber())
    min_spend = fields.Field(column_name="min_spend")
    benefit_type = fields.Field(column_name="benefit_type")
    percent = fields.Field(column_name="percent")
    amount = fields.Field(column_name="amount")
    at_most = fields.Field(column_name="at_most")
    buy_quantity = fields.Field(column_name="buy_quantity")
    get_quantity = fields.Field(column_name="get_quantity")
    tiers = fields.Field(column_name="tiers")

    class Meta(LineFile.Meta):
        model = Coupon
        import_id_fields = ("campaign", "coupon")
        fields = (
            "campaign", "coupon", "title", "active", "trigger", *LIMITS, "min_spend", *TERMS,
        )  # fmt: skip
        import_order = export_order = fields

    def get_queryset(self) -> Any:
        return Coupon.objects.select_related("campaign__channel", "benefit").prefetch_related("benefit__tiers")

    def import_instance(self, instance: Coupon, row: Mapping[str, Any], **options: Any) -> None:
        super().import_instance(instance, row, **options)
        problems = _Problems()
        if not str(row.get("title") or "").strip():
            problems.add("title", gettext("it is empty"))
        if not str(row.get("coupon") or "").strip():
            problems.add("coupon", gettext("it is empty"))
        currency = instance.campaign.channel.currency
        if "min_spend" in row:
            instance.min_spend_minor = problems.money(row, "min_spend", currency) or 0
        spec = benefit_of(row, currency, problems) if "benefit_type" in row else None
        problems.raise_any()
        stored = getattr(instance, "benefit", None) if instance.pk else None
        instance.new_benefit = None if spec == spec_of(stored) else spec  # type: ignore[attr-defined]

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:  # noqa: ARG002
        if import_validation_errors or instance.pk is None or instance.new_benefit is not None:
            return False
        return not _changed(instance, original)

    def do_instance_save(self, instance: Any, is_create: bool) -> None:
        try:
            if is_create:
                skipped = {"id", "uid", "campaign", "version"}
                columns = [each.name for each in Coupon._meta.concrete_fields if each.name not in skipped]
                made = create_coupon(
                    campaign=instance.campaign,
                    fields={name: getattr(instance, name) for name in columns},
                    benefit=instance.new_benefit,
                    actor=self.actor,
                )
                instance.pk = made.pk
                return
            stored = Coupon.objects.get(pk=instance.pk)
            changes = {name: getattr(instance, name) for name in _changed(instance, stored)}
            update_coupon_terms(
                coupon=stored, changes=changes, benefit=instance.new_benefit, targets=None, actor=self.actor,
                expected_version=None,
            )  # fmt: skip
        except CouponError as error:
            raise ValidationError(refusal_text(error)) from error

    def dehydrate_min_spend(self, coupon: Coupon) -> str:
        return (
            str(from_minor(coupon.min_spend_minor, coupon.campaign.channel.currency)) if coupon.min_spend_minor else ""
        )

    def _benefit(self, coupon: Coupon) -> Benefit | None:
        return getattr(coupon, "benefit", None) if coupon.pk else None

    def _amount(self, coupon: Coupon, minor: int | None) -> str:
        return "" if minor is None else str(from_minor(minor, coupon.campaign.channel.currency))

    def dehydrate_benefit_type(self, coupon: Coupon) -> str:
        benefit = self._benefit(coupon)
        return benefit.type if benefit else ""

    def dehydrate_percent(self, coupon: Coupon) -> str:
        benefit = self._benefit(coupon)
        return "" if benefit is None or benefit.percent_bp is None else f"{as_percent(benefit.percent_bp):f}"

    def dehydrate_amount(self, coupon: Coupon) -> str:
        benefit = self._benefit(coupon)
        return self._amount(coupon, benefit.amount_minor) if benefit else ""

    def dehydrate_at_most(self, coupon: Coupon) -> str:
        benefit = self._benefit(coupon)
        return self._amount(coupon, benefit.max_discount_minor) if benefit else ""

    def dehydrate_buy_quantity(self, coupon: Coupon) -> str:
        benefit = self._benefit(coupon)
        return str(benefit.buy_quantity or "") if benefit else ""

    def dehydrate_get_quantity(self, coupon: Coupon) -> str:
        benefit = self._benefit(coupon)
        return str(benefit.get_quantity or "") if benefit else ""

    def dehydrate_tiers(self, coupon: Coupon) -> str:
        """`200.00:30.00; 400.00:10%`."""
        benefit = self._benefit(coupon)
        return "; ".join(
            f"{self._amount(coupon, tier.threshold_minor)}:"
            + (f"{as_percent(tier.percent_bp):f}%" if tier.percent_bp else self._amount(coupon, tier.amount_minor))
            for tier in (benefit.tiers.all() if benefit else ())
        )


def _changed(instance: Coupon, stored: Coupon) -> list[str]:
    names = ("title", "active", "trigger", *LIMITS, "min_spend_minor")
    return [name for name in names if getattr(instance, name) != getattr(stored, name)]


def spec_of(benefit: Benefit | None) -> BenefitSpec | None:
    """A stored benefit as a line would say it."""
    if benefit is None:
        return None
    return BenefitSpec(
        type=BenefitType(benefit.type),
        percent_bp=benefit.percent_bp,
        amount_minor=benefit.amount_minor,
        max_discount_minor=benefit.max_discount_minor,
        buy_quantity=benefit.buy_quantity,
        get_quantity=benefit.get_quantity,
        gift=benefit.gift_product.external_id if benefit.gift_product else None,
        tiers=tuple(Tier(each.threshold_minor, each.amount_minor, each.percent_bp) for each in benefit.tiers.all()),
    )


class _Problems:
    """What is wrong with a line, by column."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}

    def add(self, column: str, text: str) -> None:
        self.found.setdefault(column, []).append(text)

    def raise_any(self) -> None:
        if self.found:
            raise ValidationError(self.found)

    def money(self, row: Mapping[str, Any], name: str, currency: str) -> int | None:
        text = _text(row, name)
        if not text:
            return None
        value = _decimal(text)
        if value is None or value < 0:
            self.add(name, gettext("an amount such as 30.00 is expected"))
            return None
        try:
            return to_minor(value, currency)
        except ValueError as error:
            self.add(name, str(error))
            return None


def benefit_of(row: Mapping[str, Any], currency: str, problems: _Problems) -> BenefitSpec | None:
    """What the line gives; None where it says nothing. What is wrong goes to `problems`."""
    kind = _text(row, "benefit_type").lower()
    given = [name for name in TERMS[1:] if _text(row, name)]
    if not kind:
        for name in given:
            problems.add("benefit_type", gettext("it is needed with %(column)s") % {"column": name})
        return None
    allowed = [each for each in BenefitType.values if each != BenefitType.GIFT]
    if kind not in allowed:
        problems.add("benefit_type", gettext("one of %(values)s is expected") % {"values": ", ".join(allowed)})
        return None
    for name in NEEDED[kind]:
        if name not in given:
            problems.add(name, gettext("it is needed for %(kind)s") % {"kind": kind})
    for name in given:
        if name not in (*NEEDED[kind], *ALLOWED[kind]):
            problems.add(name, gettext("it does not go with %(kind)s") % {"kind": kind})
    return BenefitSpec(
        type=BenefitType(kind),
        percent_bp=_percent(row, problems),
        amount_minor=problems.money(row, "amount", currency),
        max_discount_minor=problems.money(row, "at_most", currency),
        buy_quantity=_whole(row, "buy_quantity", problems),
        get_quantity=_whole(row, "get_quantity", problems),
        tiers=_tiers(row, currency, problems),
    )


def _percent(row: Mapping[str, Any], problems: _Problems) -> int | None:
    text = _text(row, "percent").removesuffix("%").strip()
    value = _decimal(text) if text else None
    if text and (value is None or value <= 0):
        problems.add("percent", gettext("a number such as 15 is expected"))
        return None
    try:
        return as_basis_points(value)
    except ValueError as error:
        problems.add("percent", str(error))
        return None


def _whole(row: Mapping[str, Any], name: str, problems: _Problems) -> int | None:
    try:
        return WholeNumber().clean(row.get(name))
    except ValueError as error:
        problems.add(name, str(error))
        return None


def _tiers(row: Mapping[str, Any], currency: str, problems: _Problems) -> tuple[Tier, ...]:
    found = []
    for part in filter(None, (each.strip() for each in _text(row, "tiers").split(";"))):
        start, _, off = part.partition(":")
        threshold, value = _decimal(start.strip()), _decimal(off.strip().removesuffix("%"))
        if threshold is None or value is None or threshold <= 0 or value <= 0:
            problems.add("tiers", gettext("steps such as 200:30; 400:80 or 200:10% are expected").replace("%%", "%"))
            return ()
        try:
            percent = as_basis_points(value) if off.strip().endswith("%") else None
            found.append(Tier(to_minor(threshold, currency), None if percent else to_minor(value, currency), percent))
        except ValueError as error:
            problems.add("tiers", str(error))
            return ()
    return tuple(found)


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value).strip()


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
