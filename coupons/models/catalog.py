"""What the shop sells."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Category(models.Model):
    """A node of the category tree. `external_id` is the path in the shop's own words, so names may repeat."""

    external_id = models.CharField(_("external id"), max_length=300, unique=True)
    name = models.CharField(_("name"), max_length=100)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
    )
    level = models.PositiveSmallIntegerField(_("level"), help_text=_("1 for a root"))

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [
            models.CheckConstraint(
                name="category_level_fits_parent",
                condition=models.Q(parent=None, level=1) | models.Q(parent__isnull=False, level__gt=1),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Brand(models.Model):
    external_id = models.CharField(_("external id"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=100)
    private_label = models.BooleanField(_("private label"), default=False, help_text=_("The shop's own brand"))

    class Meta:
        verbose_name = _("brand")
        verbose_name_plural = _("brands")

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    external_id = models.CharField(_("external id"), max_length=64, unique=True)
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True, default="", db_default="")
    category = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="products",
        verbose_name=_("category"),
    )
    brand = models.ForeignKey(
        Brand,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="products",
        verbose_name=_("brand"),
    )
    price_minor = models.BigIntegerField(_("price"), null=True, blank=True, help_text=_("In minor units, e.g. cents"))
    package_size = models.CharField(_("package"), max_length=50, blank=True, default="", db_default="")
    rating = models.DecimalField(_("rating"), max_digits=3, decimal_places=2, null=True, blank=True)
    image_url = models.URLField(_("image"), max_length=500, blank=True, default="", db_default="")
    attributes = models.JSONField(_("attributes"), default=dict, blank=True, db_default={})
    active = models.BooleanField(_("active"), default=True, db_default=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.CheckConstraint(name="product_price_not_negative", condition=models.Q(price_minor__gte=0)),
            models.CheckConstraint(name="product_rating_range", condition=models.Q(rating__range=(0, 5))),
        ]

    def __str__(self) -> str:
        return self.title
