"""What a policy's budgets have really spent in their present period, from the redemption ledger."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Avg, F, Q, Sum

from coupons.enums import LIVE_REDEMPTIONS, BudgetPeriod
from coupons.models import Redemption
from coupons.schedule import period_start
from recommender.models import PolicyBudget


@dataclass(frozen=True)
class Spend:
    """A budget's present period. `ends` None: it has none. Held uses count as spent."""

    begins: datetime
    ends: datetime | None
    spent_minor: int
    next_use_minor: float
    """Mean discount of a use so far, 0 before the first."""

    def elapsed(self, now: datetime) -> float:
        """The share of the period that is gone, 0 to 1; all of it where the period has no end."""
        if self.ends is None:
            return 1.0
        return min(max((now - self.begins) / (self.ends - self.begins), 0.0), 1.0)


def read_spend(*, budget: PolicyBudget, now: datetime) -> Spend:
    """Every use of the coupons that the budget pays for counts, whoever recommended them."""
    begins, ends = period_of(budget, now)
    rows = Redemption.objects.filter(
        Q(redeemed_at__gte=begins) | Q(redeemed_at=None, created_at__gte=begins),
        channel=budget.policy.channel_id,
        status__in=LIVE_REDEMPTIONS,
    )
    if budget.campaigns:
        rows = rows.filter(coupon__campaign__in=budget.campaigns)
    left = F("amount_minor") - F("rolled_back_minor")
    told = rows.aggregate(spent=Sum(left), mean=Avg(left))
    return Spend(begins, ends, int(told["spent"] or 0), float(told["mean"] or 0.0))


def period_of(budget: PolicyBudget, now: datetime) -> tuple[datetime, datetime | None]:
    """Begin and end of the calendar period that `now` lies in, in the channel's time zone."""
    zone = ZoneInfo(budget.policy.channel.timezone)
    first = period_start(budget.period, str(zone), now)
    begins = datetime.combine(first, time(), zone)
    if budget.period == BudgetPeriod.DAY:
        after = first + timedelta(days=1)
    elif budget.period == BudgetPeriod.WEEK:
        after = first + timedelta(days=7)
    elif budget.period == BudgetPeriod.MONTH:
        after = (first + timedelta(days=32)).replace(day=1)
    else:
        return begins, None
    return begins, datetime.combine(after, time(), zone)
