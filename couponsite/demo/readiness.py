"""Waits until the site answers, and asks it a few times so that the first visitor does not pay for its start."""

import http.client
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from couponsite.demo.errors import DemoError

WAIT_SECONDS = 120.0  # a busy machine is slow, not broken
WARM_UP_REQUESTS = 12


def wait_for_workers(waited_for: Callable[[], list[str]], *, tend: Callable[[], None]) -> None:
    """Return once `waited_for` names nobody. Raises DemoError with the names when it takes too long."""
    deadline = time.monotonic() + WAIT_SECONDS
    while names := waited_for():
        if time.monotonic() > deadline:
            raise DemoError(f"{' and '.join(names)} did not get ready within {WAIT_SECONDS:.0f} s")
        tend()
        time.sleep(0.05)


def wait_for_web(url: str, *, tend: Callable[[], None], path: str = "/admin/login/") -> None:
    """Return once `path` answers with 200; `tend` looks after the programs meanwhile and may raise.

    Raises DemoError where nothing or an error is answered in time.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    answer: object = "nothing"
    while time.monotonic() < deadline:
        tend()
        answer = status_of(url + path)
        if answer == http.client.OK:
            for _ in range(WARM_UP_REQUESTS):
                status_of(url + path)
            return
        time.sleep(0.1)
    raise DemoError(f"{url}{path} answered {answer} for {WAIT_SECONDS:.0f} s")


def status_of(url: str, headers: Mapping[str, str] | None = None) -> int | None:
    """The status that `url` answers with; None where nobody does."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "localhost", parts.port, timeout=10)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}", headers=dict(headers or {}))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
