"""Every failure under /api/ is a problem document with a stable code; nothing else is."""

from typing import Any

import orjson
import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client, RequestFactory, override_settings
from rest_framework import exceptions

from coupons.api.problems import Fault, Problem, invalid_parameters
from coupons.errors import Contention, NotEligible
from coupons.evaluation.reasons import Reason, ReasonCode, Unit
from couponsite.errors import exception_handler, server_error
from tests.made_up_shop import make_channel, make_key

PROBLEM = "application/problem+json"


@pytest.fixture
def headers(db: None) -> dict[str, str]:
    return {"X-Api-Key": make_key(make_channel())[1]}


def check(answer: Any, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(answer.content)
    assert answer.headers["Content-Type"] == PROBLEM
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"]
    return body


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("path", ["/api/", "/api/v1/nothing", "/api/v2/recommendations", "/api/v1/recommendations/"])
def test_a_wrong_address_is_404(client: Client, path: str, *, debug: bool) -> None:
    with override_settings(DEBUG=debug):
        body = check(client.get(path), 404, "not_found")
    assert path in body["detail"]


def test_pages_outside_the_api_stay_pages(client: Client) -> None:
    answer = client.get("/nothing-here")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_page_that_is_not_there_or_not_yours_says_so_in_the_readers_language(client: Client, db: None) -> None:
    user = User.objects.create_user("made-up-analyst", is_staff=True)
    client.force_login(user)
    assert "Nothing is at this address" in client.get("/admin/nothing/").content.decode()
    refused = client.get("/admin/coupons/campaign/")
    assert refused.status_code == 403
    assert "You are signed in as made-up-analyst." in refused.content.decode()
    client.cookies["django_language"] = "zh-hans"
    assert "你的角色无权访问此页面" in client.get("/admin/coupons/campaign/").content.decode()


def test_a_form_that_is_too_old_and_a_failure_have_pages_too() -> None:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    answer = client.post("/admin/login/", {"username": "made-up"})
    assert answer.status_code == 403
    assert "The form was too old to be sent" in answer.content.decode()
    failed = server_error(RequestFactory().get("/admin/"))
    assert failed.status_code == 500
    assert "Something failed on our side" in failed.content.decode()


def test_a_wrong_method_is_405_with_the_right_ones(client: Client, headers: dict[str, str]) -> None:
    answer = client.delete("/api/v1/recommendations", headers=headers)
    check(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


def test_a_body_that_is_not_json_is_malformed(client: Client, headers: dict[str, str]) -> None:
    for body in (b"{", b"", b"\xff\xfe", b"[" * 5000, b"[NaN,"):
        check(client.post("/api/v1/events", body, "application/json", headers=headers), 400, "malformed")


def test_another_media_type_is_415(client: Client, headers: dict[str, str]) -> None:
    answer = client.post("/api/v1/events", "a=1", "application/x-www-form-urlencoded", headers=headers)
    check(answer, 415, "unsupported_media_type")


def test_an_answer_in_another_format_is_406(client: Client, headers: dict[str, str]) -> None:
    answer = client.get("/api/v1/recommendations?shopper=1", headers={**headers, "Accept": "text/csv"})
    check(answer, 406, "not_acceptable")


def test_a_large_body_is_413(client: Client, headers: dict[str, str]) -> None:
    body = b'[{"event_id": "' + b"x" * 5_000_001 + b'"}]'
    check(client.post("/api/v1/events", body, "application/json", headers=headers), 413, "body_too_large")


def test_an_unexpected_failure_is_a_500_that_tells_nothing(
    client: Client, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("secret of the house")

    for way in ("quick", "recommendations"):
        monkeypatch.setattr(f"recommender.api.{way}.recommend_for", fail)
    answer = client.get("/api/v1/recommendations?shopper=1", headers=headers)
    check(answer, 500, "internal_error")
    assert b"secret" not in answer.content
    assert "secret of the house" in caplog.text


def test_what_fails_on_the_quick_way_is_asked_again_by_the_view(
    client: Client, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr("recommender.api.quick.recommend_for", fail)
    answer = client.get("/api/v1/recommendations?shopper=1", headers=headers)
    assert answer.status_code == 200
    assert orjson.loads(answer.content)["shopper"] == "1"


def test_a_silent_database_is_a_503_that_says_when_to_try_again(
    client: Client, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise OperationalError("server closed the connection")

    for way in ("quick", "recommendations"):
        monkeypatch.setattr(f"recommender.api.{way}.recommend_for", fail)
    answer = client.get("/api/v1/recommendations?shopper=1", headers=headers)
    body = check(answer, 503, "unavailable")
    assert "closed" not in body["detail"]
    assert answer.headers["Retry-After"] == "5"


def test_a_problem_names_each_fault() -> None:
    faults = [Fault(field="limit", value="x", reason="is not a number"), Fault(field="shopper", value=None, reason="?")]
    body = check(exception_handler(invalid_parameters(faults), {}), 400, "invalid_parameter")
    assert body["detail"] == "limit: is not a number"
    assert body["errors"] == [
        {"field": "limit", "value": "x", "reason": "is not a number"},
        {"field": "shopper", "value": None, "reason": "?"},
    ]


def test_a_problem_keeps_its_own_status_code_and_headers() -> None:
    raised = Problem(status=503, code="contention", detail="Busy.", headers={"Retry-After": "1"})
    answer = exception_handler(raised, {})
    check(answer, 503, "contention")
    assert answer.headers["Retry-After"] == "1"


def test_a_refusal_of_the_engine_keeps_its_code_and_reasons() -> None:
    short = Reason(ReasonCode.MIN_SPEND, "8.00 short", distance=800, unit=Unit.MINOR)
    body = check(exception_handler(NotEligible("Not for this cart.", reasons=[short]), {}), 422, "not_eligible")
    assert body["detail"] == "Not for this cart."
    assert body["reasons"] == [{"code": "min_spend", "text": "8.00 short", "distance": 800, "unit": "minor"}]


def test_contention_says_when_to_try_again() -> None:
    answer = exception_handler(Contention(), {})
    check(answer, 503, "contention")
    assert answer.headers["Retry-After"] == "1"


def test_a_serializers_errors_are_flattened_to_dotted_names() -> None:
    raised = exceptions.ValidationError({"lines": {"0": {"quantity": ["too small"]}}, "order": ["missing"]})
    body = check(exception_handler(raised, {}), 400, "invalid_parameter")
    assert [(fault["field"], fault["reason"]) for fault in body["errors"]] == [
        ("lines.0.quantity", "too small"),
        ("order", "missing"),
    ]


def test_health_is_200_while_postgres_answers(client: Client, db: None) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"], answer.json()["database"]) == (200, "ok", True)
