"""Experiments: arms that shoppers are assigned to by a hash, and what was read of them over time."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from coupons.models import Channel, Shopper
from recommender.enums import ExperimentStatus
from recommender.models.policies import Policy
from recommender.models.training import ModelVersion


class SimulatedChannel(models.Model):
    """A channel whose shoppers are simulated. Whatever is shown of it says so."""

    channel = models.OneToOneField(
        Channel, on_delete=models.CASCADE, related_name="simulation", primary_key=True, verbose_name=_("channel")
    )
    seed = models.BigIntegerField(_("seed"))
    created_at = models.DateTimeField(_("made"), db_default=Now())

    class Meta:
        verbose_name = _("simulated channel")
        verbose_name_plural = _("simulated channels")

    def __str__(self) -> str:
        return f"{self.channel_id}"


class Experiment(models.Model):
    """A/B/n of policies and models on one channel. Arms are fixed from the start on; at most one runs per channel."""

    channel = models.ForeignKey(
        Channel, on_delete=models.PROTECT, related_name="experiments", verbose_name=_("channel")
    )
    name = models.CharField(_("name"), max_length=100)
    hypothesis = models.CharField(
        _("expectation"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text=_("What you expect to see, written down before it is seen"),
    )
    status = models.CharField(
        _("status"), max_length=10, choices=ExperimentStatus, default=ExperimentStatus.DRAFT, editable=False
    )
    salt = models.UUIDField(_("salt"), default=uuid.uuid4, editable=False, help_text=_("Part of every assignment"))
    error_percent = models.DecimalField(
        _("false alarms, percent"),
        max_digits=4,
        decimal_places=2,
        default=5,
        db_default=5,
        help_text=_("How often a difference may be called where there is none, however often you look"),
    )
    planned_shoppers = models.PositiveIntegerField(
        _("planned shoppers"),
        default=2000,
        db_default=2000,
        help_text=_("Of all arms together when you expect to decide; intervals are tightest there and valid always"),
    )
    started_at = models.DateTimeField(_("started"), null=True, blank=True, editable=False)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("started by"),
    )
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True, editable=False)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("stopped by"),
    )
    stop_reason = models.CharField(
        _("why stopped"), max_length=300, blank=True, default="", db_default="", editable=False
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("experiment")
        verbose_name_plural = _("experiments")
        ordering: ClassVar = ["-id"]
        permissions: ClassVar = [("run_experiment", _("Can start and stop experiments"))]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="experiment_one_running",
                fields=["channel"],
                condition=models.Q(status=ExperimentStatus.RUNNING),
            ),
            models.CheckConstraint(name="experiment_planned_positive", condition=models.Q(planned_shoppers__gt=0)),
            models.CheckConstraint(
                name="experiment_error_range", condition=models.Q(error_percent__gt=0, error_percent__lte=20)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ExperimentArm(models.Model):
    """What one group of shoppers gets. Without a policy or model: the live one of the moment."""

    experiment = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, related_name="arms", verbose_name=_("experiment")
    )
    position = models.PositiveSmallIntegerField(_("position"), help_text=_("0 is the control"))
    name = models.CharField(_("name"), max_length=60)
    weight = models.PositiveSmallIntegerField(_("weight"), default=1, db_default=1)
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("policy"))
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("model")
    )

    class Meta:
        verbose_name = _("experiment arm")
        verbose_name_plural = _("experiment arms")
        ordering: ClassVar = ["experiment", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="experimentarm_position_once", fields=["experiment", "position"]),
            models.UniqueConstraint(name="experimentarm_name_once", fields=["experiment", "name"]),
            models.CheckConstraint(name="experimentarm_weight_positive", condition=models.Q(weight__gt=0)),
        ]

    def __str__(self) -> str:
        return self.name


class ExperimentReading(models.Model):
    """What was known at an instant, per arm. Without an experiment: the channel's permanent hold-out."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, verbose_name=_("channel"))
    experiment = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, null=True, related_name="readings", verbose_name=_("experiment")
    )
    numbers = models.JSONField(_("numbers"), default=dict, db_default={})
    final = models.BooleanField(_("verdict"), default=False, db_default=False)
    read_at = models.DateTimeField(_("read"), db_default=Now())

    class Meta:
        verbose_name = _("experiment reading")
        verbose_name_plural = _("experiment readings")
        indexes: ClassVar = [
            models.Index(name="experimentreading_by_time", fields=["channel", "experiment", "-read_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.experiment_id} {self.read_at:%Y-%m-%d %H:%M}"


class SlateLog(models.Model):
    """How one answer was decided: the whole candidate set with its scores, and what each stage removed.

    One compact row an answer; the places shown, with their propensities, are Impression rows of the same slate.
    The arrays are parallel.
    """

    slate_id = models.UUIDField(_("answer"), primary_key=True)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, db_constraint=False, verbose_name=_("channel"))
    shopper = models.ForeignKey(
        Shopper, on_delete=models.CASCADE, null=True, db_constraint=False, verbose_name=_("shopper")
    )
    policy = models.ForeignKey(
        Policy, on_delete=models.CASCADE, null=True, db_constraint=False, verbose_name=_("policy")
    )
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.CASCADE, null=True, db_constraint=False, verbose_name=_("model")
    )
    arm = models.ForeignKey(
        ExperimentArm, on_delete=models.CASCADE, null=True, db_constraint=False, verbose_name=_("arm")
    )
    held_out = models.BooleanField(_("hold-out"), default=False, db_default=False)
    shown_at = models.DateTimeField(_("time"))
    candidates = ArrayField(models.BigIntegerField(), verbose_name=_("candidates"), default=list)
    scores = ArrayField(models.FloatField(), verbose_name=_("scores"), default=list)
    removed = ArrayField(
        models.SmallIntegerField(),
        verbose_name=_("removed by"),
        default=list,
        help_text=_("Number of the rule that removed it; 0: shown"),
    )
    propensities = ArrayField(
        models.FloatField(),
        verbose_name=_("propensities"),
        default=list,
        db_default=[],
        help_text=_("Probability that the answer shows it"),
    )

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        indexes: ClassVar = [
            models.Index(name="slatelog_by_arm", fields=["arm", "shopper", "shown_at"]),
            models.Index(name="slatelog_by_time", fields=["channel", "-shown_at"]),
        ]

    def __str__(self) -> str:
        return str(self.slate_id)
