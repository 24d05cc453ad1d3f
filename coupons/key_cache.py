"""Keys that this process has checked within the last second: a busy shop's key is not looked up at every call.

A key that is revoked is refused at once by the process that revokes it, and a second later by every other; a scope
that is taken away goes within the second everywhere. Only hashes of keys are held.
"""

import hashlib
import hmac
import time
from threading import Lock

from coupons.models import ApiKey

KEPT_SECONDS = 1.0
_MOST = 1_000

_kept: dict[str, tuple[ApiKey, float]] = {}
_lock = Lock()


def hash_key(plaintext: str) -> str:
    """SHA-256, hexadecimal. The secret has 256 random bits, so a slow password hash would add nothing."""
    return hashlib.sha256(plaintext.encode()).hexdigest()


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
