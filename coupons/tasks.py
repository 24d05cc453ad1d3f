"""Background work, each a thin way into a service and safe to run twice."""

from celery import shared_task
from django.utils import timezone

from coupons import services


@shared_task
def expire_holds() -> int:
    return services.expire_holds(now=timezone.now())


@shared_task
def expire_grants() -> int:
    return services.expire_grants(now=timezone.now())


@shared_task(acks_late=True)
def generate_codes(batch_id: int) -> int:
    return services.generate_codes(batch_id=batch_id, now=timezone.now())


@shared_task(acks_late=True)
def finish_code_batches() -> int:
    return services.finish_code_batches(now=timezone.now())


@shared_task
def deliver_webhooks() -> int:
    now = timezone.now()
    services.fan_out_events(now=now)
    return services.deliver_due(now=now)


@shared_task
def prune_outbox() -> int:
    return services.prune_outbox(now=timezone.now())


@shared_task
def forget_old_keys() -> int:
    return services.forget_old_keys(now=timezone.now())


@shared_task
def check_ledger() -> int:
    """How many numbers differ from the ledger's rows."""
    return services.check_ledger(now=timezone.now()).difference_count
