"""Keys that this process has checked within the last second: a busy shop's key is not looked up at every call.

A key that is revoked, or loses a scope, is refused everywhere a second later; the process that revokes forgets at once.
Only hashes of keys are held.
"""

import hmac
import time
from threading import Lock

from coupons.models import ApiKey
from coupons.services.api_keys import hash_key

KEPT_SECONDS = 1.0
_MOST = 1_000

_kept: dict[str, tuple[ApiKey, float]] = {}
_lock = Lock()


def checked_key(plaintext: str) -> ApiKey | None:
    """The key with its channel, None where it is unknown or revoked. No query where it was asked for just now."""
    digest = hash_key(plaintext)
    kept = _kept.get(digest)
    if kept is not None and time.monotonic() < kept[1]:
        return kept[0]
    prefix = plaintext.partition(".")[0]
    if not (prefix.isascii() and prefix.isalnum()):
        return None
    key = ApiKey.objects.select_related("channel").filter(prefix=prefix, revoked_at=None).first()
    if key is None or not hmac.compare_digest(key.secret_hash, digest):
        return None
    with _lock:
        if len(_kept) >= _MOST:
            _kept.clear()
        _kept[digest] = (key, time.monotonic() + KEPT_SECONDS)
    return key


def forget_keys() -> None:
    """Ask the database again at the next call."""
    with _lock:
        _kept.clear()
