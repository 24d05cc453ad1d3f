"""POST /api/v1/events: bodies, statuses and the answer's form; what is stored is test_event_services' subject."""

from typing import Any

import pytest
from django.test import Client

from coupons.models import Channel
from recommender.models import BehaviorEvent, RejectedEvent
from tests.made_up_shop import make_channel, make_key, make_product

pytestmark = pytest.mark.django_db

URL = "/api/v1/events"


@pytest.fixture
def channel() -> Channel:
    make_product("p1")
    return make_channel()


@pytest.fixture
def headers(channel: Channel) -> dict[str, str]:
    return {"Authorization": f"Api-Key {make_key(channel)[1]}"}


def post(client: Client, headers: dict[str, str], body: Any) -> Any:
    return client.post(URL, body, "application/json", headers=headers)


def view(event_id: str, **members: Any) -> dict[str, Any]:
    return {"event_id": event_id, "shopper": "ann", "kind": "view", "product": "p1", **members}


@pytest.mark.parametrize("bare", [True, False])
def test_a_good_batch_is_200_with_a_result_for_each(client: Client, headers: dict[str, str], *, bare: bool) -> None:
    events = [view("e1"), view("e2"), view("e1")]
    answer = post(client, headers, events if bare else {"events": events})
    assert answer.status_code == 200
    nothing = {"field": None, "reason": None, "value": None}
    assert answer.json() == {
        "accepted": 2,
        "duplicate": 1,
        "rejected": 0,
        "results": [
            {"index": 0, "event_id": "e1", "status": "accepted", **nothing},
            {"index": 1, "event_id": "e2", "status": "accepted", **nothing},
            {"index": 2, "event_id": "e1", "status": "duplicate", **nothing},
        ],
    }
    assert BehaviorEvent.objects.count() == 2


def test_a_batch_with_a_bad_event_is_207_and_says_which_and_why(client: Client, headers: dict[str, str]) -> None:
    answer = post(client, headers, {"events": [view("e1", quantity=0), view("e2")]})
    assert answer.status_code == 207
    assert answer.json()["results"][0] == {
        "index": 0,
        "event_id": "e1",
        "status": "rejected",
        "field": "quantity",
        "reason": "is not between 1 and 2147483647",
        "value": 0,
    }
    assert answer.json()["results"][1]["status"] == "accepted"
    assert (BehaviorEvent.objects.count(), RejectedEvent.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "malformed"),
        (b'"events"', "malformed"),
        (b"5", "malformed"),
        (b"null", "malformed"),
        (b'{"events": 5}', "malformed"),
        (b'{"event": []}', "malformed"),
        (b"[]", "no_events"),
        (b'{"events": []}', "no_events"),
        (b"[" + b",".join([b"1"] * 1001) + b"]", "too_many_events"),
    ],
)
def test_a_body_that_is_no_batch_is_refused_and_nothing_is_kept(
    client: Client, headers: dict[str, str], body: bytes, code: str
) -> None:
    answer = post(client, headers, body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert BehaviorEvent.objects.count() == RejectedEvent.objects.count() == 0


@pytest.mark.parametrize(
    "member",
    [
        b'"value_minor": NaN',
        b'"value_minor": -Infinity',
        b'"value_minor": 1' + b"0" * 400,
        b'"value_minor": 1e400',
        b'"value_minor": 9223372036854775808',
        b'"shopper": "a\\u0000b"',
        b'"properties": ' + b'{"a":' * 300 + b"1" + b"}" * 300,
        b'"properties": {"a": NaN}',
        b'"occurred_at": {"$date": 1}',
        b'"event_id": null',
        b'"kind": ["view"]',
        b'"order_ref": "\\ud800"',
        b'"\\u0000": 1',
    ],
)
def test_a_poisonous_event_is_rejected_and_its_neighbour_stored(
    client: Client, headers: dict[str, str], member: bytes
) -> None:
    good = b'{"event_id": "good", "shopper": "ann", "kind": "view", "product": "p1"}'
    bad = b'{"event_id": "bad", "shopper": "ann", "kind": "view", "product": "p1", ' + member + b"}"
    answer = post(client, headers, b"[" + bad + b"," + good + b"]")
    assert answer.status_code == 207, answer.content
    assert [result["status"] for result in answer.json()["results"]] == ["rejected", "accepted"]
    assert (BehaviorEvent.objects.count(), RejectedEvent.objects.count()) == (1, 1)


@pytest.mark.parametrize("body", [b"[" * 3000 + b"]" * 3000, b"\xff", b"[1" + b"0" * 5000 + b"]", b"[1,]"])
def test_a_body_beyond_json_is_malformed(client: Client, headers: dict[str, str], body: bytes) -> None:
    answer = post(client, headers, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_the_number_of_queries_is_the_keys_and_the_batchs(
    client: Client, headers: dict[str, str], django_assert_num_queries: Any
) -> None:
    post(client, headers, [view("first")])
    for count in (1, 3):
        # key; products, partitions, savepoint, shoppers, events with their receipts, release
        with django_assert_num_queries(7):
            assert post(client, headers, [view(f"{count} {n}") for n in range(count)]).json()["accepted"] == count
