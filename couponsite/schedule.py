"""What beat runs from the start. The rows belong to the operator: the admin edits them and nothing here resets them."""

from dataclasses import dataclass

from django_celery_beat.models import CrontabSchedule, PeriodicTask


@dataclass(frozen=True)
class Plan:
    """A periodic task's defaults: when in crontab words, in the site's time zone."""

    name: str
    task: str
    minute: str
    hour: str = "*"
    queue: str | None = None
    description: str = ""


PLANS = (
    Plan(
        "Nightly training",
        "recommender.tasks.retrain",
        minute="0",
        hour="3",
        queue="train",
        description="Trains on everything that happened since; the new model goes live only if it is better.",
    ),
    Plan(
        "Hourly recommendations",
        "recommender.tasks.precompute",
        minute="15",
        description="Computes every shopper's recommendations again with the live model.",
    ),
    Plan(
        "Budget pace",
        "recommender.tasks.pace_budgets",
        minute="*",
        description="Compares what policies' budgets have spent with what they may, and stops at the limit.",
    ),
    Plan(
        "Budget prices",
        "recommender.tasks.price_budgets",
        minute="5",
        description="Works out anew what the last unit of each budget earns.",
    ),
    Plan(
        "Learning",
        "recommender.tasks.update_learned",
        minute="*",
        description="Adds what shoppers did since to what exploring policies have learned.",
    ),
    Plan(
        "Learning anew",
        "recommender.tasks.rebuild_learned",
        minute="40",
        hour="2",
        description="Works out what exploring policies have learned again from the whole log.",
    ),
    Plan(
        "What coupons add",
        "recommender.tasks.learn_uplift",
        minute="20",
        hour="4",
        queue="train",
        description="Learns from hold-outs that see nothing how many purchases coupons add, and with whom.",
    ),
    Plan(
        "Experiment readings",
        "recommender.tasks.read_experiments",
        minute="*/10",
        description="Reads what running experiments and hold-outs say.",
    ),
    Plan(
        "Dead trainings",
        "recommender.tasks.reap_dead_runs",
        minute="*",
        description="Marks trainings whose worker died as failed, so that the next one may begin.",
    ),
    Plan(
        "Event partitions",
        "recommender.tasks.ensure_event_partitions",
        minute="30",
        hour="2",
        description="Makes the event table's partitions of the coming months.",
    ),
    Plan(
        "Old recommendations",
        "recommender.tasks.prune_recommendations",
        minute="50",
        hour="2",
        description="Deletes what models computed that neither serve nor are a roll-back away.",
    ),
    Plan(
        "Old event receipts",
        "recommender.tasks.prune_receipts",
        minute="45",
        hour="2",
        description="Forgets the ids of events that are too old to be sent again.",
    ),
    Plan(
        "Old decisions",
        "recommender.tasks.prune_decisions",
        minute="55",
        hour="2",
        description="Deletes how answers were decided, and readings of experiments, that are older than is kept.",
    ),
    Plan(
        "Expired holds",
        "coupons.tasks.expire_holds",
        minute="*",
        description="Gives uses back that were held for an order which was never paid.",
    ),
    Plan(
        "Code batches",
        "coupons.tasks.finish_code_batches",
        minute="*",
        description="Makes codes that were asked for while the queue was down, or whose worker died.",
    ),
    Plan(
        "Webhooks",
        "coupons.tasks.deliver_webhooks",
        minute="*",
        description="Tells other systems what happened, and tries again what they did not accept.",
    ),
    Plan(
        "Old webhooks",
        "coupons.tasks.prune_outbox",
        minute="55",
        hour="1",
        description="Deletes what was delivered more than 30 days ago, and what nobody accepted in 90 days.",
    ),
    Plan(
        "Coupons of ended campaigns",
        "coupons.tasks.expire_grants",
        minute="20",
        description="Takes unused coupons of ended campaigns out of the wallets.",
    ),
    Plan(
        "Home page",
        "recommender.tasks.refresh_home",
        minute="*",
        description="Reads the figures of the home page anew.",
    ),
    Plan(
        "Ledger check",
        "coupons.tasks.check_ledger",
        minute="*/15",
        description="Proves every counter against the ledger's rows; the home page shows the result.",
    ),
    Plan(
        "Old request keys",
        "coupons.tasks.forget_old_keys",
        minute="50",
        hour="1",
        description="Forgets the answers kept for requests that were sent twice.",
    ),
)


def ensure_periodic_tasks(*, timezone: str) -> list[str]:
    """Make the plans that do not exist yet; names of those made. One that was edited or switched off stays so."""
    made = []
    for plan in PLANS:
        if PeriodicTask.objects.filter(name=plan.name).exists():
            continue
        crontab, _ = CrontabSchedule.objects.get_or_create(
            minute=plan.minute,
            hour=plan.hour,
            day_of_week="*",
            day_of_month="*",
            month_of_year="*",
            timezone=timezone,
        )
        PeriodicTask.objects.create(
            name=plan.name, task=plan.task, crontab=crontab, queue=plan.queue, description=plan.description
        )
        made.append(plan.name)
    return made
