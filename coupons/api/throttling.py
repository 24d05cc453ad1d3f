"""How often a key may call: counted in Redis per minute, and let through where Redis does not answer."""

import hashlib
import logging
import time
from functools import cache
from threading import Lock

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from coupons.api.authentication import TokenShopper
from coupons.models import ApiKey

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 60
NO_ANSWER = (redis.RedisError, OSError, ValueError)
"""What asking Redis may raise: redis-py passes its socket's errors on, and that of a closed one is a ValueError."""
_RETRY_AFTER_OUTAGE_SECONDS = 5


class KeyThrottle(BaseThrottle):
    """At most `ApiKey.requests_per_minute` calls in each minute of the clock; of a browser's key, for each shopper.

    A limit protects the shop's other clients; it must not take the shop down with Redis. So an unreachable
    Redis lets every call through, and is asked again only after some seconds.
    """

    _asleep_until = 0.0  # monotonic; of this process

    def __init__(self) -> None:
        self._now = time.time()

    def allow_request(self, request: Request, view: APIView) -> bool:
        key = request.auth
        if not isinstance(key, ApiKey) or time.monotonic() < KeyThrottle._asleep_until:
            return True
        if not isinstance(request.user, TokenShopper):
            return may_call(key)
        try:
            return count_call(_caller(request, key), self._now) <= key.requests_per_minute
        except NO_ANSWER as error:
            _sleep(error)
            return True

    def wait(self) -> float:
        return WINDOW_SECONDS - self._now % WINDOW_SECONDS


PORTIONS = 200
"""A busy key's calls are counted in this many portions of its limit, each taken from Redis at once."""

_taken: dict[str, int] = {}
_taking = Lock()


def may_call(key: ApiKey) -> bool:
    """Whether a server's key may call now. Never more than its limit in a minute, over all processes.

    Calls of a process are taken in portions beforehand; what is left of the last one at a minute's end is not called.
    A key with a limit below PORTIONS is counted call by call, as a shopper's token is.
    """
    if time.monotonic() < KeyThrottle._asleep_until:
        return True
    now = time.time()
    name = f"{key.pk}:{int(now // WINDOW_SECONDS)}"
    with _taking:
        if _taken.get(name, 0) > 0:
            _taken[name] -= 1
            return True
    portion = max(key.requests_per_minute // PORTIONS, 1)
    try:
        counted = count_call(str(key.pk), now, portion)
    except NO_ANSWER as error:
        _sleep(error)
        return True
    left = min(portion, key.requests_per_minute - (counted - portion))
    if left <= 0:
        return False
    with _taking:
        for old in [old for old in _taken if not old.endswith(name[name.index(":") :])]:
            del _taken[old]
        _taken[name] = _taken.get(name, 0) + left - 1
    return True


def _sleep(error: Exception) -> None:
    """Ask Redis again in some seconds, over new connections: the pool would hand out the same broken one."""
    KeyThrottle._asleep_until = time.monotonic() + _RETRY_AFTER_OUTAGE_SECONDS
    redis_client.cache_clear()
    logger.warning("Calls are not limited, Redis does not answer: %s", error)


def _caller(request: Request, key: ApiKey) -> str:
    """One shopper who calls too often must not shut the strip of all the others."""
    user = request.user
    if not isinstance(user, TokenShopper):
        return str(key.pk)
    return f"{key.pk}:{hashlib.sha256(user.external_id.encode()).hexdigest()[:24]}"


def count_call(caller: str, now: float, calls: int = 1) -> int:
    """Calls of this caller in the minute of `now` (seconds since 1970), these included. Raises one of NO_ANSWER."""
    name = f"calls:{caller}:{int(now // WINDOW_SECONDS)}"
    pipeline = redis_client().pipeline(transaction=False)
    pipeline.incrby(name, calls)
    pipeline.expire(name, 2 * WINDOW_SECONDS)
    return int(pipeline.execute()[0])


@cache
def redis_client() -> "redis.Redis":
    """The connection that calls are counted on; a slow Redis is treated as none."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.1, socket_connect_timeout=0.1)
