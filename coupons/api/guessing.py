"""Guessing codes: how many wrong ones an address may send a minute through a browser's key."""

import ipaddress
import logging
import math
import time

from django.conf import settings
from rest_framework.request import Request

from coupons.api.problems import Problem
from coupons.api.throttling import NO_ANSWER, WINDOW_SECONDS, redis_client
from coupons.models import ApiKey

logger = logging.getLogger(__name__)

MAX_WRONG_CODES = 10
"""In a minute. At 60 random bits a code, a guesser needs longer than there is time; people mistype less often."""


def refuse_guesser(request: Request, key: ApiKey) -> None:
    """Raises Problem 429 for an address that sent too many wrong codes in this minute."""
    now = time.time()
    try:
        wrong = int(redis_client().get(_name(request, key, now)) or 0)
    except NO_ANSWER as error:
        logger.warning("Wrong codes are not counted, Redis does not answer: %s", error)
        return
    if wrong >= MAX_WRONG_CODES:
        seconds = math.ceil(WINDOW_SECONDS - now % WINDOW_SECONDS)
        raise Problem(
            status=429,
            code="rate_limited",
            detail=f"Too many codes that cannot be used: try again in {seconds} seconds.",
            headers={"Retry-After": str(seconds)},
        )


def count_wrong_code(request: Request, key: ApiKey) -> None:
    """One more wrong code of this address."""
    name = _name(request, key, time.time())
    try:
        pipeline = redis_client().pipeline(transaction=False)
        pipeline.incr(name)
        pipeline.expire(name, 2 * WINDOW_SECONDS)
        pipeline.execute()
    except NO_ANSWER as error:
        logger.warning("A wrong code is not counted, Redis does not answer: %s", error)


def _name(request: Request, key: ApiKey, now: float) -> str:
    return f"wrong_codes:{key.pk}:{client_network(request)}:{int(now // WINDOW_SECONDS)}"


def client_network(request: Request) -> str:
    """The caller's address; of IPv6 the /64 that one customer has. Behind a proxy, what that proxy saw."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    if settings.USE_X_FORWARDED_HOST:
        # the last entry is the proxy's own; those before it are whatever the client wrote
        address = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip() or address
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network(f"{parsed}/64", strict=False)) if parsed.version == 6 else str(parsed)
