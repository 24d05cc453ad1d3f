"""Stage 1: a snapshot holds the database's rows, is immutable, and costs nothing when nothing changed."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from coupons.enums import BenefitType, CampaignStatus, TargetKind, TargetMode
from coupons.models import Benefit, Brand, Campaign, CampaignMember, Category, Coupon, CouponTarget, Product
from recommender.enums import EventKind
from recommender.models import BehaviorEvent, Impression
from recommender.pipeline.events import export_snapshot, latest_snapshot, prune_snapshots
from recommender.pipeline.lake import LakeError, read_lake, write_lake
from tests.made_up_shop import make_campaign, make_channel, make_coupon, make_shopper

pytestmark = pytest.mark.django_db(transaction=True)  # the export has a connection of its own
NOW = datetime(2026, 5, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def shop() -> dict[str, int]:
    """Two shoppers, a small tree of categories, one campaign with a list and three coupons."""
    channel = make_channel()
    root = Category.objects.create(external_id="f", name="Food", level=1)
    leaf = Category.objects.create(external_id="d", name="Dairy", parent=root, level=2)
    brand = Brand.objects.create(external_id="b", name="Own", private_label=True)
    milk = Product.objects.create(external_id="m", title="Milk", category=leaf, brand=brand, price_minor=99)
    bread = Product.objects.create(external_id="r", title="Bread", category=root)
    soap = Product.objects.create(external_id="s", title="Soap")
    campaign = make_campaign(channel, kind="Type B", now=NOW)
    make_campaign(channel, "draft", status=CampaignStatus.DRAFT)
    of_tree, of_brand, of_all = (make_coupon(campaign, name) for name in ("tree", "brand", "all"))
    CouponTarget.objects.create(coupon=of_tree, kind=TargetKind.CATEGORY, category=root)
    CouponTarget.objects.create(coupon=of_tree, kind=TargetKind.PRODUCT, mode=TargetMode.EXCLUDE, product=bread)
    CouponTarget.objects.create(coupon=of_brand, kind=TargetKind.BRAND, brand=brand)
    one, two = make_shopper(channel, "s1"), make_shopper(channel, "s2")
    CampaignMember.objects.create(campaign=campaign, shopper=one)
    for shopper, days, kind in ((one, 40, EventKind.PURCHASE), (one, 3, EventKind.PURCHASE), (two, 3, EventKind.VIEW)):
        BehaviorEvent.objects.create(
            event_key=uuid4(),
            channel=channel,
            shopper=shopper,
            kind=kind,
            product=milk,
            occurred_at=NOW - timedelta(days=days),
            value_minor=99,
            quantity=1,
        )
    BehaviorEvent.objects.create(
        event_key=uuid4(),
        channel=channel,
        shopper=one,
        kind=EventKind.REDEMPTION,
        coupon=of_tree,
        occurred_at=NOW - timedelta(hours=3),
    )
    return {
        "campaign": campaign.pk,
        "tree": of_tree.pk,
        "brand": of_brand.pk,
        "all": of_all.pk,
        "milk": milk.pk,
        "bread": bread.pk,
        "soap": soap.pk,
        "one": one.pk,
        "two": two.pk,
    }


def test_a_snapshot_holds_what_the_database_holds(shop: dict[str, int], tmp_path: Path) -> None:
    folder = export_snapshot(tmp_path, now=NOW)
    lake = read_lake(folder)
    assert lake.now == NOW
    events = sorted(lake.events.to_pyarrow().to_pylist(), key=lambda row: (row["occurred_at"], row["shopper_id"]))
    assert [(e["shopper_id"], e["kind"], e["product_id"]) for e in events] == [
        (shop["one"], "purchase", shop["milk"]),
        (shop["one"], "purchase", shop["milk"]),
        (shop["two"], "view", shop["milk"]),
        (shop["one"], "redemption", None),
    ]
    assert events[0]["occurred_at"] == NOW - timedelta(days=40)
    products = {row["product_id"]: row for row in lake.products.to_pyarrow().to_pylist()}
    assert products[shop["milk"]]["category_1"] == "Food"
    assert products[shop["milk"]]["category_2"] == "Dairy"
    assert products[shop["milk"]]["private_label"] is True
    assert products[shop["soap"]]["category_1"] is None
    covered: dict[int, set[int]] = {}
    for row in lake.coupon_products.to_pyarrow().to_pylist():
        covered.setdefault(row["coupon_id"], set()).add(row["product_id"])
    assert covered == {
        shop["tree"]: {shop["milk"]},  # the tree below the root, without the excluded bread
        shop["brand"]: {shop["milk"]},
        shop["all"]: {shop["milk"], shop["bread"], shop["soap"]},  # no target: everything
    }
    assert lake.members.to_pyarrow().to_pylist() == [{"campaign_id": shop["campaign"], "shopper_id": shop["one"]}]
    assert [row["campaign_kind"] for row in lake.campaigns.to_pyarrow().to_pylist()] == ["Type B"]  # no draft
    redeemed = lake.redemptions.to_pyarrow().to_pylist()
    assert [(r["shopper_id"], r["coupon_id"], r["redeemed_at"]) for r in redeemed] == [
        (shop["one"], shop["tree"], NOW - timedelta(hours=3))
    ]
    assert lake.impressions.to_pyarrow().to_pylist() == []
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["rows"]["events"] == 4
    assert {path.name for path in (folder / "events").iterdir()} == {f"month={m}" for m in manifest["months"]}


def test_a_snapshot_holds_what_coupons_ask_for_and_take_off(shop: dict[str, int], tmp_path: Path) -> None:
    campaign = Campaign.objects.get(pk=shop["campaign"])
    percent = {"type": BenefitType.PERCENT, "percent_bp": 1500}
    three_for_two = {"type": BenefitType.BUY_X_GET_Y, "buy_quantity": 2, "get_quantity": 1}
    made = {
        "amount": _coupon(campaign, {"type": BenefitType.AMOUNT, "amount_minor": 75}, min_quantity=2),
        "percent": _coupon(campaign, percent, min_spend_minor=2000),
        "three for two": _coupon(campaign, three_for_two),
        "free shipping": _coupon(campaign, {"type": BenefitType.FREE_SHIPPING}),
    }
    lake = read_lake(export_snapshot(tmp_path, now=NOW))
    rows = {row["coupon_id"]: row for row in lake.coupons.to_pyarrow().to_pylist()}
    columns = ("amount_off_minor", "percent_off_bp", "least_units", "least_spend_minor")
    assert {name: tuple(rows[coupon.pk][column] for column in columns) for name, coupon in made.items()} == {
        "amount": (75, None, 2, None),
        "percent": (None, 1500, None, 2000),
        "three for two": (None, 3333, 3, None),
        "free shipping": (None, None, None, None),
    }


def _coupon(campaign: Campaign, benefit: dict[str, Any], **fields: int) -> Coupon:
    coupon = Coupon.objects.create(campaign=campaign, external_id=str(benefit["type"]), title="Coupon", **fields)
    Benefit.objects.create(coupon=coupon, **benefit)
    return coupon


def test_impressions_are_counted_by_day_and_nobodys_are_left_out(shop: dict[str, int], tmp_path: Path) -> None:
    coupon = Coupon.objects.get(pk=shop["tree"])
    for shopper, hours in ((shop["one"], 1), (shop["one"], 2), (shop["one"], 30), (None, 1)):
        Impression.objects.create(
            slate_id=uuid4(),
            channel=coupon.campaign.channel,
            shopper_id=shopper,
            coupon=coupon,
            position=1,
            propensity=1.0,
            shown_at=NOW - timedelta(hours=hours),
        )
    rows = read_lake(export_snapshot(tmp_path, now=NOW)).impressions.to_pyarrow().to_pylist()
    midnight = NOW.replace(hour=0)
    assert sorted(rows, key=lambda row: row["shown_at"]) == [
        {"shopper_id": shop["one"], "coupon_id": coupon.pk, "shown_at": midnight - timedelta(days=1), "times": 1},
        {"shopper_id": shop["one"], "coupon_id": coupon.pk, "shown_at": midnight, "times": 2},
    ]


def test_nothing_new_is_the_same_snapshot(shop: dict[str, int], tmp_path: Path) -> None:
    first = export_snapshot(tmp_path, now=NOW)
    assert export_snapshot(tmp_path, now=NOW + timedelta(hours=1)) == first
    assert [path.name for path in tmp_path.iterdir()] == [first.name]


def test_a_new_event_makes_a_new_snapshot_that_links_the_old_months(shop: dict[str, int], tmp_path: Path) -> None:
    first = export_snapshot(tmp_path, now=NOW)
    event = BehaviorEvent.objects.filter(kind=EventKind.VIEW).get()
    event.pk, event.event_key = None, uuid4()
    event.save(force_insert=True)
    second = export_snapshot(tmp_path, now=NOW + timedelta(hours=1))
    assert second != first
    assert latest_snapshot(tmp_path) == second
    old = "month=2026-03/part.parquet"
    assert (first / "events" / old).stat().st_ino == (second / "events" / old).stat().st_ino
    assert read_lake(second).events.count().to_pyarrow().as_py() == 5
    assert read_lake(first).events.count().to_pyarrow().as_py() == 4


def test_a_campaign_without_a_list_was_sent_to_everyone(shop: dict[str, int], tmp_path: Path) -> None:
    CampaignMember.objects.all().delete()
    members = read_lake(export_snapshot(tmp_path, now=NOW)).members.to_pyarrow().to_pylist()
    assert {row["shopper_id"] for row in members} == {shop["one"], shop["two"]}


def test_a_failed_export_leaves_nothing_behind(
    shop: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("recommender.pipeline.events._write", fail)
    with pytest.raises(OSError, match="no space"):
        export_snapshot(tmp_path, now=NOW)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_database_is_an_empty_snapshot(tmp_path: Path) -> None:
    lake = read_lake(export_snapshot(tmp_path, now=NOW))
    assert lake.events.count().to_pyarrow().as_py() == 0


def test_a_snapshot_that_is_read_outlives_newer_ones_and_goes_when_it_is_not_any_more(tmp_path: Path) -> None:
    names = [f"2026051{day}T000000-0" for day in range(5)]
    folders = [write_lake(tmp_path / name, {}, now=NOW) for name in names]
    lake = read_lake(folders[0])
    prune_snapshots(tmp_path, keep=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == [names[0], names[3], names[4]]
    assert lake.events.count().to_pyarrow().as_py() == 0
    del lake
    prune_snapshots(tmp_path, keep=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == names[3:]
    with pytest.raises(LakeError, match="no finished snapshot"):
        read_lake(folders[0])
