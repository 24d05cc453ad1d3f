"""Candidates read from the database for the pure evaluation: a fixed number of queries, however many coupons."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Q, Sum

from coupons.enums import (
    LIVE_REDEMPTIONS,
    Allocation,
    Audience,
    BenefitType,
    BudgetKind,
    CampaignStatus,
    CounterScope,
    CouponTrigger,
    GrantStatus,
    StackingMode,
    TargetMode,
)
from coupons.evaluation import (
    BenefitTerms,
    CampaignTerms,
    Candidate,
    GroupTerms,
    ShopperFacts,
    Standing,
    Targets,
    Tier,
)
from coupons.models import (
    Benefit,
    Budget,
    BudgetCounter,
    Campaign,
    CampaignMember,
    Channel,
    Coupon,
    CouponCode,
    CouponGrant,
    CouponTarget,
    Redemption,
    Shopper,
    UsageCounter,
)
from coupons.persons import of_person
from coupons.schedule import period_start
from coupons.selectors import has_ordered, uses_that_count


@dataclass
class _Numbers:
    """What the limits say, by coupon id."""

    room: dict[int, int] = field(default_factory=dict)
    batch_room: dict[int, int] = field(default_factory=dict)
    used_by_shopper: dict[int, int] = field(default_factory=dict)
    on_this_order: dict[int, int] = field(default_factory=dict)
    members: set[int] = field(default_factory=set)
    granted: set[int] = field(default_factory=set)
    with_codes: set[int] = field(default_factory=set)
    budgets: dict[tuple[str, int], list[Budget]] = field(default_factory=lambda: defaultdict(list))
    spent: dict[tuple[int, date], int] = field(default_factory=dict)


def load_facts(*, shopper: Shopper | None, order_ref: str = "") -> ShopperFacts:
    """What the evaluation asks of the shopper; the order in hand is not an earlier one."""
    if shopper is None:
        return ShopperFacts()
    ordered = has_ordered(shopper, except_order=order_ref)
    return ShopperFacts(shopper.pk, frozenset(shopper.segments), ordered)


def load_candidates(
    *,
    channel: Channel,
    shopper: Shopper | None,
    coupon_ids: Iterable[int],
    now: datetime,
    codes: Mapping[int, CouponCode] | None = None,
    order_ref: str = "",
) -> list[Candidate]:
    """The channel's coupons among these, in order of id. `codes` are those presented, by coupon id.

    What this order holds already never counts against it.
    """
    coupons = list(
        Coupon.objects.filter(pk__in=set(coupon_ids), campaign__channel=channel)
        .select_related("campaign__stacking_group", "benefit")
        .prefetch_related("targets", "benefit__tiers")
        .order_by("pk")
    )
    codes = codes or {}
    numbers = _load_numbers(coupons, shopper, codes, order_ref)
    return [_candidate(coupon, numbers, codes.get(coupon.pk), now) for coupon in coupons if hasattr(coupon, "benefit")]


def _load_numbers(
    coupons: Sequence[Coupon], shopper: Shopper | None, codes: Mapping[int, CouponCode], order_ref: str
) -> _Numbers:
    ids = [coupon.pk for coupon in coupons]
    campaigns = [coupon.campaign_id for coupon in coupons]
    numbers = _Numbers()
    batches = {code.batch_id: coupon_id for coupon_id, code in codes.items() if code.batch_id is not None}
    limited = Q(scope=CounterScope.COUPON, scope_id__in=ids) | Q(scope=CounterScope.BATCH, scope_id__in=list(batches))
    left = UsageCounter.objects.filter(limited).order_by().values("scope", "scope_id")
    for row in left.annotate(left=Sum(F("limit_n") - F("held_n") - F("redeemed_n"))):
        if row["scope"] == CounterScope.COUPON:
            numbers.room[row["scope_id"]] = row["left"]
        else:
            numbers.batch_room[batches[row["scope_id"]]] = row["left"]
    coded = [coupon.pk for coupon in coupons if coupon.trigger == CouponTrigger.CODE]
    if coded:
        numbers.with_codes = set(
            Coupon.objects.filter(pk__in=coded, codes__isnull=False).values_list("pk", flat=True).distinct()
        )
    _load_budgets(numbers, ids, campaigns)
    if shopper is not None:
        _load_shopper(numbers, ids, campaigns, shopper, order_ref)
    return numbers


def _load_shopper(
    numbers: _Numbers, ids: Sequence[int], campaigns: Sequence[int], shopper: Shopper, order_ref: str
) -> None:
    live = Q(status__in=LIVE_REDEMPTIONS, order_ref=order_ref)
    rows = Redemption.objects.filter(of_person(shopper), coupon__in=ids).order_by().values("coupon")
    counted = rows.annotate(
        used=Count("pk", filter=uses_that_count()),
        here=Count("pk", filter=live),
        amount=Sum("amount_minor", filter=live),
    )
    for row in counted:
        numbers.used_by_shopper[row["coupon"]] = row["used"]
        if order_ref and row["here"]:
            numbers.on_this_order[row["coupon"]] = row["amount"] or 0
    member = CampaignMember.objects.filter(shopper=shopper, campaign__in=campaigns)
    numbers.members = set(member.values_list("campaign", flat=True))
    grants = CouponGrant.objects.filter(shopper=shopper, coupon__in=ids, status=GrantStatus.ISSUED)
    numbers.granted = set(grants.values_list("coupon", flat=True))


def _load_budgets(numbers: _Numbers, ids: Sequence[int], campaigns: Sequence[int]) -> None:
    budgets = list(Budget.objects.filter(Q(coupon__in=ids) | Q(campaign__in=campaigns)))
    for budget in budgets:
        of = ("coupon", budget.coupon_id) if budget.coupon_id is not None else ("campaign", budget.campaign_id or 0)
        numbers.budgets[of].append(budget)
    if budgets:
        rows = BudgetCounter.objects.filter(budget__in=budgets)
        for row in rows.values_list("budget", "period_start", "held_n", "spent_n"):
            numbers.spent[row[0], row[1]] = row[2] + row[3]


def _candidate(coupon: Coupon, numbers: _Numbers, code: CouponCode | None, now: datetime) -> Candidate:
    include, exclude = _targets(coupon.targets.all())
    return Candidate(
        coupon_id=coupon.pk,
        uid=coupon.uid,
        title=coupon.title,
        campaign=_campaign(coupon.campaign),
        benefit=_benefit(coupon.benefit),
        trigger=CouponTrigger(coupon.trigger),
        active=coupon.active and (code is None or code.active),
        min_spend_minor=coupon.min_spend_minor,
        min_quantity=coupon.min_quantity,
        segments=frozenset(coupon.segments),
        first_order_only=coupon.first_order_only,
        margin_minor=coupon.margin_minor or 0,
        include=include,
        exclude=exclude,
        standing=_standing(coupon, numbers, code, now),
    )


def _standing(coupon: Coupon, numbers: _Numbers, code: CouponCode | None, now: datetime) -> Standing:
    mine = coupon.pk in numbers.on_this_order
    rooms = [numbers.room.get(coupon.pk), numbers.batch_room.get(coupon.pk)]
    if code is not None and code.usage_limit is not None:
        rooms.append(code.usage_limit - code.held_n - code.redeemed_n)
    usage_left = min((room for room in rooms if room is not None), default=None)
    shopper_left = None
    if coupon.per_shopper_limit is not None:
        shopper_left = coupon.per_shopper_limit - numbers.used_by_shopper.get(coupon.pk, 0)
    money_left, uses_left = _budgets_left(coupon, numbers, now)
    granted = coupon.pk in numbers.granted
    return Standing(
        usage_left=_plus(usage_left, int(mine)),
        shopper_left=_plus(shopper_left, int(mine)),
        money_left_minor=_plus(money_left, numbers.on_this_order.get(coupon.pk, 0)),
        uses_left=_plus(uses_left, int(mine)),
        member=coupon.campaign_id in numbers.members,
        granted=granted or mine,
        code_missing=coupon.pk in numbers.with_codes and code is None and not granted and not mine,
        on_this_order=mine,
    )


def _budgets_left(coupon: Coupon, numbers: _Numbers, now: datetime) -> tuple[int | None, int | None]:
    left: dict[str, list[int]] = {BudgetKind.MONEY: [], BudgetKind.USES: []}
    for of in (("coupon", coupon.pk), ("campaign", coupon.campaign_id)):
        for budget in numbers.budgets.get(of, ()):
            start = period_start(budget.period, coupon.campaign.timezone, now)
            left[budget.kind].append(budget.limit_n - numbers.spent.get((budget.pk, start), 0))
    return min(left[BudgetKind.MONEY], default=None), min(left[BudgetKind.USES], default=None)


def _plus(value: int | None, more: int) -> int | None:
    return None if value is None else value + more


def _campaign(campaign: Campaign) -> CampaignTerms:
    group = campaign.stacking_group
    return CampaignTerms(
        id=campaign.pk,
        starts_at=campaign.starts_at,
        ends_at=campaign.ends_at,
        status=CampaignStatus(campaign.status),
        timezone=campaign.timezone,
        weekly_windows=tuple(campaign.weekly_windows),
        audience=Audience(campaign.audience),
        priority=campaign.priority,
        exclusive=campaign.exclusive,
        holdout_percent=campaign.holdout_percent,
        group=GroupTerms()
        if group is None
        else GroupTerms(group.pk, group.name, StackingMode(group.mode), group.position, group.max_coupons),
    )


def _benefit(benefit: Benefit) -> BenefitTerms:
    return BenefitTerms(
        type=BenefitType(benefit.type),
        percent_bp=benefit.percent_bp,
        amount_minor=benefit.amount_minor,
        max_discount_minor=benefit.max_discount_minor,
        allocation=Allocation(benefit.allocation),
        buy_quantity=benefit.buy_quantity,
        get_quantity=benefit.get_quantity,
        gift_product_id=benefit.gift_product_id,
        tiers=tuple(Tier(tier.threshold_minor, tier.amount_minor, tier.percent_bp) for tier in benefit.tiers.all()),
    )


def _targets(targets: Iterable[CouponTarget]) -> tuple[Targets, Targets]:
    ids: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for target in targets:
        found: dict[str, Any] = {
            "products": target.product_id,
            "categories": target.category_id,
            "brands": target.brand_id,
        }
        for name, value in found.items():
            if value is not None:
                ids[target.mode][name].add(value)
    include, exclude = (
        Targets(**{name: frozenset(values) for name, values in ids[mode].items()})
        for mode in (TargetMode.INCLUDE, TargetMode.EXCLUDE)
    )
    return include, exclude
