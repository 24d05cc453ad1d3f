"""A made-up client of the coupon engine: a key, a cart and calls with them. Campaigns run around the real clock."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from coupons.enums import KeyKind, Scope
from coupons.models import ApiKey, Campaign, Channel
from coupons.services.api_keys import BROWSER_SCOPES, create_api_key
from coupons.shopper_tokens import issue_shopper_token
from tests.coupons import factories


def running_campaign(channel: Channel, **fields: Any) -> Campaign:
    """Began a day ago, ends in a day."""
    now = timezone.now()
    times = {"starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=1)}
    return factories.make_campaign(channel, **{**times, **fields})


def cart(*prices: int, shipping_minor: int = 0) -> dict[str, Any]:
    items = [{"ref": str(n), "quantity": 1, "unit_price_minor": price} for n, price in enumerate(prices, start=1)]
    return {"items": items, "shipping_minor": shipping_minor}


@dataclass
class Shop:
    """Calls below /api/v1/ with one key."""

    channel: Channel
    key: ApiKey
    plaintext: str
    token: str = ""
    """Of the shopper whom a browser speaks for."""

    def get(self, path: str, **headers: str) -> Any:
        return Client().get(f"/api/v1/{path}", headers=self._headers(headers))

    def post(self, path: str, body: Any = None, *, key: str | None = "", **headers: str) -> Any:
        """`key` is the Idempotency-Key: a fresh one unless named, none for None."""
        if key is not None:
            headers["Idempotency-Key"] = key or uuid.uuid4().hex
        return self.send("post", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any, *, if_match: str | None = "*") -> Any:
        return self.send("patch", path, body, **({} if if_match is None else {"If-Match": if_match}))

    def delete(self, path: str, *, if_match: str = "*") -> Any:
        return Client().delete(f"/api/v1/{path}", headers=self._headers({"If-Match": if_match}))

    def send(self, method: str, path: str, body: Any, **headers: str) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        call = getattr(Client(raise_request_exception=False), method)
        return call(f"/api/v1/{path}", content, "application/json", headers=self._headers(headers))

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        token = {"Shopper-Token": self.token} if self.token else {}
        return {"Authorization": f"Api-Key {self.plaintext}", **token, **more}


def open_shop(channel: Channel | None = None, *scopes: Scope, kind: KeyKind = KeyKind.SERVER) -> Shop:
    """A key with all scopes unless some are named."""
    channel = channel or factories.make_channel()
    key, plaintext = create_api_key(name="made up", channel=channel, scopes=scopes or Scope.values, kind=kind)
    return Shop(channel, key, plaintext)


def open_browser(shop: Shop, shopper: str = "ann", *scopes: Scope, origins: Sequence[str] = ()) -> Shop:
    """A page with a browser's key and a token for this shopper, signed for the shop's own key."""
    key, plaintext = create_api_key(
        name="made up",
        channel=shop.channel,
        scopes=scopes or BROWSER_SCOPES,
        kind=KeyKind.BROWSER,
        allowed_origins=origins,
    )
    token = issue_shopper_token(key=shop.key, shopper=shopper, now=timezone.now()).token
    return Shop(shop.channel, key, plaintext, token)


def refused(answer: Any) -> tuple[int, str]:
    """Status and code of a refusal, which is a problem document."""
    assert answer["Content-Type"] == "application/problem+json", answer.content
    body = answer.json()
    assert (body["type"], body["status"]) == ("about:blank", answer.status_code)
    return answer.status_code, body["code"]
