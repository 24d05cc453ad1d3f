"""The Celery application: Redis as broker; what must last is kept in Postgres by the tasks themselves."""

import os

from celery import Celery
from celery.signals import worker_process_init

from couponsite import launch, lifeline

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "couponsite.settings")

app = Celery("couponsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def _tie_to_worker(**_: object) -> None:
    """A task whose worker was killed must not go on beside the copy that another worker is handed."""
    launch.die_with_parent()
    lifeline.watch_supervisor()
