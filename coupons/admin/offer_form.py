"""The coupon of a campaign on the campaign's own page. What a draft still lacks is no error there: checks tell it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline

from coupons.admin.benefit_form import ALLOWED, NEEDED, VALUES, CouponForm
from coupons.admin.rows import label_as_django
from coupons.admin.state import is_draft
from coupons.admin.targets_field import TargetsField, chosen_of, specs_of
from coupons.enums import BenefitType
from coupons.models import Campaign, Coupon
from coupons.services.drafts import create_coupon, update_coupon_terms

MOST_CHIPS = 100


def free_id(taken: set[str], wanted: str) -> str:
    """`wanted`, or the first of `wanted-2`, `wanted-3`, ... that nobody has."""
    found, number = wanted, 2
    while found in taken:
        found, number = f"{wanted}-{number}", number + 1
    return found


class OfferForm(CouponForm):
    covers = TargetsField(label=_("what it covers"), required=False, help_text=_("Nothing named: the whole order"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label_as_django(self)
        for name in {"title", "external_id", "min_quantity", "hold_ttl_s", "counter_slots"} & self.fields.keys():
            self.fields[name].required = False
        if self.instance.pk and self.instance.targets.count() > MOST_CHIPS:
            del self.fields["covers"]  # imported by the thousand, and changed the same way
        elif self.instance.pk:
            self.initial["covers"] = chosen_of(self.instance)
        else:
            self.initial.setdefault("benefit_type", BenefitType.AMOUNT)

    @property
    def currency(self) -> str:
        campaign = self.instance.campaign
        return campaign.channel.currency if campaign.channel_id else ""

    def clean_title(self) -> str:
        """A ticket without a headline shows the campaign's name."""
        return self.cleaned_data["title"] or str(getattr(self.instance.campaign, "name", ""))[:200]

    def clean_external_id(self) -> str:
        if self.cleaned_data["external_id"]:
            return str(self.cleaned_data["external_id"])
        if self.instance.pk:
            return str(self.instance.external_id)
        campaign = self.instance.campaign
        taken = set(campaign.coupons.values_list("external_id", flat=True)) if campaign.pk else set()
        return free_id(taken, "1")

    def _blank_is_default(self, name: str) -> Any:
        value = self.cleaned_data[name]
        column: Any = Coupon._meta.get_field(name)
        return column.get_default() if value is None else value

    def clean_min_quantity(self) -> Any:
        return self._blank_is_default("min_quantity")

    def clean_hold_ttl_s(self) -> Any:
        return self._blank_is_default("hold_ttl_s")

    def clean_counter_slots(self) -> Any:
        return self._blank_is_default("counter_slots")

    def _check_benefit(self, data: dict[str, Any]) -> None:
        """As on the coupon's page, but with nothing typed a draft simply does not say yet what it gives."""
        kind = data["benefit_type"]
        typed = [name for name in VALUES if data.get(name) or name in self.errors]
        if NEEDED[kind] and not [name for name in typed if name in (*NEEDED[kind], *ALLOWED[kind])]:
            # what another kind left behind in hidden inputs does not count
            self.benefit = None
            return
        for name in VALUES:
            if name not in (*NEEDED[kind], *ALLOWED[kind]):
                data[name] = None
        super()._check_benefit(data)


class OfferFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)  # type: ignore[misc]
        form.instance.campaign = self.instance  # Django sets its id alone, and a new campaign has none yet
        return form

    def clean(self) -> None:
        super().clean()
        if len([form for form in self.forms if form.has_changed()]) > 1:
            raise ValidationError(gettext("One coupon at a time"))

    @property
    def changed_offers(self) -> list[OfferForm]:
        return [form for form in self.forms if isinstance(form, OfferForm) and form.has_changed()]


def save_offer(*, campaign: Campaign, offer: OfferForm, actor: str) -> None:
    """A valid form's coupon, made or changed through the services. Raises CouponError."""
    coupon, data = offer.instance, offer.cleaned_data
    if coupon.pk is None:
        skipped = {"id", "uid", "campaign", "version"}
        columns = [each.name for each in Coupon._meta.concrete_fields if each.name not in skipped]
        create_coupon(
            campaign=campaign,
            fields={name: getattr(coupon, name) for name in columns},
            benefit=offer.benefit,
            targets=specs_of(data["covers"]),
            actor=actor,
        )
        return
    changes = {name: value for name, value in offer.coupon_changes().items() if name != "covers"}
    covers = specs_of(data["covers"]) if "covers" in offer.changed_data else None
    if changes or offer.benefit_changed or covers is not None:
        update_coupon_terms(
            coupon=coupon,
            changes=changes,
            benefit=offer.benefit if offer.benefit_changed else None,
            targets=covers,
            actor=actor,
            expected_version=data.get("edited_version"),
        )


class OfferInline(StackedInline):  # type: ignore[misc]  # Unfold ships no types
    """One coupon inline; the coupons of a campaign with several have pages of their own."""

    model = Coupon
    form = OfferForm
    formset = OfferFormSet
    max_num = 1
    can_delete = False
    fields = (
        "title", "benefit_type", "percent", "amount", "tiers", "buy_quantity", "get_quantity", "gift", "at_most",
        "allocation", "covers", "min_spend", "min_quantity", "trigger", "usage_limit", "per_shopper_limit",
        "claim_limit", "segments", "first_order_only", "external_id", "restore_policy", "below_minimum_policy",
        "hold_ttl_s", "margin", "counter_slots", "edited_version",
    )  # fmt: skip

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        several = isinstance(obj, Campaign) and obj.pk is not None and obj.coupons.count() > 1
        if several:
            formset.max_num = formset.absolute_max = formset.extra = 0
            formset.get_queryset = lambda _self: Coupon.objects.none()
        return formset

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:  # noqa: ARG002
        return 0 if isinstance(obj, Campaign) and obj.pk and obj.coupons.exists() else 1

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_add_permission(request, obj)) and is_draft(obj)
