"""What is learned while policies serve: the sums behind Thompson sampling, and what coupons add to whom."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from coupons.models import Channel, Shopper
from recommender.models.policies import Policy
from recommender.models.training import ModelVersion


def _numbers(name: Any) -> "ArrayField[list[float], list[float]]":
    return ArrayField(models.FloatField(), verbose_name=name, default=list, db_default=[])


class PolicyLearning(models.Model):
    """Sums of what a policy's answers under one model version brought. recommender.policies.learning reads them.

    Showings and uses from `learned_from` on and before `learned_until` are in the sums, each once.
    """

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="learning", verbose_name=_("policy"))
    model_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, verbose_name=_("model"))
    learned_from = models.DateTimeField(_("learned from"), null=True)
    learned_until = models.DateTimeField(_("learned until"), null=True)
    gram = _numbers(_("gram"))
    moment = _numbers(_("moment"))
    square = models.FloatField(_("square"), default=0.0, db_default=0.0)
    count = models.FloatField(_("showings"), default=0.0, db_default=0.0)

    class Meta:
        verbose_name = _("what a policy learned")
        verbose_name_plural = _("what policies learned")
        constraints: ClassVar = [
            models.UniqueConstraint(name="policylearning_once", fields=["policy", "model_version"]),
        ]

    def __str__(self) -> str:
        return f"{self.policy_id} {self.model_version_id}"


class ChannelUplift(models.Model):
    """What coupons add on a channel, learned from its hold-out. Without a row, policies state an assumption."""

    channel = models.OneToOneField(
        Channel, on_delete=models.CASCADE, related_name="uplift", primary_key=True, verbose_name=_("channel")
    )
    values = _numbers(_("coupon values, minor units"))
    treated = models.PositiveIntegerField(_("shoppers with coupons"))
    held_out = models.PositiveIntegerField(_("shoppers of the hold-out"))
    added = models.FloatField(_("added purchases a shopper"))
    added_low = models.FloatField(_("at least"))
    added_high = models.FloatField(_("at most"))
    uses = models.FloatField(_("expected uses a shopper"))
    learned_at = models.DateTimeField(_("learned"))

    class Meta:
        verbose_name = _("what coupons add")
        verbose_name_plural = _("what coupons add")

    def __str__(self) -> str:
        return f"{self.channel_id}"


class ShopperUplift(models.Model):
    """Extra purchases a use of a coupon brings with this shopper, at each of the channel's `values`."""

    shopper = models.OneToOneField(
        Shopper, on_delete=models.CASCADE, related_name="uplift", primary_key=True, verbose_name=_("shopper")
    )
    extra = _numbers(_("extra purchases a use"))

    class Meta:
        verbose_name = _("what coupons add to a shopper")
        verbose_name_plural = _("what coupons add to shoppers")

    def __str__(self) -> str:
        return f"{self.shopper_id}"
