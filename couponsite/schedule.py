"""What beat runs from the start. The rows belong to the operator: the admin edits them and nothing here resets them."""

from dataclasses import dataclass

from django.utils.translation import gettext_noop
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
        gettext_noop("Nightly training"),
        "recommender.tasks.retrain",
        minute="0",
        hour="3",
        queue="train",
        description=gettext_noop(
            "Trains on everything that happened since; the new model goes live only if it is better."
        ),
    ),
    Plan(
        gettext_noop("Hourly recommendations"),
        "recommender.tasks.precompute",
        minute="15",
        description=gettext_noop("Computes every shopper's recommendations again with the live model."),
    ),
    Plan(
        gettext_noop("Budget pace"),
        "recommender.tasks.pace_budgets",
        minute="*",
        description=gettext_noop(
            "Compares what policies' budgets have spent with what they may, and stops at the limit."
        ),
    ),
    Plan(
        gettext_noop("Budget prices"),
        "recommender.tasks.price_budgets",
        minute="5",
        description=gettext_noop("Works out anew what the last unit of each budget earns."),
    ),
    Plan(
        gettext_noop("Learning"),
        "recommender.tasks.update_learned",
        minute="*",
        description=gettext_noop("Adds what shoppers did since to what exploring policies have learned."),
    ),
    Plan(
        gettext_noop("Learning anew"),
        "recommender.tasks.rebuild_learned",
        minute="40",
        hour="2",
        description=gettext_noop("Works out what exploring policies have learned again from the whole log."),
    ),
    Plan(
        gettext_noop("What coupons add"),
        "recommender.tasks.learn_uplift",
        minute="20",
        hour="4",
        queue="train",
        description=gettext_noop(
            "Learns from hold-outs that see nothing how many purchases coupons add, and with whom."
        ),
    ),
    Plan(
        gettext_noop("Experiment readings"),
        "recommender.tasks.read_experiments",
        minute="*/10",
        description=gettext_noop("Reads what running experiments and hold-outs say."),
    ),
    Plan(
        gettext_noop("Dead trainings"),
        "recommender.tasks.reap_dead_runs",
        minute="*",
        description=gettext_noop("Marks trainings whose worker died as failed, so that the next one may begin."),
    ),
    Plan(
        gettext_noop("Event partitions"),
        "recommender.tasks.ensure_event_partitions",
        minute="30",
        hour="2",
        description=gettext_noop("Makes the event table's partitions of the coming months."),
    ),
    Plan(
        gettext_noop("Old recommendations"),
        "recommender.tasks.prune_recommendations",
        minute="50",
        hour="2",
        description=gettext_noop("Deletes what models computed that neither serve nor are a roll-back away."),
    ),
    Plan(
        gettext_noop("Old event receipts"),
        "recommender.tasks.prune_receipts",
        minute="45",
        hour="2",
        description=gettext_noop("Forgets the ids of events that are too old to be sent again."),
    ),
    Plan(
        gettext_noop("Old decisions"),
        "recommender.tasks.prune_decisions",
        minute="55",
        hour="2",
        description=gettext_noop(
            "Deletes how answers were decided, and readings of experiments, that are older than is kept."
        ),
    ),
    Plan(
        gettext_noop("Expired holds"),
        "coupons.tasks.expire_holds",
        minute="*",
        description=gettext_noop("Gives uses back that were held for an order which was never paid."),
    ),
    Plan(
        gettext_noop("Code batches"),
        "coupons.tasks.finish_code_batches",
        minute="*",
        description=gettext_noop("Makes codes that were asked for while the queue was down, or whose worker died."),
    ),
    Plan(
        gettext_noop("Webhooks"),
        "coupons.tasks.deliver_webhooks",
        minute="*",
        description=gettext_noop("Tells other systems what happened, and tries again what they did not accept."),
    ),
    Plan(
        gettext_noop("Old webhooks"),
        "coupons.tasks.prune_outbox",
        minute="55",
        hour="1",
        description=gettext_noop(
            "Deletes what was delivered more than 30 days ago, and what nobody accepted in 90 days."
        ),
    ),
    Plan(
        gettext_noop("Coupons of ended campaigns"),
        "coupons.tasks.expire_grants",
        minute="20",
        description=gettext_noop("Takes unused coupons of ended campaigns out of the wallets."),
    ),
    Plan(
        gettext_noop("Home page"),
        "recommender.tasks.refresh_home",
        minute="*",
        description=gettext_noop("Reads the figures of the home page anew."),
    ),
    Plan(
        gettext_noop("Ledger check"),
        "coupons.tasks.check_ledger",
        minute="*/15",
        description=gettext_noop("Proves every counter against the ledger's rows; the home page shows the result."),
    ),
    Plan(
        gettext_noop("Old request keys"),
        "coupons.tasks.forget_old_keys",
        minute="50",
        hour="1",
        description=gettext_noop("Forgets the answers kept for requests that were sent twice."),
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
