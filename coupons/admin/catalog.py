"""Products, their categories and brands."""

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from coupons.admin.base import BigTableAdmin, Kept, PlatformAdmin
from coupons.admin.display import money
from coupons.models import Brand, Category, Channel, Product


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


@admin.register(Product)
class ProductAdmin(Kept, BigTableAdmin):
    list_display = ("title", "external_id", "category", "brand", "price", "package_size", "active")
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        # a product has no currency of its own: prices are in that of the shop's first channel
        currency = Channel.objects.order_by("pk").values("currency")[:1]
        rows: QuerySet[Product] = super().get_queryset(request)
        return rows.annotate(currency=Subquery(currency))

    @display(description=_("price"), ordering="price_minor")
    def price(self, product: Product) -> str:
        return money(product.price_minor, getattr(product, "currency", None) or "")
