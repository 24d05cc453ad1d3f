"""Codes: one normaliser, batches that resume, files that name their bad lines."""

import re
import threading
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from coupons import tasks
from coupons.codes import ALPHABET, normalise_code, random_code
from coupons.enums import CouponTrigger
from coupons.errors import CodeUnusable, Malformed, NotCombinable
from coupons.models import CodeBatch, CouponCode
from coupons.services import codes as code_services
from coupons.services import (
    create_code_batch,
    export_codes,
    find_codes,
    finish_code_batches,
    generate_codes,
    import_codes,
)
from coupons.services.checkout import _CODES
from tests.coupons.factories import NOW, make_campaign, make_code, make_coupon
from tests.coupons.ledger import race


@pytest.mark.parametrize(
    ("typed", "norm"),
    [
        ("save-10", "SAVE10"),
        (" s a v e 1 0\t", "SAVE10"),
        ("SAVEIO", "SAVE10"),
        ("savelo", "SAVE10"),
        ("ｓａｖｅ－１０", "SAVE10"),
        ("SAVE\u200b10", "SAVE10"),
        ("SAVE—10", "SAVE10"),
    ],
)
def test_tc_27_the_normal_form(typed: str, norm: str) -> None:
    assert normalise_code(typed) == norm


@given(st.text(max_size=30))
def test_tc_27_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise_code(normalise_code(text)) == normalise_code(text)


def test_random_codes_are_normal_and_differ() -> None:
    made = {random_code() for _ in range(2_000)}
    assert len(made) == 2_000
    assert all(len(code) == 12 and set(code) <= set(ALPHABET) and normalise_code(code) == code for code in made)
    assert random_code("Promo-").startswith("PR0M0")


@pytest.mark.django_db
def test_tc_09_two_spellings_are_one_code() -> None:
    coupon = make_coupon()
    make_code(coupon, "abc")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_code(coupon, "A-B C")
    make_code(make_coupon(), "ABC")  # another channel's


@pytest.mark.django_db(transaction=True)
def test_tc_09_in_parallel_too() -> None:
    coupon = make_coupon()
    outcomes = race(lambda i: make_code(coupon, ["abc", "ABC", "a-bc", "Abc "][i % 4]), attempts=16)
    assert outcomes == {"ok": 1, "IntegrityError": 15}
    assert CouponCode.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_tc_04_tc_09_look_first_then_insert_makes_two() -> None:
    """The twin: without the unique index, exists() and then create()."""
    import time

    coupon = make_coupon()
    [constraint] = [c for c in CouponCode._meta.constraints if c.name == "code_once_per_channel"]
    with connection.schema_editor() as editor:
        editor.remove_constraint(CouponCode, constraint)
    try:

        def look_then_insert(_: int) -> None:
            if not CouponCode.objects.filter(code_norm="ABC").exists():
                time.sleep(0.01)
                make_code(coupon, "abc")

        race(look_then_insert, attempts=16)
        assert CouponCode.objects.count() > 1
    finally:
        CouponCode.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(CouponCode, constraint)


@pytest.mark.django_db(transaction=True)
def test_tc_28_a_killed_batch_resumes_and_ends_with_exactly_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = create_code_batch(coupon=make_coupon(), name="Batch", size=1_050, prefix="vip-", uses_per_code=2)
    real = code_services._copy
    calls = 0

    def killed(*args: Any) -> int:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(code_services, "_copy", killed)
    with pytest.raises(KeyboardInterrupt):
        generate_codes(batch_id=batch.pk, now=NOW, chunk=200)
    batch.refresh_from_db()
    assert (batch.generated_n, batch.status, CouponCode.objects.count()) == (400, "running", 400)
    assert generate_codes(batch_id=batch.pk, now=NOW, chunk=200) == 1_050
    assert generate_codes(batch_id=batch.pk, now=NOW, chunk=200) == 1_050
    batch.refresh_from_db()
    assert (batch.generated_n, batch.status, batch.finished_at) == (1_050, "done", NOW)
    assert CouponCode.objects.filter(batch=batch, usage_limit=2, code_norm__startswith="V1P").count() == 1_050


@pytest.mark.django_db(transaction=True)
def test_tc_28_two_workers_share_a_batch() -> None:
    batch = create_code_batch(coupon=make_coupon(), name="Batch", size=900)
    assert race(lambda _: generate_codes(batch_id=batch.pk, now=NOW, chunk=100), attempts=3, threads=3) == {"ok": 3}
    assert CouponCode.objects.count() == 900


@pytest.mark.django_db(transaction=True)
def test_tc_28_a_code_that_exists_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    coupon = make_coupon()
    make_code(coupon, "AAAA")
    codes = iter(["AAAA", "BBBB", "CCCC", "DDDD"])
    monkeypatch.setattr(code_services, "random_code", lambda _prefix: next(codes))
    batch = create_code_batch(coupon=coupon, name="Batch", size=3)
    assert generate_codes(batch_id=batch.pk, now=NOW) == 3
    assert set(CouponCode.objects.filter(batch=batch).values_list("code", flat=True)) == {"BBBB", "CCCC", "DDDD"}


@pytest.mark.django_db
def test_a_batch_has_a_size_and_a_short_prefix() -> None:
    with pytest.raises(Malformed):
        create_code_batch(coupon=make_coupon(), name="Batch", size=0)
    with pytest.raises(Malformed):
        create_code_batch(coupon=make_coupon(), name="Batch", size=1, prefix="P" * 29)


@pytest.mark.django_db
def test_a_code_file_comes_in_with_its_bad_lines_by_number() -> None:
    coupon = make_coupon()
    make_code(coupon, "OLD-ONE")
    batch = CodeBatch.objects.create(coupon=coupon, name="File", size=0, uses_per_code=1)
    lines = [
        "code,note\n",
        "Alpha-1,x\n",
        "\n",
        "alpha 1\n",
        "old one\n",
        "Beta\n",
        "B@d!\n",
        "X" * 41 + "\n",
        "Gamma\n",
    ]
    done = import_codes(batch=batch, lines=lines, chunk=3)
    assert [(bad.line, bad.reason) for bad in done.bad] == [
        (3, "empty"),
        (4, "the same code as in line 2"),
        (5, "known already"),
        (7, "letters and digits are expected"),
        (8, "longer than 40 characters"),
    ]
    assert done.new == 3
    batch.refresh_from_db()
    assert (batch.size, batch.generated_n) == (3, 3)
    assert list(CouponCode.objects.filter(batch=batch).order_by("pk").values_list("code", "code_norm")) == [
        ("Alpha-1", "A1PHA1"),
        ("Beta", "BETA"),
        ("Gamma", "GAMMA"),
    ]


@pytest.mark.django_db
def test_bad_lines_beyond_the_report_are_counted() -> None:
    batch = CodeBatch.objects.create(coupon=make_coupon(), name="File", size=0)
    done = import_codes(batch=batch, lines=["!\n"] * 10, chunk=4, report=3)
    assert (done.new, len(done.bad), done.more_bad) == (0, 3, 7)


@pytest.mark.django_db(transaction=True)
def test_a_batch_goes_out_as_a_stream() -> None:
    batch = create_code_batch(coupon=make_coupon(), name="Batch", size=6_000)
    generate_codes(batch_id=batch.pk, now=NOW)
    parts = list(export_codes(batch=batch))
    assert len(parts) == 3
    lines = "".join(parts).split("\r\n")
    assert lines[0] == "code,uses,held,redeemed"
    assert len(lines) == 6_002
    assert re.fullmatch(rf"[{ALPHABET}]{{12}},1,0,0", lines[1])


@pytest.mark.django_db
def test_tc_29_a_lookup_uses_the_unique_index() -> None:
    coupon = make_coupon()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO coupons_couponcode (channel_id, coupon_id, code, code_norm)"
            " SELECT %s, %s, 'N' || n, 'N' || n FROM generate_series(1, 20000) n",
            [coupon.campaign.channel_id, coupon.pk],
        )
        cursor.execute("ANALYZE coupons_couponcode")
        channel = coupon.campaign.channel
        assert find_codes(channel=channel, codes=["n-777"]) == {coupon.pk: CouponCode.objects.get(code="N777").pk}
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        asked = _CODES.call(cursor, {"channel": channel.pk, "norms": ["N777", "N778"]})
        cursor.execute(f"EXPLAIN {asked}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "code_once_per_channel" in plan
    assert "Seq Scan" not in plan


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_codes_are_found_in_one_query_however_many_they_are(count: int, django_assert_num_queries: Any) -> None:
    campaign = make_campaign()
    coupons = [make_coupon(campaign) for _ in range(count)]
    codes = {coupon.pk: make_code(coupon, f"CODE{n}") for n, coupon in enumerate(coupons)}
    find_codes(channel=campaign.channel, codes=["CODE0"])  # prepared by now
    with django_assert_num_queries(1):
        found = find_codes(channel=campaign.channel, codes=[f"c-ode {n}" for n in range(count)])
    assert found == {coupon_id: code.pk for coupon_id, code in codes.items()}
    with django_assert_num_queries(0):
        assert find_codes(channel=campaign.channel, codes=[]) == {}


@pytest.mark.django_db
def test_a_code_that_is_not_there_or_is_another_channels_is_refused_and_so_are_two_of_one_coupon() -> None:
    coupon = make_coupon()
    channel = coupon.campaign.channel
    make_code(coupon, "ONE")
    make_code(coupon, "TWO")
    make_code(make_coupon(), "ELSEWHERE")
    for text in ("NONE", "ELSEWHERE"):
        with pytest.raises(CodeUnusable):
            find_codes(channel=channel, codes=["ONE", text])
    with pytest.raises(NotCombinable):
        find_codes(channel=channel, codes=["ONE", "TWO"])
    with pytest.raises(NotCombinable):
        find_codes(channel=channel, codes=["ONE", "one"])


@pytest.mark.django_db(transaction=True)
def test_a_batch_asked_for_while_the_queue_was_down_is_made_later(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker is a Redis that has been stopped; the next run of the periodic task makes the codes."""
    from couponsite.celery import app
    from couponsite.embedded import paths, redis
    from tests.coupons.api.client import open_shop

    home = tmp_path_factory.mktemp("r")
    redis.start(home)
    url = paths.broker_url(paths.redis_url(home))
    redis.stop(home)
    shop = open_shop()
    coupon = make_coupon(make_campaign(shop.channel), trigger=CouponTrigger.CODE)
    with app.connection_for_write(url) as broken, app.amqp.Producer(broken) as producer:
        real = tasks.generate_codes.apply_async
        over_there = partial(real, producer=producer, retry=False)
        monkeypatch.setattr(tasks.generate_codes, "apply_async", over_there)
        answer = shop.post(f"coupons/{coupon.uid}/code-batches", {"name": "Leaflet", "size": 5})
    assert answer.status_code == 202
    batch = CodeBatch.objects.get()
    assert (batch.status, batch.generated_n) == ("pending", 0)
    assert finish_code_batches(now=batch.created_at + timedelta(seconds=59)) == 0
    assert finish_code_batches(now=batch.created_at + timedelta(seconds=60)) == 1
    batch.refresh_from_db()
    assert (batch.status, CouponCode.objects.filter(batch=batch).count()) == ("done", 5)
    assert finish_code_batches(now=batch.created_at + timedelta(days=1)) == 0


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_a_worker_is_at_is_left_to_it() -> None:
    coupon = make_coupon(trigger=CouponTrigger.CODE)
    batch = create_code_batch(coupon=coupon, name="Leaflet", size=3)
    at_work, done = threading.Event(), threading.Event()

    def worker() -> None:
        try:
            with code_services._at_work(batch.pk):
                at_work.set()
                done.wait(30)
        finally:
            connections.close_all()

    thread = threading.Thread(target=worker)
    thread.start()
    assert at_work.wait(30)
    later = batch.created_at + timedelta(hours=1)
    assert finish_code_batches(now=later) == 0
    done.set()
    thread.join(30)
    assert finish_code_batches(now=later) == 1
    assert CouponCode.objects.filter(batch=batch).count() == 3
