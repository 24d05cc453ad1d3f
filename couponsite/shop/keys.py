"""The demo shop's own keys: made once, kept in var/shop.json, and made anew when the database does not know them."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.http import Http404

from coupons.enums import KeyKind, Scope
from coupons.key_cache import hash_key
from coupons.models import ApiKey, Channel
from coupons.services.api_keys import BROWSER_SCOPES, create_api_key
from couponsite.embedded.files import write_private

_SERVER_SCOPES = (
    Scope.ISSUE_SHOPPER_TOKENS,
    Scope.READ_EVALUATIONS,
    Scope.READ_WALLET,
    Scope.WRITE_EVENTS,
    Scope.WRITE_REDEMPTIONS,
    Scope.WRITE_SHOPPERS,
)


@dataclass(frozen=True)
class ShopKeys:
    """Plaintexts. `browser` is in every page; `server` never leaves this process but towards the API."""

    server: str
    browser: str


def shop_channel() -> Channel:
    """The channel that the demo's data is in; 404 where nothing is loaded."""
    channel = Channel.objects.order_by("pk").first()
    if channel is None:
        raise Http404("no channel: `make demo-data` loads the demo's data")
    return channel


def shop_keys(channel: Channel) -> ShopKeys:
    """The keys of the last time while they are valid, else new ones."""
    file = Path(settings.VAR_DIR) / "shop.json"
    keys = _read(file)
    if keys is not None and _valid(keys, channel):
        return keys
    with _alone(file):
        keys = _read(file)  # another process may have made them meanwhile
        if keys is None or not _valid(keys, channel):
            keys = _make(channel)
            write_private(file, json.dumps(asdict(keys)) + "\n")
    return keys


def server_key(keys: ShopKeys) -> ApiKey:
    """The row of the server's key, for signing shopper tokens as a shop's backend does."""
    return ApiKey.objects.select_related("channel").get(secret_hash=hash_key(keys.server))


def _make(channel: Channel) -> ShopKeys:
    _, server = create_api_key(name="demo shop", channel=channel, scopes=_SERVER_SCOPES)
    _, browser = create_api_key(name="demo shop, pages", channel=channel, scopes=BROWSER_SCOPES, kind=KeyKind.BROWSER)
    return ShopKeys(server, browser)


def _valid(keys: ShopKeys, channel: Channel) -> bool:
    """Both are in use and may do what this release asks of them."""
    wanted = {hash_key(keys.server): _SERVER_SCOPES, hash_key(keys.browser): BROWSER_SCOPES}
    known = ApiKey.objects.filter(channel=channel, secret_hash__in=wanted, revoked_at=None)
    return sum(set(wanted[key.secret_hash]) <= set(key.scopes) for key in known) == len(wanted)


def _read(file: Path) -> ShopKeys | None:
    try:
        content = json.loads(file.read_text())
        return ShopKeys(str(content["server"]), str(content["browser"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
