"""What runs on workers: ids in, one call, safe to run twice. Jobs are imported inside: no web process loads them."""

import logging
from collections.abc import Sequence
from smtplib import SMTPException
from typing import Any

from celery import Task, group, shared_task
from django.utils import timezone

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 30
_ALL_DAY = 24 * 3600 // _RETRY_SECONDS


@shared_task(bind=True, max_retries=_ALL_DAY)
def retrain(self: "Task[Any, Any]", run_id: int | None = None, report_to: Sequence[str] = ()) -> None:
    """Train a queued run; without an id (the schedule's call) one is made. Waits while another training runs.

    `report_to` are e-mail addresses that get the report when it ends.
    """
    from recommender.jobs.training import run_training
    from recommender.services.report_mail import request_report_mail
    from recommender.services.runs import TrainingBusyError
    from recommender.services.training import request_report, request_scheduled_training

    run = run_id if run_id is not None else request_scheduled_training(now=timezone.now())
    if run is None:
        return
    try:
        run_training(run)
    except TrainingBusyError as busy:
        again = {"report_to": list(report_to)}
        raise self.retry(args=(run,), kwargs=again, countdown=_RETRY_SECONDS, exc=busy) from None
    request_report(run_id=run)
    if report_to:
        request_report_mail(run_id=run, recipients=report_to)


@shared_task
def make_training_report(run_id: int) -> bool:
    """The report of a run as a PDF; whether it has one."""
    from recommender.jobs.report_file import make_report

    return make_report(run_id=run_id) is not None


@shared_task(autoretry_for=(SMTPException, OSError), retry_backoff=True, max_retries=8)
def mail_training_report(run_id: int, recipients: Sequence[str], link: str, request_id: str) -> bool:
    """The report of a run by e-mail; tried again while the mail server does not answer."""
    from recommender.jobs.report_mail import mail_report

    return mail_report(run_id=run_id, recipients=recipients, link=link, request_id=request_id)


@shared_task
def precompute(version_id: int | None = None) -> None:
    """Compute everybody's recommendations of a version, in shards that any worker may take.

    Without an id those of the live model, of its shadow, if there is one, and of what running experiments try.
    """
    from recommender.jobs.precompute import plan_precompute
    from recommender.selectors import shadow_version_id
    from recommender.selectors.rules import tried_version_ids
    from recommender.services.shadow import check_shadow

    check_shadow(now=timezone.now())  # while the slates that shoppers were served still stand
    plans = [plan_precompute(version_id=version_id)]
    if version_id is None and (shadow := shadow_version_id()) is not None:
        plans.append(plan_precompute(version_id=shadow))
    if version_id is None:
        plans += [plan_precompute(version_id=tried) for tried in tried_version_ids()]
    for plan in plans:
        if plan is None:
            logger.info("No model to compute recommendations with")
            continue
        shards = [precompute_shard.si(plan.version_id, first_id, last_id) for first_id, last_id in plan.ranges]
        group([refresh_popular.si(plan.version_id), *shards]).delay()


@shared_task
def precompute_shard(version_id: int, first_id: int, last_id: int) -> int:
    """Recommendations and interests of the shoppers with ids from first_id to last_id; the number of shoppers."""
    from recommender.jobs.precompute import run_precompute_shard

    return run_precompute_shard(version_id=version_id, first_id=first_id, last_id=last_id, now=timezone.now())


@shared_task
def refresh_popular(version_id: int) -> int:
    """The lists for whom nothing personal is known, of every channel; the number of places."""
    from recommender.jobs.precompute import run_popular

    return run_popular(version_id=version_id, now=timezone.now())


@shared_task
def reap_dead_runs() -> list[int]:
    """Free the training lock of workers that died."""
    from recommender.services.runs import reap_dead_runs as reap

    return reap(now=timezone.now())


@shared_task
def ensure_event_partitions() -> list[str]:
    """Partitions of this month and the next two, before their events arrive."""
    from recommender.services.upkeep import prepare_partitions

    return prepare_partitions(now=timezone.now())


@shared_task
def prune_recommendations() -> int:
    """Forget what models computed that serve no more; how many rows."""
    from recommender.services.upkeep import prune_recommendations as prune

    return prune()


@shared_task
def prune_receipts() -> int:
    """Forget receipts of events older than a resend is likely; how many."""
    from recommender.services.upkeep import prune_receipts as prune

    return prune(now=timezone.now())


@shared_task
def prune_decisions() -> int:
    """Forget how answers were decided, and what was read of experiments, long ago; how many rows."""
    from recommender.services.upkeep import prune_decisions as decisions
    from recommender.services.upkeep import prune_readings as readings

    return decisions(now=timezone.now()) + readings(now=timezone.now())


@shared_task
def answer_estimate(estimate_id: int) -> None:
    """Work on a question about a policy."""
    from recommender.jobs.estimates import answer_estimate as answer

    answer(estimate_id=estimate_id, now=timezone.now())


@shared_task
def price_budgets(channel_id: int | None = None) -> int:
    """Prices of the budgets of live and tried policies, anew; how many budgets."""
    from recommender.jobs.pricing import price_budgets as price

    return price(channel_id=channel_id, now=timezone.now())


@shared_task
def pace_budgets() -> int:
    """Compare what budgets have spent with what they may, and raise or lower their prices; how many were spent up."""
    from recommender.services.pacing import pace_budgets as pace

    return pace(now=timezone.now())


@shared_task
def update_learned() -> int:
    """What policies that explore learned since the last minute; how many showings."""
    from recommender.services.learning import update_learned as update

    return update(now=timezone.now())


@shared_task
def rebuild_learned() -> int:
    """The same from the whole log again; how many showings."""
    from recommender.services.learning import rebuild_learned as rebuild

    return rebuild(now=timezone.now())


@shared_task
def learn_uplift() -> int:
    """What coupons add to whom, from hold-outs that see nothing; how many shoppers it is known of."""
    from recommender.jobs.uplift import learn_uplift as learn

    return learn(now=timezone.now())


@shared_task
def read_experiments() -> int:
    """A reading of every running experiment and hold-out; how many."""
    from recommender.services.readings import read_everything

    return read_everything(now=timezone.now())


@shared_task(ignore_result=True)
def refresh_home() -> None:
    """The snapshot that the admin's home page shows."""
    from recommender.dashboard.facts import refresh_facts

    refresh_facts(timezone.now())
