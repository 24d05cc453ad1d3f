"""The real web process: hashed static files, cached for good."""

import re
import urllib.request

import pytest

from couponsite.demo import readiness


@pytest.mark.slow
def test_static_files_are_served_under_hashed_names(live_site: str) -> None:
    with urllib.request.urlopen(f"{live_site}/admin/login/") as answer:  # noqa: S310 - our own server
        page = answer.read().decode()
    found = re.search(r'href="(/static/[^"]+\.[0-9a-f]{12}\.css)"', page)
    assert found is not None
    with urllib.request.urlopen(live_site + found[1]) as answer:  # noqa: S310 - our own server
        assert answer.headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert readiness.status_of(f"{live_site}/static/nowhere.css") == 404
