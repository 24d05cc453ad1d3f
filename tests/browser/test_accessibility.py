"""axe finds nothing on any page of the admin: WCAG 2.2 A and AA, light and dark, English and Chinese.

Each page is opened once: all rules in light, then contrast again in dark, which changes colours and nothing else. In
each run the pages with a template of their own and one of each kind of the frame's; `make test-accessibility` opens
every other page as well, and those with a template of their own in Chinese too.
"""

from datetime import timedelta
from importlib import import_module

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.db import models
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as PlaywrightError

from recommender.enums import RunStatus
from recommender.models import ModelVersion, TrainingRun
from recommender.partitions import ensure_partitions
from tests.browser.admin_pages import all_pages, own_pages
from tests.browser.axe import CONTRAST, violations
from tests.made_up_report import made_up_report
from tests.made_up_rows import make_row, make_superuser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

GO_DARK = "document.documentElement.classList.add('dark')"


def test_axe_finds_nothing_on_a_page_of_each_kind(browser: Browser, live_site: str) -> None:
    page = _signed_in(browser, live_site, make_superuser())
    found = _problems(page, reverse("admin:index"), whole=True)
    found += [problem for path in own_pages(_rows())[1:] for problem in _problems(page, path)]
    page.context.clear_cookies()
    found += _problems(page, reverse("admin:login"), whole=True)
    found += _problems(page, "/nothing-is-here/", status=404)
    assert not found, "\n".join(found)


@pytest.mark.accessibility
def test_axe_finds_nothing_on_any_page(browser: Browser, live_site: str) -> None:
    rows, user = _rows(), make_superuser()
    page = _signed_in(browser, live_site, user)
    found = [problem for path in all_pages(rows, user) for problem in _problems(page, path)]
    page.context.add_cookies([{"name": "django_language", "value": "zh-hans", "url": live_site}])
    found += [f"zh-hans: {problem}" for path in own_pages(rows) for problem in _problems(page, path)]
    assert not found, "\n".join(found)


def test_axe_would_see_a_problem(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<html lang=en><title>x</title><main><img src=x><p style='color:#aaa'>pale</p></main>")
    seen = {problem.split(":")[0] for problem in violations(page)}
    assert seen == {"image-alt", "color-contrast"}


def _rows() -> dict[type[models.Model], models.Model]:
    """A made-up row of every registered table; the run and the version have a whole report."""
    now = timezone.now()
    ensure_partitions(first=now - timedelta(days=1), last=now)
    rows = {model: make_row(model) for model in admin.site._registry}
    run = rows[TrainingRun]
    TrainingRun.objects.filter(pk=run.pk).update(
        status=RunStatus.SUCCEEDED, report=made_up_report(), log="made up line", finished_at=timezone.now()
    )
    ModelVersion.objects.filter(pk=rows[ModelVersion].pk).update(run=run, metrics=made_up_report()["metrics"])
    return rows


def _signed_in(browser: Browser, site: str, user: User) -> Page:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    # tall, so that no bar that sticks to the window's edge covers what is under it
    context = browser.new_context(viewport={"width": 1280, "height": 4000}, base_url=site, reduced_motion="reduce")
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": site}])
    return context.new_page()


def _problems(page: Page, path: str, *, whole: bool = False, status: int = 200) -> list[str]:
    """What axe finds on a page; the frame around its content, the same on every page, with `whole` only."""
    try:
        return _visit(page, path, whole=whole, status=status)
    except PlaywrightError as error:
        if "Execution context was destroyed" not in str(error):
            raise
        return _visit(page, path, whole=whole, status=status)  # the page went on to another one; once is no problem


def _visit(page: Page, path: str, *, whole: bool, status: int) -> list[str]:
    answer = page.goto(path, wait_until="load")
    assert answer is not None
    if answer.status != status:
        return [f"{path}: status {answer.status}"]
    part = None if whole or not page.locator("#main").count() else "#main"
    found = violations(page, part=part)
    page.evaluate(GO_DARK)
    return [f"{path}: {problem}" for problem in found] + [
        f"{path} in dark: {problem}" for problem in violations(page, CONTRAST, part)
    ]
