"""The converter and the demo's load, on a made-up data set in the real one's shape."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from django.core.management import CommandError, call_command

from coupons.importing.errors import ImportFileError
from coupons.importing.runs import Options
from coupons.models import (
    Campaign,
    CampaignMember,
    Category,
    Coupon,
    CouponTarget,
    ImportRun,
    Product,
    Redemption,
    Shopper,
)
from recommender.datasets import complete_journey, complete_journey_tables
from recommender.datasets.complete_journey import MANIFEST, convert, read_manifest, weeks_to
from recommender.datasets.demo import load_demo
from recommender.datasets.loaded import already_loaded, loaded_shift
from recommender.datasets.wording import offer_title, product_title, readable
from recommender.models import BehaviorEvent
from tests.coupons.importing.files import Silent
from tests.made_up_journey import write_made_up_journey

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")
ROOT = Path(__file__).resolve().parent.parent.parent.parent


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("journey")
    write_made_up_journey(folder)
    return folder


def raw(journey: Path, name: str) -> Any:
    return pd.read_parquet(journey / f"{name}.parquet")


@pytest.mark.parametrize("days", range(15))
def test_the_data_ends_within_the_week_before_now_on_the_same_weekday(days: int) -> None:
    last_day, now = date(2017, 12, 31), NOW + timedelta(days=days)
    moved = last_day + timedelta(weeks=weeks_to(last_day, now))
    today = now.astimezone(NEW_YORK).date()
    assert timedelta(days=1) <= today - moved <= timedelta(days=7)
    assert moved.weekday() == last_day.weekday()


def test_today_is_new_yorks_day() -> None:
    last_day = date(2017, 12, 31)
    midnight = datetime(2026, 11, 23, tzinfo=NEW_YORK)  # the first instant after a Sunday on which the data may end
    assert last_day + timedelta(weeks=weeks_to(last_day, midnight)) == date(2026, 11, 22)
    before = midnight - timedelta(seconds=1)
    assert last_day + timedelta(weeks=weeks_to(last_day, before)) == date(2026, 11, 15)


def test_cents_are_exact() -> None:
    dollars = pd.Series([cents / 100 for cents in range(200_000)])
    assert np.array_equal(complete_journey_tables.cents(dollars), np.arange(200_000))


def test_times_keep_their_hour_and_weekday_whatever_summer_time_does() -> None:
    local = pd.Series(pd.date_range("2017-01-01", "2017-12-31", freq="7h"))
    moved = complete_journey_tables.to_utc(local, timedelta(weeks=464)).dt.tz_convert(NEW_YORK).dt.tz_localize(None)
    skipped = moved - local != timedelta(weeks=464)
    assert skipped.sum() <= 1  # an hour that spring skips in the other year
    assert (moved[~skipped].dt.hour == local[~skipped].dt.hour).all()
    assert (moved.dt.day_of_week == local.dt.day_of_week).all()


@pytest.mark.parametrize(
    ("shorthand", "words"),
    [
        ("FRZN CORN ON THE COB", "Frozen corn on the cob"),
        ("SALD DRSNG/SNDWCH SPRD", "Salad dressing/sandwich spread"),
        ("CHIX: ROTISSERIE (HOT)", "Chicken: rotisserie (hot)"),
        ("DIET/NUTRITION VITAMIN (ADULT", "Diet/nutrition vitamin"),
        ("SOAP - LIQUID & BAR", "Soap - liquid and bar"),
    ],
)
def test_readable_names(shorthand: str, words: str) -> None:
    assert readable(shorthand) == words


def test_offer_titles() -> None:
    assert offer_title(75, "yogurt", 1) == "$0.75 off yogurt"
    assert offer_title(100, "yogurt", 2) == "$1.00 off yogurt, from 2 items"


def test_product_titles() -> None:
    assert product_title("APPLE SAUCE", "50 OZ") == "Apple sauce, 50 oz"
    assert product_title("APPLE SAUCE", "CTN") == "Apple sauce"


def test_converted_files_say_what_the_data_set_says(journey: Path, tmp_path: Path) -> None:
    manifest = convert(journey, tmp_path / "demo", now=NOW)
    source = raw(journey, "transactions")
    assert manifest.shift_weeks == 464
    assert (manifest.data_from, manifest.data_to) == ("2025-11-23", "2026-11-22")
    assert manifest.protocol_test_from == "2026-08-23T00:00:00-04:00"
    assert manifest.protocol_validation_from == "2026-06-30T00:00:00-04:00"
    events = pd.read_parquet(tmp_path / "demo" / "events.parquet")
    assert len(events) == len(source) == manifest.rows["events"]
    assert events.event_id.is_unique
    assert events.value_minor.sum() == sum(round(value * 100) for value in source.sales_value)
    assert events.coupon_discount_minor.sum() == 100 * (source.coupon_disc > 0).sum()
    local = events.occurred_at.dt.tz_convert(NEW_YORK).dt.tz_localize(None) - timedelta(weeks=464)
    expected = source.transaction_timestamp.dt.tz_localize("UTC").dt.tz_convert(NEW_YORK).dt.tz_localize(None)
    assert sorted(local) == sorted(expected)
    coupons = pd.read_parquet(tmp_path / "demo" / "coupons.parquet")
    assert set(coupons.amount_minor) == {100}
    assert "$1.00 off frozen pizza" in set(coupons.title)
    redemptions = pd.read_parquet(tmp_path / "demo" / "redemptions.parquet")
    assert len(redemptions) == len(raw(journey, "coupon_redemptions"))
    assert set(redemptions.order_ref) <= set(events.order_ref)
    assert set(redemptions.amount_minor) <= {100, 200}  # two coupons may have covered the same line


def test_a_folder_that_is_up_to_date_is_left_alone(journey: Path, tmp_path: Path) -> None:
    target = tmp_path / "demo"
    first = convert(journey, target, now=NOW)
    stamp = (target / "events.parquet").stat().st_mtime_ns
    assert convert(journey, target, now=NOW + timedelta(days=5)) == first
    assert (target / "events.parquet").stat().st_mtime_ns == stamp
    (target / MANIFEST).write_text("{")
    assert convert(journey, target, now=NOW) == first
    assert convert(journey, target, now=NOW + timedelta(days=7)).shift_weeks == 465
    assert convert(journey, target, now=NOW + timedelta(days=7), shift_weeks=464) == first


def test_the_same_shift_gives_the_same_bytes(journey: Path, tmp_path: Path) -> None:
    convert(journey, tmp_path / "one", now=NOW)
    convert(journey, tmp_path / "two", now=NOW)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_what_only_redeemed_twice_or_lacks_a_description(journey: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for file in journey.iterdir():
        (source / file.name).write_bytes(file.read_bytes())
    redemptions = raw(journey, "coupon_redemptions")
    pd.concat([redemptions, redemptions.iloc[:2]]).to_parquet(source / "coupon_redemptions.parquet")
    products = raw(journey, "products")
    products.iloc[1:].to_parquet(source / "products.parquet")
    manifest = convert(source, tmp_path / "demo", now=NOW)
    assert manifest.dropped["redemptions: the household had redeemed this coupon of this campaign before"] == 2
    assert manifest.rows["redemptions"] == len(redemptions)
    made = pd.read_parquet(tmp_path / "demo" / "products.parquet").set_index("product")
    assert len(made) == len(products)
    assert made.loc[str(products.product_id[0]), "title"] == f"Product {products.product_id[0]}"


@pytest.mark.parametrize("name", ["transactions", "products", "coupon_redemptions"])
def test_a_broken_source_file_is_one_line(journey: Path, tmp_path: Path, name: str) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for file in journey.iterdir():
        (source / file.name).write_bytes(file.read_bytes())
    broken = source / f"{name}.parquet"
    broken.write_bytes(broken.read_bytes()[:500])
    with pytest.raises(ImportFileError, match=rf"^{broken}: not a readable Parquet file \(.*\)$"):
        convert(source, tmp_path / "demo", now=NOW)
    broken.unlink()
    with pytest.raises(ImportFileError, match=rf"^{broken}: No such file or directory$"):
        convert(source, tmp_path / "demo", now=NOW)
    assert not (tmp_path / "demo").exists()


def test_a_source_without_a_column_is_one_line(journey: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for file in journey.iterdir():
        (source / file.name).write_bytes(file.read_bytes())
    raw(journey, "products").drop(columns="brand").to_parquet(source / "products.parquet")
    with pytest.raises(ImportFileError, match=r"products\.parquet: column 'brand' missing$"):
        convert(source, tmp_path / "demo", now=NOW)


def load(source: Path, target: Path, *, now: datetime = NOW) -> list[str]:
    said: list[str] = []
    load_demo(source=source, target=target, now=now, options=Options(out=Silent()), say=said.append)
    return said


MODELS = [Product, Category, Shopper, Campaign, CampaignMember, Coupon, CouponTarget, Redemption, BehaviorEvent]


def sizes() -> list[int]:
    return [model._default_manager.count() for model in MODELS]


def test_the_demo_is_loaded_once(db: None, journey: Path, tmp_path: Path) -> None:
    target = tmp_path / "demo"
    load(journey, target)
    expected = [48, 13, 40, 11, len(raw(journey, "campaigns")), 132, 528]
    expected += [len(raw(journey, "coupon_redemptions")), len(raw(journey, "transactions"))]
    assert sizes() == expected
    assert already_loaded(journey, target) == read_manifest(target)
    last = Campaign.objects.get(external_id="20")
    assert last.starts_at == datetime(2026, 10, 19, tzinfo=NEW_YORK)
    assert last.ends_at == datetime(2026, 12, 29, tzinfo=NEW_YORK)  # 2018-02-05 was its last day
    assert (last.name, last.kind) == ("Type C, campaign 20", "Type C")

    # a month later and with the files gone: the dates stay, nothing is doubled
    (target / MANIFEST).unlink()
    assert loaded_shift(journey) == 464
    load(journey, target, now=NOW + timedelta(days=30))
    manifest = read_manifest(target)
    assert manifest is not None
    assert manifest.shift_weeks == 464
    assert sizes() == expected
    assert ImportRun.objects.count() == 10


def test_the_command(db: None, journey: Path, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.VAR_DIR = tmp_path / "var"
    monkeypatch.setenv("DEMO_SOURCE", str(journey))
    out = StringIO()
    call_command("load_demo_data", stdout=out)
    assert "0 rejected" in out.getvalue()
    again = StringIO()
    call_command("load_demo_data", stdout=again)
    assert again.getvalue().startswith("demo data already loaded: ")
    with pytest.raises(CommandError, match=r"nowhere/transactions\.parquet: No such file or directory$"):
        call_command("load_demo_data", source=tmp_path / "nowhere")


@pytest.mark.django_db(transaction=True)
def test_kill_9_in_the_middle_and_go_on(journey: Path, test_environment: dict[str, str], tmp_path: Path) -> None:
    environment = {**test_environment, "VAR_DIR": str(tmp_path / "var"), "DEMO_SOURCE": str(journey)}
    command = [sys.executable, "manage.py", "load_demo_data"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while ImportRun.objects.count() < 4:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not ImportRun.objects.filter(table="events", finished_at__isnull=False).exists()
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=60)
    assert BehaviorEvent.objects.count() == len(raw(journey, "transactions"))
    assert Redemption.objects.count() == len(raw(journey, "coupon_redemptions"))
    assert not ImportRun.objects.exclude(status="finished").exists()


def test_the_light_half_of_the_converter_loads_no_data_frames() -> None:
    code = (
        "import django, sys; django.setup(); import recommender.datasets.loaded\n"
        "import recommender.management.commands.load_demo_data\n"
        "print(sorted({'pandas', 'pyarrow'} & set(sys.modules)))"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "couponsite.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_the_made_up_data_set_is_planted(journey: Path) -> None:
    """Households redeem in one category: what a tiny training must find."""
    redemptions = raw(journey, "coupon_redemptions")
    category = (redemptions.coupon_upc - 50_000_000) // 10
    per_household = pd.crosstab(redemptions.household_id, category)
    assert (per_household.max(axis=1) / per_household.sum(axis=1)).mean() > 0.8
    assert complete_journey.source_signature(journey).keys() == {
        f"{name}.parquet" for name in complete_journey.SOURCE_COLUMNS
    }
