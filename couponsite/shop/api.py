"""The platform's API as the shop's backend calls it: over HTTP, with a server key, never through the tables."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from coupons.models import Channel
from couponsite.shop.keys import shop_keys

TIMEOUT_S = 10


@dataclass(frozen=True)
class ApiAnswer:
    """`body` is the JSON; a problem document where `ok` is False. Status 0: nobody answered."""

    status: int
    body: dict[str, Any]

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class ShopApi:
    """`base` is the site's address, such as http://127.0.0.1:8000/."""

    base: str
    key: str

    def get(self, path: str) -> ApiAnswer:
        return self._call("GET", path, None, "")

    def post(self, path: str, body: dict[str, Any], *, idempotency_key: str = "") -> ApiAnswer:
        return self._call("POST", path, body, idempotency_key)

    def _call(self, method: str, path: str, body: dict[str, Any] | None, idempotency_key: str) -> ApiAnswer:
        headers = {"Authorization": f"Api-Key {self.key}", "Content-Type": "application/json"}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310  the site's own address
            f"{self.base}api/v1/{path}", data=data, headers=headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310  the same
                return ApiAnswer(response.status, json.load(response))
        except urllib.error.HTTPError as error:
            return ApiAnswer(error.code, _problem(error))
        except (OSError, ValueError):
            return ApiAnswer(0, {"code": "unreachable", "detail": ""})


def shop_api(request: HttpRequest, channel: Channel) -> ShopApi:
    """The platform under the address that the shop itself was called by."""
    return ShopApi(request.build_absolute_uri("/"), shop_keys(channel).server)


def _problem(error: urllib.error.HTTPError) -> dict[str, Any]:
    try:
        body = json.load(error)
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {"code": "unreadable", "detail": ""}
