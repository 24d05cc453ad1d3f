"""What the home page reads of campaigns, budgets, claims and the ledger."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from coupons.enums import BudgetKind, CampaignStatus, GrantSource, GrantStatus, RedemptionStatus
from coupons.models import Budget, BudgetCounter, Campaign, CampaignMember, Coupon, Redemption
from coupons.models import CouponGrant as Grant
from coupons.phase import phase_expression
from coupons.selectors import period_start_expression

MOST_CAMPAIGNS = 24
USED = (RedemptionStatus.REDEEMED, RedemptionStatus.PARTIALLY_ROLLED_BACK)

Claims = list[tuple[date, int, int]]
Uses = list[tuple[date, int, str, int, int]]


def read_days(first: date, last: date) -> tuple[Claims, Uses]:
    """Claims and uses by day of the site's time zone: see recommender.dashboard.facts.Daily."""
    start, until = (
        timezone.make_aware(datetime(day.year, day.month, day.day))  # noqa: DTZ001  (made aware here)
        for day in (first, last + timedelta(days=1))
    )
    claims = (
        Grant.objects.filter(source=GrantSource.CLAIM, created_at__gte=start, created_at__lt=until)
        .order_by()
        .annotate(day=TruncDate("created_at"))
        .values("day")
        .annotate(n=Count("pk"), used=Count("pk", filter=Q(status=GrantStatus.REDEEMED)))
        .values_list("day", "n", "used")
    )
    uses = (
        Redemption.objects.filter(status__in=USED, redeemed_at__gte=start, redeemed_at__lt=until)
        .order_by()
        .annotate(day=TruncDate("redeemed_at"), campaign=F("coupon__campaign"))
        .values("day", "campaign", "currency")
        .annotate(n=Count("pk"), minor=Sum(F("amount_minor") - F("rolled_back_minor")))
        .values_list("day", "campaign", "currency", "n", "minor")
    )
    return list(claims), list(uses)


def read_campaigns(now: datetime) -> list[dict[str, Any]]:
    """Campaigns that run, wait to be approved or start within 60 days, each with counts and its money budget."""

    def counted(model: type[Any], key: str, what: Any, **filters: Any) -> Coalesce:
        rows = model.objects.filter(**{key: OuterRef("pk")}, **filters).order_by().values(key).annotate(x=what)
        return Coalesce(Subquery(rows.values("x"), output_field=IntegerField()), 0)

    soon = Q(status=CampaignStatus.APPROVED, ends_at__gt=now, starts_at__lt=now + timedelta(days=60))
    rows = (
        Campaign.objects.filter(soon | Q(status=CampaignStatus.IN_REVIEW))
        .annotate(
            phase=phase_expression(now),
            coupons_n=counted(Coupon, "campaign", Count("pk"), active=True),
            members_n=counted(CampaignMember, "campaign", Count("pk")),
            used_n=counted(Redemption, "coupon__campaign", Count("pk"), status__in=USED),
            users_n=counted(Redemption, "coupon__campaign", Count("shopper", distinct=True), status__in=USED),
            given=counted(Redemption, "coupon__campaign", Sum("amount_minor"), status__in=USED),
            currency=F("channel__currency"),
        )
        .order_by("ends_at", "pk")
        .values(
            "pk", "name", "kind", "status", "phase", "starts_at", "ends_at", "holdout_percent", "coupons_n",
            "members_n", "used_n", "users_n", "given", "currency",
        )[:MOST_CAMPAIGNS]
    )  # fmt: skip
    found: list[dict[str, Any]] = [dict(row) for row in rows]
    budgets = _money_budgets([row["pk"] for row in found], now) if found else {}
    return [row | {"budget": budgets.get(row["pk"])} for row in found]


def _money_budgets(campaigns: list[int], now: datetime) -> dict[int, dict[str, Any]]:
    """The money budget of each campaign: the one over its whole time where there is one, else its longest period."""
    counter = BudgetCounter.objects.filter(
        budget=OuterRef("pk"), period_start=period_start_expression(now, OuterRef("campaign__timezone"))
    )
    rows = (
        Budget.objects.filter(campaign__in=campaigns, kind=BudgetKind.MONEY)
        .annotate(
            spent=Coalesce(Subquery(counter.values("spent_n")[:1]), 0),
            held=Coalesce(Subquery(counter.values("held_n")[:1]), 0),
        )
        .values("campaign", "pk", "period", "limit_n", "spent", "held")
    )
    longest = {"total": 0, "month": 1, "week": 2, "day": 3}
    ordered = sorted(rows, key=lambda row: -longest[row["period"]])
    return {row["campaign"]: dict(row) for row in ordered}
