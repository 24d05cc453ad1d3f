"""The sample receiver takes what the outbox signs, and nothing else."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import HTTPServer

import pytest

from clients.examples.webhook_receiver import Receiver, is_genuine
from coupons.services.outbox import signed_headers

SECRETS = ["whsec_bWFkZSB1cCB0b28=", "made-up-secret"]
BODY = b'{"type":"coupon.claimed","data":{"shopper":"ann"}}'


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Receiver, "secret", SECRETS[0])
    monkeypatch.setattr(Receiver, "seen", set())
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def send(address: str, headers: dict[str, str], body: bytes = BODY) -> int:
    request = urllib.request.Request(address, data=body, headers=headers)  # noqa: S310  our own server
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  our own server
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_what_the_outbox_signs_is_taken_once(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    headers = signed_headers(SECRETS[0], "msg-1", BODY, datetime.now(UTC))
    assert [send(address, headers), send(address, headers)] == [204, 204]
    assert capsys.readouterr().out == '{"type": "coupon.claimed", "data": {"shopper": "ann"}}\n'


def test_a_forger_is_refused(address: str) -> None:
    now = datetime.now(UTC)
    good = signed_headers(SECRETS[0], "msg-1", BODY, now)
    assert send(address, signed_headers(SECRETS[1], "msg-1", BODY, now)) == 400
    assert send(address, good, BODY.replace(b"ann", b"bob")) == 400
    assert send(address, {**good, "webhook-id": "msg-2"}) == 400
    assert send(address, {**good, "webhook-timestamp": str(int(good["webhook-timestamp"]) + 1)}) == 400
    assert send(address, {}) == 400


@pytest.mark.parametrize("secret", SECRETS)
def test_an_old_one_is_refused(secret: str) -> None:
    sent = datetime(2030, 1, 1, tzinfo=UTC)
    headers = signed_headers(secret, "msg-1", BODY, sent)
    for later, genuine in ((300, True), (301, False), (-301, False)):
        assert is_genuine(secret, BODY, headers, now=sent.timestamp() + later) is genuine
