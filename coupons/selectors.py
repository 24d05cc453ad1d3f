"""Shared reads. Which coupons a shopper may use is defined here and nowhere else.

`eligible_coupons` is the SQL twin of coupons.evaluation.eligibility.refusals, for asking about many coupons at once;
a test holds the two equal.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import DEFAULT_DB_ALIAS
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    CharField,
    Count,
    DateField,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.expressions import Subquery
from django.db.models.functions import Coalesce

from coupons.candidate_rows import mark_of
from coupons.enums import (
    LIVE_REDEMPTIONS,
    Audience,
    BudgetPeriod,
    CounterScope,
    CouponTrigger,
    GrantStatus,
    RedemptionStatus,
)
from coupons.models import (
    BudgetCounter,
    CampaignMember,
    Channel,
    Coupon,
    CouponGrant,
    Redemption,
    Shopper,
    UsageCounter,
)
from coupons.persons import accounts_of, owner_id
from coupons.phase import running, within_hours
from coupons.statements import CompiledQuery


def running_coupons(*, channel: Channel, now: datetime) -> QuerySet[Coupon]:
    """Active coupons of the channel's running campaigns, whoever may use them."""
    return Coupon.objects.filter(running(now, "campaign__"), campaign__channel=channel, active=True)


def eligible_coupons(
    *, channel: Channel, shopper: Shopper | None, now: datetime, among: Iterable[int] | None = None
) -> QuerySet[Coupon]:
    """The running coupons that this shopper would be allowed to redeem now, cart conditions apart.

    None stands for somebody unknown: coupons for members, segments and from the wallet are left out.
    `among` narrows the question to some coupon ids, which is what the read path asks.
    """
    return _eligible(channel, _Asker.one(shopper) if shopper is not None else None, now, among)


def open_coupons(*, now: datetime, among: Iterable[int]) -> QuerySet[Coupon]:
    """Those of some coupons that anybody might use now: what of `eligible_coupons` does not depend on the shopper."""
    hours = within_hours(now, "campaign__")
    ids = list(among)
    coupons = Coupon.objects.filter(running(now, "campaign__"), hours, active=True).filter(_among(ids))
    return _within_budget(_within_usage_limit(coupons, ids), now)


def eligible_coupon_ids(
    *, channel: Channel, shopper: Shopper | None, now: datetime, among: Iterable[int] | None = None
) -> set[int]:
    """The ids of `eligible_coupons`, out of a query that is compiled once: a tenth of its processor time."""
    values = _values(channel, shopper, now)
    if among is not None:
        values["among"] = list(among)
        if not values["among"]:
            return set()
    return {pk for (pk,) in _ELIGIBLE_IDS[shopper is not None, among is not None].rows(values)}


def _values(channel: Channel, shopper: Shopper | None, now: datetime) -> dict[str, Any]:
    of_shopper = {}
    if shopper is not None:
        of_shopper = {"shopper": shopper.pk, "owner": owner_id(shopper), "segments": shopper.segments}
    return {"channel": channel.pk, "now": now, **of_shopper}


def eligible_for_each(
    *, channel: Channel, shoppers: Collection[int], now: datetime, among: Iterable[int] | None = None
) -> dict[int, set[int]]:
    """The same question for many shoppers in one statement: coupon ids by shopper id."""
    coupons = _eligible(channel, _Asker.each(), now, among)
    rows = Shopper.objects.filter(pk__in=shoppers, channel=channel)
    found = rows.annotate(eligible=ArraySubquery(coupons.order_by().values("pk"))).values_list("pk", "eligible")
    return {shopper: set(ids) for shopper, ids in found}


def eligible_shoppers(*, channel: Channel, coupons: Iterable[int], now: datetime) -> QuerySet[Shopper]:
    """The question turned round: the channel's shoppers who may use at least one of these coupons now."""
    found = _eligible(channel, _Asker.each(), now, coupons)
    return Shopper.objects.filter(Exists(found), channel=channel, erased_at=None)


@dataclass(frozen=True, slots=True)
class _Asker:
    """The shopper as values, or as columns of a query around the coupons': `inner_*` is one query further in."""

    pk: Any
    segments: Any
    inner_pk: Any
    inner_owner: Any
    inmost_owner: Any

    @property
    def accounts(self) -> QuerySet[Shopper, tuple[int]]:
        """The accounts of the person, for a query one further in: looked up first, and what they did by them."""
        return Shopper.objects.filter(accounts_of(self.inmost_owner)).order_by().values_list("pk")

    @classmethod
    def one(cls, shopper: Shopper) -> "_Asker":
        return cls.known(shopper.pk, shopper.segments, owner_id(shopper))

    @classmethod
    def known(cls, pk: int, segments: list[str], owner: int) -> "_Asker":
        of_text = ArrayField(CharField(max_length=40))
        return cls(pk, Value(segments, output_field=of_text), pk, owner, owner)

    @classmethod
    def each(cls) -> "_Asker":
        pk, person = OuterRef("pk"), OuterRef("same_person_as")
        inner_pk, inner_person = OuterRef(pk), OuterRef(person)
        inmost = Coalesce(OuterRef(inner_person), OuterRef(inner_pk))
        return cls(pk, OuterRef("segments"), inner_pk, Coalesce(inner_person, inner_pk), inmost)


_PLACEHOLDERS: dict[str, tuple[Any, str]] = {
    "channel": (-9_000_001, "bigint"),
    "shopper": (-9_000_002, "bigint"),
    "owner": (-9_000_003, "bigint"),
    "segments": (["segment of nobody"], "varchar[]"),
    "now": (datetime(1, 2, 3, 4, 5, 6, 7, tzinfo=UTC), "timestamptz"),
    "among": ([-9_000_004], "bigint[]"),
}


_MARK = Func(
    template=mark_of("coupons_coupon", "coupons_campaign", "coupons_stackinggroup").replace("%", "%%"),
    output_field=CharField(),
)


def _eligible_ids(*, known: bool, among: bool, marked: bool = False) -> QuerySet[Coupon, tuple[Any, ...]]:
    """The query of `eligible_coupon_ids` with placeholders for what differs from call to call."""
    at = {name: placeholder for name, (placeholder, _) in _PLACEHOLDERS.items()}
    asker = _Asker.known(at["shopper"], at["segments"], at["owner"]) if known else None
    coupons = _eligible(Channel(pk=at["channel"]), asker, at["now"], at["among"] if among else None)
    if marked:
        # the position is asked for so that the group is there
        return coupons.order_by().values_list("pk", _MARK, "campaign__stacking_group__position")
    return coupons.order_by().values_list("pk")


def _compiled(*, known: bool, among: bool, marked: bool = False) -> CompiledQuery:
    names = ["channel", "now", *(["shopper", "owner", "segments"] if known else []), *(["among"] if among else [])]
    build = partial(_eligible_ids, known=known, among=among, marked=marked)
    name = f"eligible_coupon_{'marks' if marked else 'ids'}_{known:d}{among:d}"
    return CompiledQuery(name, build, {name: _PLACEHOLDERS[name] for name in names})


_ELIGIBLE_IDS = {
    (known, among): _compiled(known=known, among=among) for known in (True, False) for among in (True, False)
}
ELIGIBLE_MARKS = {known: _compiled(known=known, among=False, marked=True) for known in (True, False)}
"""By whether the shopper is known: the same ids, each with a mark that changes with what the coupon gives."""


def _eligible(channel: Channel, asker: _Asker | None, now: datetime, among: Iterable[int] | None) -> QuerySet[Coupon]:
    coupons = running_coupons(channel=channel, now=now).filter(within_hours(now, "campaign__"))
    ids = None if among is None else list(among)
    if ids is not None:
        coupons = coupons.filter(_among(ids))
    coupons = _within_budget(_within_usage_limit(coupons, ids), now)
    if asker is None:
        everyone = coupons.filter(campaign__audience=Audience.EVERYONE, segments=[])
        return everyone.exclude(trigger=CouponTrigger.GRANTED)
    return _for_shopper(_within_shopper_limit(coupons, asker), asker)


def _among(ids: list[int], column: str = "pk") -> Func:
    """Rows of these ids, as one parameter."""
    return _one_of(column, Value(ids, output_field=ArrayField(BigIntegerField())))


def _one_of(column: str, array: Value | ArraySubquery) -> Func:
    return Func(F(column), array, template="(%(expressions)s))", arg_joiner=" = ANY(", output_field=BooleanField())


_SHOPPER_COLUMNS = [field.attname for field in Shopper._meta.concrete_fields if field.attname != "attributes"]
_KNOWN_SHOPPER = CompiledQuery(
    "known_shopper",
    lambda: Shopper.objects.filter(channel=-9_000_001, external_id="nobody's id").values_list(*_SHOPPER_COLUMNS),
    {"channel": (-9_000_001, "bigint"), "external_id": ("nobody's id", "varchar")},
)


def known_shopper(*, channel: Channel, external_id: str) -> Shopper | None:
    """The shopper of a request, by a query that is compiled once; the attributes are read when they are asked for."""
    rows = _KNOWN_SHOPPER.rows({"channel": channel.pk, "external_id": external_id})
    if not rows:
        return None
    shopper = Shopper.from_db(DEFAULT_DB_ALIAS, _SHOPPER_COLUMNS, rows[0])
    shopper.channel = channel
    return shopper


def uses_that_count() -> Q:
    """Redemptions that use up a limit."""
    return Q(status__in=LIVE_REDEMPTIONS) | Q(kept_use=True)


def _redeemed(by: Q) -> QuerySet[Redemption]:
    states = [RedemptionStatus.REDEEMED, RedemptionStatus.PARTIALLY_ROLLED_BACK]
    return Redemption.objects.filter(by, status__in=states)


def _within_usage_limit(coupons: QuerySet[Coupon], among: list[int] | None) -> QuerySet[Coupon]:
    """Of some coupons their own counters are read, and once; Postgres would read all that there are."""
    room = UsageCounter.objects.filter(scope=CounterScope.COUPON, limit_n__gt=F("held_n") + F("redeemed_n"))
    if among is None:
        return coupons.filter(Q(usage_limit=None) | Exists(room.filter(scope_id=OuterRef("pk"))))
    theirs = ArraySubquery(room.filter(_among(among, "scope_id")).order_by().values("scope_id"))
    return coupons.filter(Q(usage_limit=None) | Q(_one_of("pk", theirs)))


def _within_shopper_limit(coupons: QuerySet[Coupon], asker: _Asker) -> QuerySet[Coupon]:
    used = (
        Redemption.objects.filter(uses_that_count(), shopper__in=asker.accounts, coupon=OuterRef("pk"))
        .order_by()
        .values("coupon")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return coupons.filter(Q(per_shopper_limit=None) | Q(per_shopper_limit__gt=Coalesce(Subquery(used), 0)))


def _within_budget(coupons: QuerySet[Coupon], now: datetime) -> QuerySet[Coupon]:
    spent = BudgetCounter.objects.filter(
        Q(budget__coupon=OuterRef("pk")) | Q(budget__campaign=OuterRef("campaign")),
        period_start=period_start_expression(now, OuterRef("campaign__timezone")),
        budget__limit_n__lte=F("held_n") + F("spent_n"),
    )
    return coupons.exclude(Exists(spent))


def period_start_expression(now: datetime, timezone: OuterRef) -> Case:
    """The SQL twin of coupons.schedule.period_start, over a budget counter's budget."""
    local = Func(timezone, Value(now), function="timezone")

    def truncated(unit: str) -> Func:
        return Func(
            Func(Value(unit), local, function="date_trunc"),
            template="(%(expressions)s)::date",
            output_field=DateField(),
        )

    return Case(
        When(budget__period=BudgetPeriod.DAY, then=truncated("day")),
        When(budget__period=BudgetPeriod.WEEK, then=truncated("week")),
        When(budget__period=BudgetPeriod.MONTH, then=truncated("month")),
        default=Value(date(1970, 1, 1)),
        output_field=DateField(),
    )


def _for_shopper(coupons: QuerySet[Coupon], asker: _Asker) -> QuerySet[Coupon]:
    member = CampaignMember.objects.filter(campaign=OuterRef("campaign"), shopper=asker.inner_pk)
    granted = CouponGrant.objects.filter(coupon=OuterRef("pk"), shopper=asker.inner_pk, status=GrantStatus.ISSUED)
    first = Shopper.objects.filter(accounts_of(asker.inner_owner)).exclude(first_order_ref=None)
    ordered = Exists(first) | Exists(_redeemed(Q(shopper__in=asker.accounts)))
    bucket = Func(
        F("campaign_id"),
        asker.pk if isinstance(asker.pk, OuterRef) else Value(asker.pk),
        template="mod(('x' || left(md5(concat(%(expressions)s)), 8))::bit(32)::bigint, 100)",
        arg_joiner=", ':', ",
        output_field=IntegerField(),
    )
    return coupons.filter(
        Q(campaign__audience=Audience.EVERYONE) | Exists(member),
        ~Q(trigger=CouponTrigger.GRANTED) | Exists(granted),
        Q(segments=[]) | Q(segments__overlap=asker.segments),
        Q(first_order_only=False) | ~Q(ordered),
        Q(campaign__holdout_percent=0) | Q(campaign__holdout_percent__lte=bucket),
    )
