"""Products, their categories and brands."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from coupons.admin.base import BigTableAdmin, Kept, PlatformAdmin
from coupons.admin.display import money
from coupons.models import Brand, Category, Channel, Product
from coupons.money import from_minor, to_minor


@admin.register(Category)
class CategoryAdmin(Kept, PlatformAdmin):
    list_display = ("name", "parent", "level", "external_id")
    list_filter = ("level",)
    list_select_related = ("parent",)
    search_fields = ("name", "external_id")
    autocomplete_fields = ("parent",)
    ordering = ("level", "name")


@admin.register(Brand)
class BrandAdmin(Kept, PlatformAdmin):
    list_display = ("name", "external_id", "private_label")
    list_filter = ("private_label",)
    search_fields = ("name", "external_id")
    ordering = ("name",)


def shop_currency() -> str:
    """A product has no currency of its own: prices are in that of the shop's first channel."""
    return Channel.objects.order_by("pk").values_list("currency", flat=True).first() or "USD"


class ProductForm(forms.ModelForm):  # type: ignore[type-arg]
    """With the price as people write it."""

    price = forms.DecimalField(label=_("Price"), required=False, min_value=0)

    class Meta:
        model = Product
        exclude = ("price_minor",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = shop_currency()
        self.fields["price"].help_text = self.currency
        if self.instance.price_minor is not None:
            self.initial["price"] = from_minor(self.instance.price_minor, self.currency)

    def clean_price(self) -> Decimal | None:
        """Whole minor units, put where they are stored."""
        price: Decimal | None = self.cleaned_data["price"]
        try:
            self.instance.price_minor = None if price is None else to_minor(price, self.currency)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        return price


@admin.register(Product)
class ProductAdmin(Kept, BigTableAdmin):
    list_display = ("title", "external_id", "category", "brand", "listed_price", "package_size", "active")
    list_filter = (
        ("category", AutocompleteSelectFilter),
        ("brand", AutocompleteSelectFilter),
        "active",
        "brand__private_label",
    )
    list_select_related = ("category", "brand")
    search_fields = ("title", "=external_id")
    autocomplete_fields = ("category", "brand")
    sortable_by = None
    form = ProductForm
    fields = (
        "external_id", "title", "price", "package_size", "category", "brand", "description", "rating", "image_url",
        "attributes", "active",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        currency = Channel.objects.order_by("pk").values("currency")[:1]
        rows: QuerySet[Product] = super().get_queryset(request)
        return rows.annotate(currency=Subquery(currency))

    @display(description=_("price"), ordering="price_minor")
    def listed_price(self, product: Product) -> str:
        return money(product.price_minor, getattr(product, "currency", None) or "")
