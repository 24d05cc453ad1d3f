"""Shoppers, campaigns, members, coupons, targets and past redemptions from files."""

from datetime import UTC, datetime

import pytest

from coupons.importing.catalog import PRODUCTS
from coupons.importing.promotions import CAMPAIGNS, COUPONS, MEMBERS, TARGETS
from coupons.importing.redemptions import REDEMPTIONS
from coupons.importing.shoppers import SHOPPERS
from coupons.importing.tables import TableImport
from coupons.models import (
    Benefit,
    Campaign,
    CampaignMember,
    Channel,
    Coupon,
    CouponTarget,
    Redemption,
    RejectedRow,
    Shopper,
    ShopperUsage,
    UsageCounter,
)
from coupons.reconcile import find_drift
from coupons.services import Use, redeem_coupons
from tests.coupons.importing.files import Importer, counts

FILES: list[tuple[TableImport, str, list[str]]] = [
    (PRODUCTS, "product,title,category,brand", ["p1,Pizza,Food > Frozen,b1", "p2,Tea,Food > Dry,b2"]),
    (SHOPPERS, "shopper,attributes,personalised", ['s1,"{""age"": ""45-54""}",', "s2,,no"]),
    (
        CAMPAIGNS,
        "campaign,name,kind,status,starts_at,ends_at",
        ["c1,Spring,Type A,approved,2026-03-01,2026-03-31", "c2,,,,2026-04-01T09:00:00Z,2026-05-01T09:00:00Z"],
    ),
    (MEMBERS, "campaign,shopper", ["c1,s1", "c1,s2", "c2,s1"]),
    (
        COUPONS,
        "campaign,coupon,title,benefit_type,percent_bp,amount_minor,trigger,per_shopper_limit",
        ["c1,k1,1 off,amount,,100,automatic,1", "c1,k2,10 %,percent,1000,,,", "c2,k1,Free,free_shipping,,,code,2"],
    ),
    (
        TARGETS,
        "campaign,coupon,product,category,brand,mode",
        ["c1,k1,p1,,,", "c1,k2,,Food > Frozen,,include", "c1,k2,,,b1,exclude"],
    ),
    (
        REDEMPTIONS,
        "campaign,coupon,shopper,order_ref,redeemed_at,amount_minor",
        ["c1,k1,s1,o1,2026-03-05T18:00:00,100", "c1,k2,s2,o2,2026-03-06,35"],
    ),
]
MODELS = [Shopper, Campaign, CampaignMember, Coupon, Benefit, CouponTarget, Redemption]


def load_all(importer: Importer, *, again: bool = False) -> list[tuple[int, int, int, int]]:
    return [counts(importer(table, header, *rows, again=again)) for table, header, rows in FILES]


def test_everything_goes_in_and_twice_changes_nothing(importer: Importer, channel: Channel) -> None:
    sizes = [len(rows) for _, _, rows in FILES]
    assert load_all(importer) == [(size, size, 0, 0) for size in sizes]
    before = {model: list(model._default_manager.order_by("pk").values()) for model in MODELS}
    assert load_all(importer, again=True) == [(size, 0, size, 0) for size in sizes]
    assert {model: list(model._default_manager.order_by("pk").values()) for model in MODELS} == before

    assert list(Shopper.objects.order_by("pk").values_list("external_id", "attributes", "personalised")) == [
        ("s1", {"age": "45-54"}, True),
        ("s2", {}, False),
    ]
    spring, other = Campaign.objects.order_by("external_id")
    assert (spring.name, spring.kind, spring.status, spring.timezone) == (
        "Spring",
        "Type A",
        "approved",
        "America/New_York",
    )
    assert spring.starts_at == datetime(2026, 3, 1, 5, tzinfo=UTC)
    assert spring.ends_at == datetime(2026, 4, 1, 4, tzinfo=UTC)  # the end of 31 March in New York, summer time by then
    assert (other.name, other.status, other.audience, other.priority) == ("c2", "draft", "everyone", 0)
    assert other.starts_at == datetime(2026, 4, 1, 9, tzinfo=UTC)
    coupons = Coupon.objects.order_by("campaign__external_id", "external_id")
    assert list(coupons.values_list("external_id", "trigger", "per_shopper_limit", "benefit__type")) == [
        ("k1", "automatic", 1, "amount"),
        ("k2", "code", None, "percent"),
        ("k1", "code", 2, "free_shipping"),
    ]
    assert len(set(coupons.values_list("uid", flat=True))) == 3
    first = Redemption.objects.get(order_ref="o1")
    assert (first.coupon.external_id, first.shopper.external_id, first.amount_minor) == ("k1", "s1", 100)
    assert (first.status, first.currency, first.channel) == ("redeemed", "USD", channel)
    assert first.redeemed_at == datetime(2026, 3, 5, 23, tzinfo=UTC)
    assert CouponTarget.objects.get(mode="exclude").brand is not None


def test_a_changed_benefit_replaces_the_old_one(importer: Importer) -> None:
    load_all(importer)
    summary = importer(COUPONS, "campaign,coupon,title,benefit_type,percent_bp", "c1,k1,15 %,percent,1500")
    assert counts(summary) == (1, 0, 1, 0)
    coupon = Coupon.objects.get(campaign__external_id="c1", external_id="k1")
    assert (coupon.title, coupon.trigger) == ("15 %", "automatic")  # the file said nothing of the trigger
    assert (coupon.benefit.type, coupon.benefit.percent_bp, coupon.benefit.amount_minor) == ("percent", 1500, None)


def test_what_is_bought_and_got_and_gifts_are_read(importer: Importer) -> None:
    load_all(importer)
    header = "campaign,coupon,title,benefit_type,percent_bp,buy_quantity,get_quantity,gift"
    rows = ["c1,k7,3 for 2,buy_x_get_y,,2,1,", "c1,k8,Second half price,buy_x_get_y,5000,1,1,", "c1,k9,Tea,gift,,,,p2"]
    assert counts(importer(COUPONS, header, *rows)) == (3, 3, 0, 0)
    found = Benefit.objects.filter(coupon__external_id__in=("k7", "k8", "k9")).order_by("coupon__external_id")
    assert list(
        found.values_list("type", "percent_bp", "buy_quantity", "get_quantity", "gift_product__external_id")
    ) == [
        ("buy_x_get_y", None, 2, 1, None),
        ("buy_x_get_y", 5000, 1, 1, None),
        ("gift", None, None, None, "p2"),
    ]
    assert counts(importer(COUPONS, header, "c1,k7,4 for 3,buy_x_get_y,,3,1,")) == (1, 0, 1, 0)
    assert Benefit.objects.get(coupon__external_id="k7").buy_quantity == 3


@pytest.mark.parametrize(
    ("table", "file", "fault"),
    [
        (CAMPAIGNS, ("campaign,starts_at,ends_at", "c9,2026-03-02,2026-03-01"), ("ends_at", "is not after starts_at")),
        (
            CAMPAIGNS,
            ("campaign,starts_at,ends_at,timezone", "c9,2026-03-02,2026-03-03,Mars"),
            ("timezone", "is not a known name"),
        ),
        (MEMBERS, ("campaign,shopper", "c9,s1"), ("campaign", "is not a campaign of this channel")),
        (MEMBERS, ("campaign,shopper", "c1,s9"), ("shopper", "is not a shopper of this channel")),
        (
            COUPONS,
            ("campaign,coupon,title,benefit_type,amount_minor", "c9,k,T,amount,1"),
            ("campaign", "is not a campaign of this channel"),
        ),
        (
            COUPONS,
            ("campaign,coupon,title,benefit_type,amount_minor", "c1,k,T,amount,"),
            ("amount_minor", "is needed for an amount benefit"),
        ),
        (
            COUPONS,
            ("campaign,coupon,title,benefit_type,percent_bp", "c1,k,T,free_shipping,5"),
            ("percent_bp", "fits a percent or buy_x_get_y benefit only"),
        ),
        (
            COUPONS,
            ("campaign,coupon,title,benefit_type,buy_quantity", "c1,k,T,buy_x_get_y,2"),
            ("get_quantity", "is needed for a buy_x_get_y benefit"),
        ),
        (
            COUPONS,
            ("campaign,coupon,title,benefit_type,amount_minor,get_quantity", "c1,k,T,amount,5,1"),
            ("get_quantity", "fits a buy_x_get_y benefit only"),
        ),
        (
            COUPONS,
            ("campaign,coupon,title,benefit_type", "c1,k,T,gift"),
            ("gift", "is needed for a gift benefit"),
        ),
        (
            COUPONS,
            ("campaign,coupon,title,benefit_type,gift", "c1,k,T,gift,p9"),
            ("gift", "is not a known product"),
        ),
        (
            COUPONS,
            ("campaign,coupon,title,benefit_type", "c1,k,T,tiers"),
            ("benefit_type", "is none of amount, buy_x_get_y, free_shipping, gift, percent"),
        ),
        (
            COUPONS,
            ("campaign,coupon,title,benefit_type,percent_bp", "c1,k,T,percent,10001"),
            ("percent_bp", "is not between 1 and 10000"),
        ),
        (
            COUPONS,
            ("campaign,coupon,title,benefit_type,usage_limit", "c1,k,T,free_shipping,0"),
            ("usage_limit", "is not between 1 and 2147483647"),
        ),
        (TARGETS, ("campaign,coupon,product", "c1,k9,p1"), ("coupon", "is not a coupon of this campaign")),
        (TARGETS, ("campaign,coupon,product", "c1,k1,p9"), ("product", "is not a known product")),
        (TARGETS, ("campaign,coupon,category", "c1,k1,Toys"), ("category", "is not a known category")),
        (TARGETS, ("campaign,coupon,brand", "c1,k1,b9"), ("brand", "is not a known brand")),
        (
            TARGETS,
            ("campaign,coupon,product,brand", "c1,k1,p1,b1"),
            ("", "needs exactly one of product, category, brand"),
        ),
        (
            REDEMPTIONS,
            ("campaign,coupon,shopper,order_ref,redeemed_at,amount_minor", "c1,k1,s1,o9,2027-01-01,1"),
            ("redeemed_at", "lies in the future"),
        ),
    ],
)
def test_a_bad_row_is_refused_and_nothing_else_changes(
    importer: Importer, table: TableImport, file: tuple[str, str], fault: tuple[str, str]
) -> None:
    load_all(importer)
    before = {model: list(model._default_manager.order_by("pk").values()) for model in MODELS}
    assert counts(importer(table, *file)) == (1, 0, 0, 1)
    rejected = RejectedRow.objects.get()
    assert (rejected.line, rejected.field, rejected.reason) == (1, *fault)
    assert rejected.value == (rejected.raw.get(rejected.field) or "")
    assert {model: list(model._default_manager.order_by("pk").values()) for model in MODELS} == before


def test_an_erased_shopper_stays_erased(importer: Importer, channel: Channel) -> None:
    Shopper.objects.create(channel=channel, external_id="s1", erased_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert counts(importer(SHOPPERS, "shopper,attributes", 's1,"{""age"": 1}"')) == (1, 0, 0, 1)
    assert RejectedRow.objects.get().reason == "was erased and stays so"
    assert Shopper.objects.get().attributes == {}


def test_shoppers_of_two_channels_are_two(importer: Importer) -> None:
    importer(SHOPPERS, "shopper", "s1")
    importer.channel = Channel.objects.create(slug="app", name="App", currency="EUR", timezone="UTC")
    assert counts(importer(SHOPPERS, "shopper", "s1")) == (1, 1, 0, 0)
    assert Shopper.objects.count() == 2


def test_limits_hold_for_imported_redemptions_and_the_books_balance(importer: Importer) -> None:
    load_all(importer)
    importer(COUPONS, "campaign,coupon,title,benefit_type,usage_limit,per_shopper_limit", "c1,k3,T,free_shipping,3,2")
    header = "campaign,coupon,shopper,order_ref,redeemed_at,amount_minor"
    rows = [f"c1,k3,{shopper},{order},2026-03-05,1" for shopper, order in [("s1", "o1"), ("s1", "o2"), ("s1", "o3")]]
    rows += [f"c1,k3,s2,{order},2026-03-06,1" for order in ("o4", "o4", "o5")]
    summary = importer(REDEMPTIONS, header, *rows)
    assert counts(summary) == (6, 3, 0, 3)
    assert list(RejectedRow.objects.order_by("line").values_list("line", "reason")) == [
        (3, "has no use left for this shopper: its per_shopper_limit is reached"),
        (5, "the same campaign and coupon and order_ref stood in an earlier row of this file"),
        (6, "has no use left: its usage_limit is reached"),
    ]
    coupon = Coupon.objects.get(external_id="k3")
    counter = UsageCounter.objects.get(scope="coupon", scope_id=coupon.pk)
    assert (counter.limit_n, counter.held_n, counter.redeemed_n) == (3, 0, 3)
    assert find_drift() == []
    assert counts(importer(REDEMPTIONS, header, *rows, again=True)) == (6, 0, 3, 3)
    assert find_drift() == []


def test_an_import_counts_beside_uses_that_were_taken_here(importer: Importer, channel: Channel) -> None:
    load_all(importer)
    importer(
        COUPONS, "campaign,coupon,title,benefit_type,amount_minor,usage_limit,per_shopper_limit", "c2,k3,T,amount,5,9,3"
    )
    coupon, shopper = Coupon.objects.get(external_id="k3"), Shopper.objects.get(external_id="s1")
    now = datetime(2026, 4, 20, tzinfo=UTC)
    Campaign.objects.filter(external_id="c2").update(status="approved")
    redeem_coupons(channel=channel, shopper=shopper, order_ref="live", uses=[Use(coupon.pk, 5)], now=now)
    header = "campaign,coupon,shopper,order_ref,redeemed_at,amount_minor"
    assert counts(importer(REDEMPTIONS, header, "c2,k3,s1,old,2026-04-10,5", "c2,k3,s1,live,2026-04-20,5")) == (
        2,
        1,
        1,
        0,
    )
    usage = ShopperUsage.objects.get(coupon=coupon, shopper=shopper)
    assert (usage.held_n, usage.redeemed_n) == (0, 2)
    assert UsageCounter.objects.get(scope="coupon", scope_id=coupon.pk).redeemed_n == 2
    assert find_drift() == []
