"""What a campaign is and did: facts, its coupons with their funnel, money against budgets, and what happened."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, Sum
from django.http import HttpRequest
from django.utils import dateformat, timezone
from django.utils.translation import gettext

from coupons.admin.audit_words import people
from coupons.admin.campaign_phase import phase_pill
from coupons.admin.checks import checks_of
from coupons.admin.display import money
from coupons.admin.extension_points import sections
from coupons.admin.history import timeline_of
from coupons.admin.limits import budget_amount
from coupons.admin.rehearsal import coupons_of
from coupons.admin.rows import DAYS
from coupons.admin.state import is_draft
from coupons.admin.ticket import ticket_of
from coupons.enums import CampaignPhase, CampaignStatus, RedemptionStatus
from coupons.models import BudgetCounter, Campaign, CampaignMember, Coupon, CouponGrant, Redemption
from coupons.money import describe_benefit
from coupons.phase import campaign_phase
from coupons.schedule import period_start

MOST_COUPONS = 12
STANDING = [RedemptionStatus.REDEEMED, RedemptionStatus.PARTIALLY_ROLLED_BACK]


def campaign_page(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    """A fixed number of queries, whatever the campaign did; coupons beyond MOST_COUPONS are counted, not listed."""
    coupons = coupons_of(campaign)
    phase = campaign_phase(campaign, timezone.now())
    reviewing = campaign.status in {CampaignStatus.DRAFT, CampaignStatus.IN_REVIEW}
    note = "" if is_draft(campaign) else gettext("Its terms are fixed. To change them, pause and reopen it.")
    if phase == CampaignPhase.ENDED:
        note = gettext("It has ended. To run it again, duplicate it.")
    return {
        "campaign": campaign,
        "phase": phase_pill(phase),
        "facts": facts(campaign),
        "rows": funnel_rows(coupons, campaign.channel.currency),
        "coupons_n": len(coupons),
        "ticket": ticket_of(coupons[0]) if coupons else None,
        "first_coupon": coupons[0] if coupons else None,
        "budgets": budgets_of(campaign, coupons),
        "checks": checks_of(campaign, coupons, user=request.user) if reviewing else [],
        "sections": sections(request, campaign, coupons),
        "timeline": timeline_of(campaign),
        "campaign_note": note,
        "may_add_coupon": is_draft(campaign) and request.user.has_perm("coupons.add_coupon"),
    }


def facts(campaign: Campaign) -> list[tuple[str, str]]:
    zone = ZoneInfo(campaign.timezone)
    dates = " – ".join(moment_text(moment.astimezone(zone)) for moment in (campaign.starts_at, campaign.ends_at))
    members = CampaignMember.objects.filter(campaign=campaign).count()
    audience = campaign.get_audience_display()
    found = [
        (gettext("Runs"), f"{dates} ({campaign.timezone})"),
        (gettext("Hours of the week"), hours(campaign.weekly_windows) or gettext("Always")),
        (gettext("For whom"), f"{audience} ({members:,})" if members else audience),
        (gettext("Kept as control"), f"{campaign.holdout_percent} %"),
        (gettext("Channel"), str(campaign.channel)),
        (gettext("External id"), campaign.external_id),
    ]
    if campaign.kind:
        found.insert(0, (gettext("Type"), campaign.kind))
    if text := approval(campaign):
        found.append((gettext("Approval"), text))
    return found


def moment_text(local: datetime) -> str:
    """`1 Mar 2030, 18:00`, in the reader's language."""
    return dateformat.format(local, gettext("j M Y, H:i"))


def hours(windows: Sequence[Any]) -> str:
    """`Mon, Tue 18:00–22:00; Sat 10:00–12:00`."""
    names = dict(DAYS)
    return "; ".join(
        f"{', '.join(str(names[day]) for day in window['days'])} {window['from']}–{window['to']}" for window in windows
    )


def approval(campaign: Campaign) -> str:
    """Who sent it and who approved it, by name."""
    who = {f"user:{user.pk}": user.get_username() for user in people(campaign.submitted_by, campaign.approved_by)}
    sent, approved = campaign.submitted_by, campaign.approved_by
    if approved:
        names = {"sent": who.get(sent, sent), "approved": who.get(approved, approved)}
        return gettext("Sent by %(sent)s, approved by %(approved)s") % names
    return gettext("Sent by %(sent)s") % {"sent": who.get(sent, sent)} if sent else ""


def funnel_rows(coupons: Sequence[Coupon], currency: str) -> list[dict[str, Any]]:
    """Claims, uses and cost of each coupon; two queries. Impressions and clicks are told by who records them."""
    ids = [coupon.pk for coupon in coupons]
    claims = CouponGrant.objects.filter(coupon__in=ids).order_by().values("coupon")
    claimed = dict(claims.annotate(n=Count("pk")).values_list("coupon", "n"))
    uses = Redemption.objects.filter(coupon__in=ids).order_by().values("coupon")
    counted: dict[int, Any] = {
        row["coupon"]: row
        for row in uses.annotate(
            used=Count("pk", filter=Q(status__in=STANDING)),
            cost=Sum(F("amount_minor") - F("rolled_back_minor"), filter=Q(status__in=STANDING)),
        )
    }
    return [
        {
            "coupon": coupon,
            "gives": describe_benefit(getattr(coupon, "benefit", None), currency),
            "claimed": claimed.get(coupon.pk, 0),
            "used": counted.get(coupon.pk, {}).get("used", 0),
            "cost": money(counted.get(coupon.pk, {}).get("cost") or 0, currency),
        }
        for coupon in coupons[:MOST_COUPONS]
    ]


def budgets_of(campaign: Campaign, coupons: Sequence[Coupon]) -> list[dict[str, Any]]:
    """Each budget in its present period: limit, what is spent or held of it, and the share gone in percent."""
    now = timezone.now()
    budgets = [
        *campaign.budgets.select_related("campaign__channel"),
        *(each for c in coupons for each in c.budgets.all()),
    ]
    counters = {
        (counter.budget_id, counter.period_start): counter.held_n + counter.spent_n
        for counter in BudgetCounter.objects.filter(budget__in=budgets)
    } if budgets else {}  # fmt: skip
    by_coupon = {coupon.pk: coupon for coupon in coupons}
    found = []
    for budget in budgets:
        if budget.coupon_id is not None:
            budget.coupon = by_coupon[budget.coupon_id]
        gone = counters.get((budget.pk, period_start(budget.period, campaign.timezone, now)), 0)
        found.append(
            bar(
                f"{budget.get_kind_display()}, {budget.get_period_display()}",
                of=budget.coupon.title if budget.coupon_id is not None and budget.coupon else "",
                gone=gone,
                limit=budget.limit_n,
                words=(budget_amount(budget, gone), budget_amount(budget, budget.limit_n)),
            )
        )
    return found


def bar(name: str, *, gone: int, limit: int, words: tuple[str, str], of: str = "") -> dict[str, Any]:
    """For the template of bars; `words` say what is gone and the limit."""
    percent = min(100, round(100 * gone / limit)) if limit else 100
    return {"name": name, "of": of, "gone": words[0], "limit": words[1], "percent": percent}
