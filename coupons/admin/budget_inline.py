"""Budgets on the page of what they limit: money as people type it, kept by the service."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin import display
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from coupons.admin.limits import budget_amount
from coupons.admin.rows import label_as_django
from coupons.admin.state import is_draft
from coupons.enums import BudgetKind, BudgetPeriod
from coupons.models import Budget, Campaign, Coupon
from coupons.money import from_minor, to_minor
from coupons.services import BudgetSpec


def currency_of(owner: Campaign | Coupon) -> str:
    """Of the channel of a campaign or coupon; blank where none is chosen yet."""
    campaign = owner
    if isinstance(owner, Coupon):
        if owner.campaign_id is None:
            return ""
        campaign = owner.campaign
    return campaign.channel.currency if isinstance(campaign, Campaign) and campaign.channel_id else ""


class BudgetForm(forms.ModelForm):  # type: ignore[type-arg]
    limit = forms.DecimalField(
        label=_("limit"),
        min_value=Decimal("0.001"),
        max_digits=15,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text=_("5000.00 for money; a whole number of uses"),
    )

    class Meta:
        model = Budget
        fields = ("kind", "period")

    def __init__(self, *args: Any, owner: Campaign | Coupon, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label_as_django(self)
        self.owner, budget = owner, self.instance
        if budget.pk:
            money = budget.kind == BudgetKind.MONEY
            limit = budget.limit_n
            self.initial["limit"] = from_minor(limit, currency_of(owner)) if money else Decimal(limit)

    def has_changed(self) -> bool:
        """A new row counts once it has a limit: kind and period are never blank in a browser."""
        blank = not self.instance.pk and not self.data.get(self.add_prefix("limit"))
        return False if blank else super().has_changed()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        limit = data.get("limit")
        if limit is None or "kind" not in data:
            return data
        money = data["kind"] == BudgetKind.MONEY
        try:
            data["limit_n"] = to_minor(limit, currency_of(self.owner)) if money else _uses(limit)
            self.instance.limit_n = data["limit_n"]
        except ValueError as error:
            self.add_error("limit", str(error))
        return data


def _uses(limit: Decimal) -> int:
    if limit != limit.to_integral_value():
        raise ValueError(gettext("A whole number of uses is expected"))
    return int(limit)


class BudgetFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "owner": self.instance}

    def clean(self) -> None:
        super().clean()
        seen = set()
        for form in self.kept:
            key = (form.cleaned_data.get("kind"), form.cleaned_data.get("period"))
            if key in seen:
                form.add_error("period", ValidationError(gettext("There is a budget of this kind and period already")))
            seen.add(key)

    @property
    def kept(self) -> list[BudgetForm]:
        """The rows that stay: filled and not marked for deletion."""
        return [
            form
            for form in self.forms
            if isinstance(form, BudgetForm)
            and form.is_valid()
            and form.cleaned_data.get("kind")
            and not form.cleaned_data.get("DELETE")
        ]

    def specs(self) -> list[BudgetSpec]:
        rows = [form.cleaned_data for form in self.kept]
        return [BudgetSpec(BudgetKind(row["kind"]), BudgetPeriod(row["period"]), row["limit_n"]) for row in rows]


class BudgetInline(TabularInline):  # type: ignore[misc]  # Unfold ships no types
    model = Budget
    form = BudgetForm
    formset = BudgetFormSet
    readonly_fields = ("limit_shown",)
    extra = 1
    ordering = ("pk",)
    hide_title = True

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A limit to type, or to read where it is fixed."""
        may = self.has_add_permission(request, obj) or self.has_change_permission(request, obj)
        return ("kind", "period", "limit" if may else "limit_shown")

    @display(description=_("limit"))
    def limit_shown(self, budget: Budget) -> str:
        return budget_amount(budget, budget.limit_n)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_add_permission(request, obj)) and is_draft(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and is_draft(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and is_draft(obj)
