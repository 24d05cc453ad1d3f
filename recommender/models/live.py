"""What a model version published for live answers: arrays that only `recommender.selectors.live` takes apart."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from coupons.models import Channel, Shopper
from recommender.models.training import ModelVersion


class LiveCatalog(models.Model):
    """A channel's running coupons as a model sees them, and what it says of them to somebody unknown."""

    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, verbose_name=_("model"))
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, verbose_name=_("channel"))
    arrays = models.BinaryField(_("arrays"), help_text=_("An .npz archive; see recommender.pipeline.publish_live"))
    as_of = models.DateTimeField(_("as of"))

    class Meta:
        verbose_name = _("live catalog")
        verbose_name_plural = _("live catalogs")
        constraints: ClassVar = [
            models.UniqueConstraint(name="livecatalog_once", fields=["model_version", "channel"]),
        ]

    def __str__(self) -> str:
        return f"live catalog of {self.channel_id}"


class LiveCandidates(models.Model):
    """One shopper's scored coupons, best first, and the recurrent state that they were scored with.

    Arrays are little-endian: coupons int64 (n,), logits float64 (n,) of the stack before calibration, pair float16
    (k, width) of the best k, state and base_state float32 (hidden_size,). base_state is the state before the day of
    `as_of`, which may not be over: that day's step is taken again with all its purchases. `logits` are without intent.
    """

    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, verbose_name=_("model"))
    shopper = models.ForeignKey(Shopper, on_delete=models.CASCADE, related_name="+", verbose_name=_("shopper"))
    coupons = models.BinaryField(_("coupons"))
    logits = models.BinaryField(_("logits"))
    pair = models.BinaryField(_("pair features"))
    state = models.BinaryField(_("state"))
    base_state = models.BinaryField(_("state before the day"))
    base_day = models.IntegerField(_("day of its last step"), null=True, help_text=_("Days since 1970-01-01"))
    intent = models.BinaryField(_("intent"), default=b"", help_text=_("Records of recommender.intent.INTENT"))
    as_of = models.DateTimeField(_("as of"))

    class Meta:
        verbose_name = _("live candidates")
        verbose_name_plural = _("live candidates")
        constraints: ClassVar = [
            models.UniqueConstraint(name="livecandidates_once", fields=["model_version", "shopper"]),
        ]

    def __str__(self) -> str:
        return f"live candidates of {self.shopper_id}"
