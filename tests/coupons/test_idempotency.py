"""One effect and one answer for a request that comes twice, at once or later."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from coupons.errors import Contention, CouponError, IdempotencyInFlight, IdempotencyKeyReused
from coupons.models import Coupon, IdempotencyKey, Redemption, Shopper
from coupons.services import Answer, fingerprint_of, forget_old_keys, run_idempotent
from coupons.services.idempotency import KEPT_FOR
from tests.coupons.factories import NOW, make_coupon, make_shopper
from tests.coupons.ledger import THREADS, assert_balanced, hold, race, redeem, use
from tests.racing import Gathering

ASKED = fingerprint_of("POST", "/api/v1/redemptions", {"order_ref": "order-1"})


def refusal(error: CouponError) -> Answer:
    return Answer(error.status, {"code": error.code})


def ask(effect: Any, *, key: str = "key-1", asked: str = ASKED, now: Any = NOW) -> Answer:
    return run_idempotent(client="key:1", key=key, fingerprint=asked, now=now, effect=effect, refusal=refusal)


def redeeming(shopper: Shopper, coupon: Coupon, order_ref: str = "order-1") -> Any:
    def effect() -> Answer:
        [taken] = redeem(shopper, order_ref, use(coupon))
        return Answer(201, {"redemption": str(taken.uid)})

    return effect


@pytest.mark.django_db
def test_a_replay_has_the_first_answer_and_no_effect() -> None:
    coupon = make_coupon(usage_limit=5)
    shopper = make_shopper(coupon.campaign.channel)
    first = ask(redeeming(shopper, coupon))
    again = ask(redeeming(shopper, coupon, "order-2"))
    assert (first.status, first.replayed) == (201, False)
    assert again == Answer(201, first.body, replayed=True)
    assert Redemption.objects.count() == 1


@pytest.mark.django_db
def test_a_refusal_is_kept_and_leaves_nothing_else() -> None:
    coupon = make_coupon(usage_limit=1)
    one, two = (make_shopper(coupon.campaign.channel) for _ in range(2))
    redeem(one, "order-0", use(coupon))
    for replayed in (False, True):
        assert ask(redeeming(two, coupon)) == Answer(422, {"code": "usage_limit_reached"}, replayed)
    assert Redemption.objects.count() == 1
    assert_balanced()


@pytest.mark.django_db
def test_a_full_limit_sweeps_expired_holds_before_the_refusal_is_kept() -> None:
    coupon = make_coupon(usage_limit=1)
    one, two = (make_shopper(coupon.campaign.channel) for _ in range(2))
    hold(one, "order-0", use(coupon), now=NOW - timedelta(hours=1))
    assert ask(redeeming(two, coupon)).status == 201
    assert_balanced()


@pytest.mark.django_db
def test_a_key_reused_for_another_request_is_refused_and_another_clients_is_not() -> None:
    assert ask(lambda: Answer(201, {})).status == 201
    with pytest.raises(IdempotencyKeyReused):
        ask(lambda: Answer(201, {}), asked=fingerprint_of("POST", "/api/v1/redemptions", {"order_ref": "order-2"}))
    other = run_idempotent(
        client="key:2", key="key-1", fingerprint="x", now=NOW, effect=lambda: Answer(200, {}), refusal=refusal
    )
    assert other == Answer(200, {})


@pytest.mark.django_db
@pytest.mark.parametrize("fail", [lambda: Answer(500, {}), None])
def test_a_failure_is_not_kept(fail: Any) -> None:
    def contention() -> Answer:
        raise Contention

    if fail is None:
        with pytest.raises(Contention):
            ask(contention)
    else:
        assert ask(fail).status == 500
    assert IdempotencyKey.objects.count() == 0
    assert ask(lambda: Answer(201, {})) == Answer(201, {})


@pytest.mark.django_db
def test_an_answer_is_kept_for_a_day() -> None:
    ask(lambda: Answer(201, {"n": 1}))
    day = timedelta(days=1)
    assert ask(lambda: Answer(201, {"n": 2}), now=NOW + day - timedelta(seconds=1)).body == {"n": 1}
    assert ask(lambda: Answer(201, {"n": 3}), now=NOW + day).body == {"n": 3}
    assert forget_old_keys(now=NOW + day) == 0
    assert forget_old_keys(now=NOW + 2 * day) == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_key_from_many_threads_is_one_effect() -> None:
    coupon = make_coupon(usage_limit=50)
    shopper = make_shopper(coupon.campaign.channel)
    answers = []

    def work(i: int) -> None:
        answers.append(ask(redeeming(shopper, coupon, f"order-{i}")))

    assert race(work, attempts=16) == {"ok": 16}
    assert len({answer.body["redemption"] for answer in answers}) == 1
    assert [answer.replayed for answer in answers].count(False) == 1
    assert Redemption.objects.count() == 1
    assert_balanced()


@pytest.mark.django_db(transaction=True)
def test_tc_04_looking_for_the_key_before_writing_it_has_many_effects(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: nobody waits on the key's row, so each request finds none and acts."""
    from coupons.services import idempotency

    looked = Gathering(THREADS)

    def look_then_write(client: str, key: str, fingerprint: str, now: datetime) -> Answer | None:
        known = IdempotencyKey.objects.filter(client=client, key=key).first()
        looked.wait()
        if known is not None:
            return Answer(known.response_status or 0, known.response, replayed=True)
        del fingerprint, now
        return None

    def write(client: str, key: str, answer: Answer) -> None:
        IdempotencyKey.objects.update_or_create(
            client=client,
            key=key,
            defaults={"response_status": answer.status, "response": answer.body, "expires_at": NOW + KEPT_FOR},
        )

    monkeypatch.setattr(idempotency, "_begin", look_then_write)
    monkeypatch.setattr(idempotency, "_keep", write)
    coupon = make_coupon(usage_limit=50)
    shopper = make_shopper(coupon.campaign.channel)
    race(lambda i: ask(redeeming(shopper, coupon, f"order-{i}")), attempts=16)
    assert Redemption.objects.count() > 1


@pytest.mark.django_db(transaction=True)
def test_a_first_request_that_takes_too_long_is_told_as_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    from coupons.services import transactions

    monkeypatch.setattr(transactions, "LOCK_TIMEOUT_MS", 100)
    inside, done = threading.Event(), threading.Event()

    def slow() -> Answer:
        inside.set()
        done.wait(20)
        return Answer(201, {})

    def first() -> None:
        try:
            ask(slow)
        finally:
            connections.close_all()

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait(20)
    try:
        with pytest.raises(IdempotencyInFlight):
            ask(lambda: Answer(201, {}))
    finally:
        done.set()
        thread.join()
    assert ask(lambda: Answer(500, {})).replayed
