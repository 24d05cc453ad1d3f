"""Behaviour events from files: every way to be wrong, both formats, a kill in the middle."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from django.core.management import call_command

from coupons.enums import ImportStatus
from coupons.importing.runs import Options, Summary, check_file, import_file
from coupons.importing.tables import Context
from coupons.models import Campaign, Channel, Coupon, ImportRun, Product, Shopper
from recommender.enums import EventKind
from recommender.importing import EVENTS
from recommender.models import BehaviorEvent, RejectedEvent
from tests.coupons.importing.files import Silent, counts, write_csv

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ROOT = Path(__file__).resolve().parent.parent.parent
HEADER = (
    "event_id,shopper,kind,occurred_at,product,campaign,coupon,order_ref,quantity,value_minor,"
    "discount_minor,coupon_discount_minor,rating,properties"
)


def make_shop(slug: str = "shop") -> Channel:
    channel = Channel.objects.create(slug=slug, name=slug, currency="USD", timezone="America/New_York")
    Shopper.objects.bulk_create([Shopper(channel=channel, external_id=f"s{n}") for n in range(5)])
    campaign = Campaign.objects.create(
        channel=channel,
        external_id="c1",
        name="c1",
        starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        ends_at=datetime(2027, 1, 1, tzinfo=UTC),
    )
    Coupon.objects.create(campaign=campaign, external_id="k1", title="k1")
    Product.objects.bulk_create([Product(external_id=f"p{n}", title=f"p{n}") for n in range(7)], ignore_conflicts=True)
    return channel


@pytest.fixture
def channel(db: None) -> Channel:
    return make_shop()


def run_import(channel: Channel, path: Path, *, again: bool = False, chunk_rows: int = 100_000) -> Summary:
    out = Silent()
    options = Options(again=again, chunk_rows=chunk_rows, out=out)
    return import_file(check_file(path, EVENTS, out), EVENTS, Context(channel, NOW), options)


def test_each_kind_of_event(channel: Channel, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "events.csv",
        HEADER,
        "e1,s1,purchase,2026-03-05T18:00:00,p1,,,o1,2,399,10,100,,",
        "e2,s1,impression,2026-03-06T00:00:00Z,,c1,k1,,,,,,,",
        'e3,s2,rating,2026-04-01T00:00:00Z,p2,,,,,,,,4,"{""store"": 7}"',
        "e4,s2,view,2026-04-01T00:00:00Z,p2,,,,,,,,,",
    )
    assert counts(run_import(channel, path)) == (4, 4, 0, 0)
    bought = BehaviorEvent.objects.select_related("shopper", "product").get(kind=EventKind.PURCHASE)
    assert bought.product is not None
    assert (bought.shopper.external_id, bought.product.external_id, bought.order_ref) == ("s1", "p1", "o1")
    assert (bought.quantity, bought.value_minor) == (2, 399)
    assert (bought.discount_minor, bought.coupon_discount_minor) == (10, 100)
    assert bought.occurred_at == datetime(2026, 3, 5, 23, tzinfo=UTC)
    assert bought.channel_id == channel.pk
    assert bought.event_key == UUID(hashlib.md5(f"{channel.pk}:e1".encode()).hexdigest())  # noqa: S324 - an id, no secret
    shown = BehaviorEvent.objects.get(kind=EventKind.IMPRESSION)
    assert shown.coupon == Coupon.objects.get()
    rated = BehaviorEvent.objects.get(kind=EventKind.RATING)
    assert (rated.rating, rated.properties) == (4, {"store": 7})


BAD_ROWS = [
    (",s1,view,2026-03-05,p1,,,,,,,,,", "event_id", "is empty"),
    ("e,s9,view,2026-03-05,p1,,,,,,,,,", "shopper", "is not a shopper of this channel"),
    (
        "e,s1,look,2026-03-05,p1,,,,,,,,,",
        "kind",
        "is none of cart, claim, click, dismissal, impression, purchase, rating, redemption, view",
    ),
    ("e,s1,view,05.03.2026,p1,,,,,,,,,", "occurred_at", "is not an ISO 8601 time"),
    ("e,s1,view,2027-01-01,p1,,,,,,,,,", "occurred_at", "lies in the future"),
    ("e,s1,view,1989-12-31,p1,,,,,,,,,", "occurred_at", "lies before 1990"),
    ("e,s1,view,2026-03-05,p9,,,,,,,,,", "product", "is not a known product"),
    ("e,s1,view,2026-03-05,,,,,,,,,,", "product", "is needed for this kind of event"),
    ("e,s1,claim,2026-03-05,,c9,k1,,,,,,,", "campaign", "is not a campaign of this channel"),
    ("e,s1,claim,2026-03-05,,,k1,,,,,,,", "campaign", "is needed where a coupon is named"),
    ("e,s1,claim,2026-03-05,,c1,k9,,,,,,,", "coupon", "is not a coupon of this campaign"),
    ("e,s1,claim,2026-03-05,,,,,,,,,,", "coupon", "is needed for this kind of event"),
    ("e,s1,purchase,2026-03-05,p1,,,,-1,,,,,", "quantity", "is not between 0 and 2147483647"),
    ("e,s1,purchase,2026-03-05,p1,,,,1,-399,,,,", "value_minor", "is negative"),
    ("e,s1,purchase,2026-03-05,p1,,,,1,3.99,,,,", "value_minor", "is not a whole number"),
    ("e,s1,rating,2026-03-05,p1,,,,,,,,6,", "rating", "is not between 1 and 5"),
    ("e,s1,rating,2026-03-05,p1,,,,,,,,,", "rating", "is needed for a rating"),
    ("e,s1,view,2026-03-05,p1,,,,,,,,,[]", "properties", "is not a JSON object"),
    (f"e,s1,view,2026-03-05,p1,,,{'o' * 65},,,,,,", "order_ref", "is longer than 64 characters"),
    ("e,s1,view,2026-03-05,p1", "", "has 5 fields, the header has 14"),
    ("good,s1,view,2026-03-06,p1,,,,,,,,,", "event_id", "the same event_id stood in an earlier row of this file"),
]


def test_bad_rows_are_kept_with_their_reason_and_good_ones_go_in(channel: Channel, tmp_path: Path) -> None:
    good = "good,s1,view,2026-03-05,p1,,,,,,,,,"
    path = write_csv(tmp_path / "events.csv", HEADER, good, *(row for row, _, _ in BAD_ROWS))
    assert counts(run_import(channel, path)) == (len(BAD_ROWS) + 1, 1, 0, len(BAD_ROWS))
    rejected = RejectedEvent.objects.order_by("line")
    assert [(row.line, row.field, row.reason) for row in rejected] == [
        (line, field, reason) for line, (_, field, reason) in enumerate(BAD_ROWS, start=2)
    ]
    names = HEADER.split(",")
    for row, (text, field, _) in zip(rejected, BAD_ROWS, strict=True):
        values = text.split(",") + [""] * len(names)
        assert row.value == (values[names.index(field)] if field else "")
        assert row.raw == {name: value or None for name, value in zip(names, values, strict=False)}
        assert row.channel_id == channel.pk
    assert BehaviorEvent.objects.count() == 1


def test_doubles_are_found_across_chunks_but_known_events_are_no_doubles(channel: Channel, tmp_path: Path) -> None:
    rows = [f"e{n},s1,view,2026-03-0{n + 1},p1,,,,,,,,," for n in range(6)]
    first = write_csv(tmp_path / "first.csv", HEADER, *rows[:4])
    assert counts(run_import(channel, first)) == (4, 4, 0, 0)
    both = write_csv(tmp_path / "both.csv", HEADER, *rows, rows[4], rows[0])
    # e0..e3 are there already, e4 and e5 are new, e4 comes again in another chunk; e0 again was no row of this run
    assert counts(run_import(channel, both, chunk_rows=3)) == (8, 2, 5, 1)
    rejected = RejectedEvent.objects.get()
    assert (rejected.line, rejected.field, rejected.value) == (7, "event_id", "e4")


def test_twice_changes_nothing(channel: Channel, tmp_path: Path) -> None:
    path = made_up_events(tmp_path / "events.csv", rows=300)
    first = run_import(channel, path)
    before = sorted(BehaviorEvent.objects.values_list())
    assert run_import(channel, path).done_before
    again = run_import(channel, path, again=True, chunk_rows=70)
    read, new, known, rejected = counts(first)
    assert (new, known) == (300 - rejected, 0)
    assert counts(again) == (read, 0, new, rejected)
    assert sorted(BehaviorEvent.objects.values_list()) == before


def made_up_events(path: Path, *, rows: int) -> Path:
    """Made-up purchases over several months, every 50th by an unknown shopper; CSV or Parquet by the name's end."""
    numbers = range(rows)
    start = datetime(2026, 1, 15, tzinfo=UTC).timestamp()
    times = [datetime.fromtimestamp(start + n * 3_600 * 2 % 20_000_000, UTC) for n in numbers]
    table = pa.table(
        {
            "event_id": [f"e{n}" for n in numbers],
            "shopper": ["s99" if n % 50 == 7 else f"s{n % 5}" for n in numbers],
            "kind": ["purchase"] * rows,
            "occurred_at": pa.array(times, pa.timestamp("us", "UTC")),
            "product": [f"p{n % 7}" for n in numbers],
            "order_ref": [f"o{n // 3}" for n in numbers],
            "quantity": [None if n % 11 == 0 else n % 4 for n in numbers],
            "value_minor": [n * 7 % 1000 for n in numbers],
        }
    )
    if path.suffix == ".parquet":
        pq.write_table(table, path, row_group_size=max(rows // 3, 1))
    else:
        pa.csv.write_csv(table, path)
    return path


def content(channel: Channel) -> list[tuple[Any, ...]]:
    """What the events say, whatever their ids."""
    names = [
        "shopper__external_id",
        "kind",
        "product__external_id",
        "occurred_at",
        "order_ref",
        "quantity",
        "value_minor",
    ]
    events = BehaviorEvent.objects.filter(channel=channel)
    return sorted(events.values_list(*names), key=repr)


def rejects(channel: Channel) -> list[tuple[Any, ...]]:
    rows = RejectedEvent.objects.filter(channel=channel).order_by("line")
    return [(row.line, row.field, row.value, row.reason, row.raw["event_id"]) for row in rows]


def test_csv_and_parquet_give_the_same(channel: Channel, tmp_path: Path) -> None:
    other = make_shop("other")
    one = run_import(channel, made_up_events(tmp_path / "events.csv", rows=1_000))
    two = run_import(other, made_up_events(tmp_path / "events.parquet", rows=1_000), chunk_rows=150)
    assert counts(one) == counts(two) == (1_000, 980, 0, 20)
    assert content(channel) == content(other)
    assert rejects(channel) == rejects(other)


def test_months_get_their_partitions_and_the_default_stays_empty(channel: Channel, tmp_path: Path) -> None:
    from django.db import connection

    run_import(channel, made_up_events(tmp_path / "events.csv", rows=2_000))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM recommender_behaviorevent_default")
        assert cursor.fetchone() == (0,)


def test_shoppers_can_be_made_on_the_way(channel: Channel, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "events.csv", HEADER, "e1,new,view,2026-03-05,p1,,,,,,,,,")
    call_command("import_events", path, channel="shop", create_shoppers=True)
    assert BehaviorEvent.objects.get().shopper == Shopper.objects.get(external_id="new")


def start_import(
    path: Path, channel: Channel, environment: dict[str, str], *, chunk_rows: int
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "manage.py", "import_events", "--channel", channel.slug, str(path)]
    return subprocess.Popen(
        [*command, "--chunk-rows", str(chunk_rows)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@pytest.mark.django_db(transaction=True)
def test_kill_9_in_the_middle_and_go_on(test_environment: dict[str, str], tmp_path: Path) -> None:
    straight, killed = make_shop("straight"), make_shop("killed")
    path = made_up_events(tmp_path / "events.parquet", rows=20_000)
    whole = run_import(straight, path)

    process = start_import(path, killed, test_environment, chunk_rows=250)
    runs = ImportRun.objects.exclude(pk=whole.run.pk)
    deadline = time.monotonic() + 60
    while not runs.filter(rows_read__gte=1_000).exists():
        assert process.poll() is None, process.communicate()[0].decode()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    stopped = runs.get()
    assert stopped.status == ImportStatus.RUNNING
    assert 1_000 <= stopped.rows_read < 20_000
    assert stopped.rows_new == BehaviorEvent.objects.filter(channel=killed).count()

    second = start_import(path, killed, test_environment, chunk_rows=5_000)
    output = second.communicate(timeout=60)[0].decode()
    assert second.returncode == 0, output
    finished = runs.get()
    assert (finished.rows_read, finished.rows_new, finished.rows_known, finished.rows_rejected) == counts(whole)
    assert content(killed) == content(straight)
    assert rejects(killed) == rejects(straight)
    assert "events: 20,000 rows read, 19,600 new, 0 already there, 400 rejected" in output


def test_a_raw_row_is_kept_as_json(channel: Channel, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "events.csv", "event_id,shopper,kind,occurred_at,note", 'e1,s9,view,2026-01-01,"a ""b"""'
    )
    run_import(channel, path)
    assert RejectedEvent.objects.get().raw["note"] == 'a "b"'
