"""Every model version, the newest first."""

from typing import Any

from django.core.management.base import BaseCommand

from recommender.models import ModelVersion
from recommender.verdicts import verdict_words

_HEAD = f"{'':1} {'version':<8} {'status':<10} {'trained':<17} {'AUC':>7} {'NDCG@10':>8}  verdict"


class Command(BaseCommand):
    help = "Lists the model versions with their figures on their test part; > marks the live one."

    def handle(self, *args: Any, **options: Any) -> None:
        versions = list(ModelVersion.objects.order_by("-number"))
        if not versions:
            self.stdout.write("No model yet: train one with `manage.py train_model`.")
            return
        self.stdout.write(_HEAD)
        for version in versions:
            self.stdout.write(_line(version))


def _line(version: ModelVersion) -> str:
    stack = version.metrics.get("stack") or {}
    return (
        f"{'>' if version.status == 'live' else ' '} v{version.number:<7} {version.status:<10} "
        f"{version.created_at:%Y-%m-%d %H:%M}  {_figure(stack.get('auc')):>7} {_figure(stack.get('ndcg_10')):>8}  "
        f"{verdict_words(version.verdict)}"
    ).rstrip()


def _figure(measure: Any) -> str:
    value = measure.get("value") if isinstance(measure, dict) else measure
    return f"{value:.4f}" if isinstance(value, int | float) else "-"
