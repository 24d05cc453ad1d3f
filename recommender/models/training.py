"""Training runs, the versions they produce, and which of them is live."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from recommender.enums import RunStatus, RunTrigger, VersionStatus


class TrainingRun(models.Model):
    """One training, from queue to end. At most one runs at a time: a unique constraint holds the lock."""

    uid = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    status = models.CharField(_("status"), max_length=10, choices=RunStatus, default=RunStatus.QUEUED)
    trigger = models.CharField(_("started by"), max_length=10, choices=RunTrigger)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("requested by"),
    )
    config = models.JSONField(_("settings"), default=dict, help_text=_("Only what differs from the defaults"))
    stages = models.JSONField(
        _("stages"), default=list, help_text=_("[{name, status, started_at, seconds, detail}] in order")
    )
    cleaning_report = models.JSONField(_("cleaning report"), default=dict)
    report = models.JSONField(_("evaluation report"), default=dict)
    error = models.TextField(_("error"), blank=True, default="")
    log = models.TextField(_("log"), blank=True, default="")
    worker = models.CharField(_("worker"), max_length=100, blank=True, default="")
    peak_memory_mb = models.PositiveIntegerField(_("peak memory in MB"), null=True)
    cancel_requested = models.BooleanField(_("cancel requested"), default=False)
    created_at = models.DateTimeField(_("queued"), db_default=Now())
    started_at = models.DateTimeField(_("started"), null=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("training run")
        verbose_name_plural = _("training runs")
        permissions: ClassVar = [("train_model", _("Can start and stop a training"))]
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="trainingrun_one_running",
                fields=["status"],
                condition=models.Q(status=RunStatus.RUNNING),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class TrainingEpoch(models.Model):
    """One epoch (or boosting step) of one estimator, written while it trains."""

    run = models.ForeignKey(
        TrainingRun, on_delete=models.CASCADE, related_name="epochs", verbose_name=_("training run")
    )
    estimator = models.CharField(_("estimator"), max_length=40)
    epoch = models.PositiveIntegerField(_("epoch"))
    epochs = models.PositiveIntegerField(_("of"))
    loss = models.FloatField(_("loss"))
    val_loss = models.FloatField(_("validation loss"), null=True)
    metrics = models.JSONField(_("metrics"), default=dict)
    seconds = models.FloatField(_("seconds"))

    class Meta:
        verbose_name = _("training epoch")
        verbose_name_plural = _("training epochs")
        ordering: ClassVar = ["run", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="trainingepoch_once", fields=["run", "estimator", "epoch"]),
        ]

    def __str__(self) -> str:
        return f"{self.estimator} {self.epoch}/{self.epochs}"


class ModelVersion(models.Model):
    """A trained artefact on disk. Its manifest is the truth; the manifest's hash is kept here."""

    number = models.PositiveIntegerField(_("version"), unique=True)
    run = models.OneToOneField(
        TrainingRun,
        on_delete=models.PROTECT,
        null=True,
        related_name="version",
        verbose_name=_("training run"),
    )
    status = models.CharField(_("status"), max_length=10, choices=VersionStatus, default=VersionStatus.CANDIDATE)
    path = models.CharField(_("artefact"), max_length=200, help_text=_("Folder below MODEL_DIR"))
    manifest_sha256 = models.CharField(max_length=64, verbose_name=_("hash of the manifest"))
    config = models.JSONField(_("settings"), default=dict)
    metrics = models.JSONField(_("metrics"), default=dict, help_text=_("{system: {metric: value}} on the test part"))
    verdict = models.JSONField(
        _("verdict"),
        blank=True,
        default=dict,
        help_text=_("Why it was or was not activated by itself"),
    )
    data_from = models.DateTimeField(_("data from"), null=True)
    data_to = models.DateTimeField(_("data to"), null=True)
    created_at = models.DateTimeField(_("created"), db_default=Now())

    class Meta:
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        permissions: ClassVar = [("activate_modelversion", _("Can choose which model is live"))]
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="modelversion_one_live", fields=["status"], condition=models.Q(status=VersionStatus.LIVE)
            ),
            models.UniqueConstraint(
                name="modelversion_one_shadow", fields=["status"], condition=models.Q(status=VersionStatus.SHADOW)
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.number}"


class ModelActivation(models.Model):
    """Each change of the live model, append-only."""

    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="activations", verbose_name=_("version")
    )
    previous = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("instead of")
    )
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, verbose_name=_("by"))
    reason = models.CharField(
        _("reason"), max_length=300, blank=True, help_text=_("Empty where the version's verdict was the reason")
    )
    created_at = models.DateTimeField(_("time"), db_default=Now())

    class Meta:
        verbose_name = _("model activation")
        verbose_name_plural = _("model activations")
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.version} {self.created_at:%Y-%m-%d %H:%M}"


class ShadowCheck(models.Model):
    """Uses since the check before, and how many of them each model had in its slate when they happened. Append-only.

    The first check of a pair says when the shadow began and counts nothing.
    """

    version = models.ForeignKey(
        ModelVersion, on_delete=models.CASCADE, related_name="shadow_checks", verbose_name=_("version")
    )
    live = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+", verbose_name=_("live"))
    checked_at = models.DateTimeField(_("checked"))
    uses = models.PositiveIntegerField(_("uses"), default=0)
    live_hits = models.PositiveIntegerField(_("in the live slate"), default=0)
    shadow_hits = models.PositiveIntegerField(_("in the shadow's slate"), default=0)

    class Meta:
        verbose_name = _("shadow check")
        verbose_name_plural = _("shadow checks")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="shadowcheck_once", fields=["version", "live", "checked_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} beside {self.live_id}, {self.checked_at:%Y-%m-%d %H:%M}"


class TrainingReport(models.Model):
    """The report of a run as a PDF, drawn by a worker; kept here because web and workers may share no disk."""

    run = models.OneToOneField(TrainingRun, on_delete=models.CASCADE, related_name="pdf_report", verbose_name=_("run"))
    pdf = models.BinaryField(_("file"))
    made_at = models.DateTimeField(_("made"))

    class Meta:
        verbose_name = _("training report")
        verbose_name_plural = _("training reports")

    def __str__(self) -> str:
        return f"{self.run_id}, {self.made_at:%Y-%m-%d %H:%M}"
