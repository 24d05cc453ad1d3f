"""A real headless Chromium on the real web process. Pictures are kept in var/screenshots for people to look at."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

if TYPE_CHECKING:  # pytest reads this file before Django is set up
    from django.contrib.auth.models import User

PICTURES = Path(__file__).resolve().parents[2] / "var" / "screenshots"
PASSWORD = "made-up-password"

Visit = Callable[..., Page]


@pytest.fixture
def browser(chromium_path: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    from django.db import connections

    # Playwright keeps an event loop in this thread; the ORM is used beside it, never inside it
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        yield opened
        opened.close()
        # the ORM opens a connection of its own beside an event loop; left open it would keep the test database
        connections.close_all()


@pytest.fixture
def page(browser: Browser, corner: object, live_site: str) -> Iterator[Page]:
    """A desktop window without motion on the shop that the test file's `corner` has opened."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=live_site, reduced_motion="reduce")
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    yield opened
    context.close()


@pytest.fixture
def visit(browser: Browser, live_site: str) -> Iterator[Visit]:
    """Open a page as a user, logged in; errors of scripts fail the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_page(path: str, user: "User", *, dark: bool = False, language: str = "en", width: int = 1280) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", base_url=live_site
        )
        contexts.append(context)
        context.add_cookies([{"name": "django_language", "value": language, "url": live_site}])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"/admin/login/?next={path}")
        page.fill("#id_username", user.username)
        page.fill("#id_password", PASSWORD)
        page.press("#id_password", "Enter")
        page.wait_for_url(f"**{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def operator(transactional_db: None) -> "User":
    from django.contrib.auth.models import User

    return User.objects.create_superuser("made-up-operator", password=PASSWORD)


def picture(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def fits(page: Page) -> bool:
    """Nothing makes the page scroll sideways; wide tables scroll in their card."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
