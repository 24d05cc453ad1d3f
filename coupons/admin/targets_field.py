"""What a coupon covers, as chips with a type-ahead. Chosen things travel as `mode|kind|id`, one input each."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from coupons.enums import TargetKind, TargetMode
from coupons.models import Brand, Category, Coupon, Product
from coupons.services.drafts import TargetSpec

MODELS: Mapping[str, type[Model]] = {
    TargetKind.PRODUCT: Product,
    TargetKind.CATEGORY: Category,
    TargetKind.BRAND: Brand,
}


def chosen_of(coupon: Coupon) -> list[str]:
    """The stored targets as the form sends them."""
    rows = coupon.targets.order_by("pk").values_list("mode", "kind", "product_id", "category_id", "brand_id")
    return [f"{mode}|{kind}|{product or category or brand}" for mode, kind, product, category, brand in rows]


def _split(value: str) -> tuple[str, str, int] | None:
    mode, _, rest = value.partition("|")
    kind, _, number = rest.partition("|")
    if mode not in TargetMode.values or kind not in TargetKind.values or not number.isdecimal():
        return None
    return mode, kind, int(number)


def named(values: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Name and external id of each chosen thing; what is gone is left out. One query a kind."""
    parts = [(value, split) for value in values if (split := _split(str(value)))]
    found: dict[str, tuple[str, str]] = {}
    for kind, model in MODELS.items():
        wanted = {split[2] for _, split in parts if split[1] == kind}
        rows = model._default_manager.in_bulk(wanted) if wanted else {}
        for value, split in parts:
            if split[1] == kind and split[2] in rows:
                row: Any = rows[split[2]]
                found[value] = (str(row), row.external_id)
    return found


class TargetsWidget(forms.Widget):
    def render(
        self,
        name: str,
        value: Any,
        attrs: Mapping[str, Any] | None = None,
        renderer: Any = None,  # noqa: ARG002  (Django's signature)
    ) -> SafeString:
        values = list(dict.fromkeys(str(each) for each in value or []))
        names = named(values)
        chips = [
            {
                "value": each,
                "name": names[each][0],
                "note": names[each][1],
                "exclude": each.startswith(TargetMode.EXCLUDE),
                "kind": TargetKind(each.split("|")[1]).label,
            }
            for each in values
            if each in names
        ]
        context = {
            "id": (attrs or {}).get("id"),
            "name": name,
            "chips": chips,
            "disabled": (attrs or {}).get("disabled"),
            "url": reverse("admin:coupons_coupon_targets"),
        }
        return mark_safe(render_to_string("admin/coupons/widgets/targets.html", context))  # noqa: S308  a template's output

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:  # noqa: ARG002
        return list(data.getlist(name)) if hasattr(data, "getlist") else list(data.get(name) or [])

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:  # noqa: ARG002
        """No chip is a value: everything is covered."""
        return False


class TargetsField(forms.Field):
    """Cleans to the chosen values, each once. Raises ValidationError for something that is not in the catalog."""

    widget = TargetsWidget

    def clean(self, value: Any) -> list[str]:
        values = list(dict.fromkeys(str(each) for each in value or []))
        known = named(values)
        for each in values:
            if each not in known:
                raise ValidationError(gettext("%(target)s is not in the catalog") % {"target": each})
        things = [each.split("|", 1)[1] for each in values]
        if len(set(things)) != len(things):
            raise ValidationError(gettext("The same thing is both covered and left out"))
        return values

    def has_changed(self, initial: Any, data: Any) -> bool:
        return sorted(map(str, initial or [])) != sorted(map(str, data or []))


def specs_of(values: Sequence[str]) -> list[TargetSpec]:
    """As the service asks for them, by external id."""
    names = named(values)
    found = []
    for value in values:
        mode, kind, _ = value.split("|")
        found.append(TargetSpec(TargetKind(kind), TargetMode(mode), names[value][1]))
    return found
