"""What runs on workers: ids in, one call, safe to run twice. Jobs are imported inside: no web process loads them."""

from celery import shared_task


@shared_task
def retrain(run_id: int | None = None) -> None:
    """Train; without an id a run of the schedule is made."""
    raise NotImplementedError
