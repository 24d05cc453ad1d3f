"""Where shoppers come from (channels), and who may call the API for them (keys)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from coupons.enums import ChannelKind, KeyKind, Scope


class Channel(models.Model):
    """A storefront, an app or a chain of shops: one currency, one time zone."""

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=ChannelKind, default=ChannelKind.WEB)
    currency = models.CharField(_("currency"), max_length=3, help_text=_("ISO 4217, for example USD"))
    timezone = models.CharField(_("time zone"), max_length=50, default="UTC")

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        constraints = [
            models.CheckConstraint(name="channel_currency_iso", condition=models.Q(currency__regex=r"^[A-Z]{3}$")),
        ]

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """A client's key. Only the hash of its secret is kept; the prefix finds the row and may be shown."""

    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("prefix"), max_length=12, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False, verbose_name=_("hash of the secret"))
    kind = models.CharField(_("kind"), max_length=10, choices=KeyKind, default=KeyKind.SERVER)
    scopes = ArrayField(models.CharField(max_length=40, choices=Scope), verbose_name=_("scopes"), default=list)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, verbose_name=_("channel"))
    allowed_origins = ArrayField(
        models.CharField(max_length=200),
        verbose_name=_("allowed origins"),
        default=list,
        blank=True,
        db_default=[],
        help_text=_("Pages that may use a browser's key, for example https://shop.example"),
    )
    requests_per_minute = models.PositiveIntegerField(
        _("requests per minute"), default=6000, help_text=_("Of a browser's key: for each shopper")
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"
