"""Who gets in: keys, scopes and the limit per minute, asked through the real endpoints."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import redis
from django.core.management import CommandError, call_command
from django.test import Client

from coupons.api import throttling
from coupons.enums import Scope
from coupons.key_cache import hash_key
from coupons.models import ApiKey, Channel
from coupons.services import create_api_key, revoke_api_key
from coupons.services.api_keys import BROWSER_SCOPES
from tests.made_up_shop import NOW, make_channel, make_key

pytestmark = pytest.mark.django_db

URL = "/api/v1/recommendations?shopper=1"


@pytest.fixture
def channel() -> Channel:
    return make_channel()


@pytest.fixture(autouse=True)
def awake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling.KeyThrottle, "_asleep_until", 0.0)


def get(client: Client, **headers: str) -> Any:
    return client.get(URL, headers=headers)


def test_the_secret_is_shown_once_and_kept_as_a_hash(channel: Channel) -> None:
    key, plaintext = create_api_key(name="shop", channel=channel, scopes=[Scope.WRITE_EVENTS])
    stored = ApiKey.objects.get(pk=key.pk)
    assert plaintext.startswith(f"{stored.prefix}.")
    assert stored.secret_hash == hash_key(plaintext)
    assert plaintext not in str(ApiKey.objects.values().get())
    assert stored.scopes == ["events:write"]


def test_an_unknown_scope_is_refused_by_name_and_nothing_is_made(channel: Channel) -> None:
    with pytest.raises(ValueError, match="events:wright"):
        create_api_key(name="shop", channel=channel, scopes=["events:wright"])
    assert ApiKey.objects.count() == 0


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://shop.example"}], ids=["quick way", "the view"])
def test_a_connection_to_redis_that_breaks_off_lets_calls_through(
    client: Client, channel: Channel, headers: dict[str, str]
) -> None:
    """Where another thread has closed it, redis-py raises no RedisError but the ValueError of a closed buffer."""
    _, plaintext = make_key(channel)
    throttling.count_call("made-up", 0)
    for kept in throttling.redis_client().connection_pool._available_connections:
        kept._parser._buffer._buffer.close()
    assert get(client, Authorization=f"Api-Key {plaintext}", **headers).status_code == 200
    assert throttling.KeyThrottle._asleep_until > 0  # it was asked, and did not answer


@pytest.mark.parametrize("header", ["Authorization", "X-Api-Key"])
def test_a_key_is_taken_from_either_header(client: Client, channel: Channel, header: str) -> None:
    _, plaintext = make_key(channel)
    value = f"Api-Key {plaintext}" if header == "Authorization" else plaintext
    assert get(client, **{header: value}).status_code == 200


def test_no_key_is_told_how_to_send_one(client: Client) -> None:
    answer = get(client)
    assert (answer.status_code, answer.json()["code"]) == (401, "api_key_missing")
    assert answer.headers["WWW-Authenticate"] == "Api-Key"
    assert "X-Api-Key" in answer.json()["detail"]


@pytest.mark.parametrize("scheme", ["Bearer", "Basic"])
def test_another_scheme_is_no_key(client: Client, channel: Channel, scheme: str) -> None:
    _, plaintext = make_key(channel)
    assert get(client, Authorization=f"{scheme} {plaintext}").json()["code"] == "api_key_missing"


def test_unknown_wrong_and_revoked_keys_look_the_same(client: Client, channel: Channel) -> None:
    key, plaintext = make_key(channel)
    revoked, revoked_plaintext = make_key(channel)
    revoke_api_key(key=revoked, now=NOW)
    refused = [
        "deadbeef.unknown",
        f"{key.prefix}.wrong-secret",
        plaintext + "x",
        revoked_plaintext,
        "no-dot",
        "%00.x",
        "ü.x",
        "x" * 5000,
    ]
    answers = [get(client, **{"X-Api-Key": value}) for value in refused]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.content for answer in answers} == {answers[0].content}
    assert answers[0].json()["code"] == "invalid_api_key"


def test_revoking_twice_keeps_the_first_instant(channel: Channel) -> None:
    key, _ = make_key(channel)
    revoke_api_key(key=key, now=NOW)
    revoke_api_key(key=key, now=NOW + timedelta(days=1))
    key.refresh_from_db()
    assert key.revoked_at == NOW


def test_a_key_does_what_its_scopes_say_and_nothing_else(client: Client, channel: Channel) -> None:
    _, writer = make_key(channel, Scope.WRITE_EVENTS)
    _, reader = make_key(channel, Scope.READ_RECOMMENDATIONS)
    read = get(client, **{"X-Api-Key": writer})
    assert (read.status_code, read.json()["code"]) == (403, "scope_missing")
    assert "recommendations:read" in read.json()["detail"]
    write = client.post("/api/v1/events", [], "application/json", headers={"X-Api-Key": reader})
    assert (write.status_code, write.json()["code"]) == (403, "scope_missing")
    assert "events:write" in write.json()["detail"]


def test_calls_above_the_limit_wait_for_the_next_minute(client: Client, channel: Channel, redis_clean: None) -> None:
    _, plaintext = make_key(channel, requests_per_minute=2)
    _, other = make_key(channel, requests_per_minute=2)
    # the minute of the clock may turn once between the calls: then a new one has begun with all its calls
    answers = [get(client, **{"X-Api-Key": plaintext}) for _ in range(6)]
    statuses = [answer.status_code for answer in answers]
    assert statuses[:2] == [200, 200]
    assert statuses.count(429) >= 2
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["code"] == "rate_limited"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert get(client, **{"X-Api-Key": other}).status_code == 200


def test_calls_are_counted_by_key_and_minute(channel: Channel, redis_clean: None) -> None:
    first, _ = make_key(channel)
    second, _ = make_key(channel)
    assert [throttling.count_call(str(first.pk), 600.0), throttling.count_call(str(first.pk), 659.9)] == [1, 2]
    assert throttling.count_call(str(first.pk), 660.0) == 1
    assert throttling.count_call(str(second.pk), 600.0) == 1


def test_without_redis_calls_are_let_through_and_redis_is_left_alone_for_a_while(
    client: Client, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def unreachable() -> redis.Redis:
        asked.append(1)
        return redis.Redis.from_url("unix:///nowhere/redis.sock")

    monkeypatch.setattr(throttling, "redis_client", unreachable)
    _, plaintext = make_key(channel, requests_per_minute=1)
    assert [get(client, **{"X-Api-Key": plaintext}).status_code for _ in range(5)] == [200] * 5
    assert len(asked) == 1


def test_the_command_makes_a_key_for_pages_with_what_a_strip_needs(channel: Channel) -> None:
    out = StringIO()
    origins = "https://shop.example, http://localhost:3000"
    call_command("create_api_key", "strip", channel=channel.slug, kind="browser", origins=origins, stdout=out)
    key = ApiKey.objects.get()
    assert out.getvalue().strip().startswith(f"{key.prefix}.")
    assert (key.kind, key.scopes) == ("browser", list(BROWSER_SCOPES))
    assert key.allowed_origins == ["https://shop.example", "http://localhost:3000"]
    with pytest.raises(CommandError, match="allowed_origins"):
        call_command("create_api_key", "strip", channel=channel.slug, kind="browser", origins="shop.example")
    assert ApiKey.objects.count() == 1
