"""The form of a policy: every rule with its default, money as people type it, coupons by the shop's own ids."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coupons.enums import BudgetPeriod
from coupons.models import Brand, Campaign, Channel, Coupon
from coupons.money import from_minor, to_minor
from recommender.models import Policy
from recommender.services.policies import TERMS, BudgetSpec

BLANK_BUDGETS = 2
SECTIONS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("what", _("What it puts first"), ("objective", "basket_minor", "margin_percent", "incremental_percent")),
    (
        "rules",
        _("Which coupons"),
        ("min_score", "only_campaigns", "pinned_coupons", "excluded_coupons"),
    ),
    ("rest", _("Caps and rest"), ("max_impressions", "impression_days", "dismissal_days", "redemption_days")),
    (
        "mix",
        _("Mix and fairness"),
        ("max_per_category", "max_per_campaign", "fair_percent", "fair_campaigns", "fair_brands"),
    ),
    ("learn", _("Learning and proof"), ("exploration_kind", "exploration_percent", "holdout_percent", "holdout_sees")),
)


class CouponIdsField(forms.CharField):
    """External ids of a channel's coupons, `campaign/coupon` where an id is in several campaigns. To primary keys."""

    def __init__(self, *, channel: Channel | None, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.TextInput(), **kwargs)
        self.channel = channel

    def clean(self, value: Any) -> Any:
        names = [part for part in re.split(r"[\s,;]+", super().clean(value) or "") if part]
        return [self._find(name) for name in names]

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        rows = Coupon.objects.filter(pk__in=value).values_list("pk", "campaign__external_id", "external_id")
        names = {pk: f"{campaign}/{coupon}" for pk, campaign, coupon in rows}
        return ", ".join(names.get(pk, str(pk)) for pk in value)

    def _find(self, name: str) -> int:
        campaign, slash, own = name.partition("/")
        rows = Coupon.objects.filter(campaign__channel=self.channel, external_id=own if slash else campaign)
        if slash:
            rows = rows.filter(campaign__external_id=campaign)
        found = list(rows.order_by("pk").values_list("pk", flat=True)[:2])
        if not found:
            raise ValidationError(gettext("%(name)s: no coupon of this channel has that id") % {"name": name})
        if len(found) > 1:
            raise ValidationError(gettext("%(name)s is in several campaigns: write campaign/%(name)s") % {"name": name})
        return found[0]


class PolicyForm(forms.Form):
    """All terms of a version but its budgets. `values` is what the service takes."""

    def __init__(self, *args: Any, channel: Channel, policy: Policy | None = None, **kwargs: Any) -> None:
        self.channel = channel
        if policy is not None:
            kwargs.setdefault("initial", _initial(policy, channel))
        super().__init__(*args, **kwargs)
        for name in TERMS:
            self.fields[name] = _field(name, channel)

    @property
    def values(self) -> dict[str, Any]:
        values = {name: self.cleaned_data[name] for name in TERMS}
        values["basket_minor"] = to_minor(values["basket_minor"] or Decimal(0), self.channel.currency)
        for name in ("only_campaigns", "fair_campaigns", "fair_brands"):
            values[name] = sorted(int(pk) for pk in values[name])
        return values

    def sections(self) -> Iterator[tuple[str, Any, list[forms.BoundField]]]:
        for key, title, names in SECTIONS:
            yield key, title, [self[name] for name in names]


class BudgetRowForm(forms.Form):
    """One budget; a row without a limit does not count."""

    name = forms.CharField(label=_("Name"), max_length=60, required=False)
    period = forms.ChoiceField(label=_("Period"), choices=BudgetPeriod.choices, initial=BudgetPeriod.WEEK)
    limit = forms.DecimalField(label=_("Limit"), min_value=Decimal("0.01"), max_digits=15, required=False)
    campaigns = forms.MultipleChoiceField(label=_("Campaigns"), required=False)

    def __init__(self, *args: Any, channel: Channel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channel = channel
        self.fields["campaigns"] = _choices(_("Campaigns"), _("None chosen: all coupons"), _campaigns(channel), size=3)

    def spec(self) -> BudgetSpec | None:
        data = self.cleaned_data
        if data.get("limit") is None:
            return None
        limit = to_minor(data["limit"], self.channel.currency)
        period = BudgetPeriod(data["period"])
        name = data["name"] or f"{period.label}"
        return BudgetSpec(name, period, limit, sorted(int(pk) for pk in data["campaigns"]))


class BaseBudgetRows(forms.BaseFormSet):  # type: ignore[type-arg]
    def specs(self) -> list[BudgetSpec]:
        return [spec for form in self.forms if (spec := form.spec()) is not None]


BudgetRows = forms.formset_factory(BudgetRowForm, formset=BaseBudgetRows, extra=BLANK_BUDGETS, max_num=20)


def budget_rows(data: Any, *, channel: Channel, policy: Policy | None) -> BaseBudgetRows:
    """The budgets of a policy as rows to type in, with some blank ones."""
    initial = [
        {
            "name": budget.name,
            "period": budget.period,
            "limit": from_minor(budget.limit_minor, channel.currency),
            "campaigns": [str(pk) for pk in budget.campaigns],
        }
        for budget in (policy.budgets.order_by("pk") if policy else ())
    ]
    rows = BudgetRows(data, prefix="budget", initial=initial, form_kwargs={"channel": channel})
    return cast("BaseBudgetRows", rows)


def _initial(policy: Policy, channel: Channel) -> dict[str, Any]:
    values = {name: getattr(policy, name) for name in TERMS}
    values["basket_minor"] = from_minor(policy.basket_minor, channel.currency)
    for name in ("only_campaigns", "fair_campaigns", "fair_brands"):
        values[name] = [str(pk) for pk in values[name]]
    return values


def _field(name: str, channel: Channel) -> forms.Field:
    column = cast("models.Field[Any, Any]", Policy._meta.get_field(name))
    label, help_text = column.verbose_name, column.help_text
    if name in {"only_campaigns", "fair_campaigns"}:
        return _choices(label, help_text, _campaigns(channel))
    if name == "fair_brands":
        brands = Brand.objects.order_by("-private_label", "name").values_list("pk", "name")[:300]
        return _choices(label, help_text, list(brands))
    if name in {"pinned_coupons", "excluded_coupons"}:
        hint = gettext("External ids, separated by commas.")
        return CouponIdsField(channel=channel, label=label, help_text=f"{help_text}. {hint}")
    if name == "basket_minor":
        hint = gettext("What a purchase with a coupon is worth to the shop's till, for example 25.00")
        return forms.DecimalField(label=label, min_value=0, max_digits=15, required=False, help_text=hint)
    field = column.formfield()
    assert isinstance(field, forms.Field)  # noqa: S101 - a column of a form
    if isinstance(field, forms.FloatField):
        field.widget.attrs["step"] = "any"
    return field


def _choices(label: Any, help_text: Any, choices: Sequence[tuple[Any, Any]], size: int = 5) -> forms.Field:
    listed = [(str(value), text) for value, text in choices]
    widget = forms.SelectMultiple(attrs={"size": size, "class": "cp-many"})
    return forms.MultipleChoiceField(label=label, help_text=help_text, choices=listed, required=False, widget=widget)


def _campaigns(channel: Channel) -> list[tuple[int, str]]:
    rows = Campaign.objects.filter(channel=channel).order_by("-ends_at", "pk")
    return list(rows.values_list("pk", "name")[:300])
