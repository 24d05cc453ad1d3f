"""Pictures of a running demo: those of the README, or every page of the admin in every dress, and what does not fit.

    python -m tests.browser.pictures                  docs/images/*.png          (`make pictures`)
    python -m tests.browser.pictures every [PART...]  var/pictures/*.png         (addresses that contain a PART)

`make demo` (or `make serve`) has to run: its address and login are read from var/demo.json.
"""

import argparse
import io
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from couponsite.demo.card import Card, read_card
from couponsite.demo.database import django_ready
from couponsite.embedded import paths

README = Path(__file__).resolve().parents[2] / "docs" / "images"
WIDE, PHONE, NARROWEST = 1280, 390, 320
SETTLED = "document.fonts.ready.then(() => new Promise(done => setTimeout(done, 400)))"
DARK = "dark => document.documentElement.classList.toggle('dark', dark)"
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
    [...document.querySelectorAll("body *")].filter(node => node.getBoundingClientRect().right > innerWidth + 1
        && !node.closest(".cp-scroll, .overflow-x-auto, .overflow-auto, pre, svg"))
    .slice(0, 3).map(node => `${node.tagName.toLowerCase()}.${String(node.className).slice(0, 40)}`)"""
TEXTS = """() => {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = new Set();
    while (walk.nextNode()) {
        const around = walk.currentNode.parentElement;
        if (!around.closest("script, style, template, pre, code, .material-symbols-outlined, .cp-icon"))
            found.add(walk.currentNode.textContent.trim().replace(/\\s+/g, " "));
    }
    return [...found];
}"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.pictures")
    parser.add_argument("which", nargs="?", default="readme", choices=("readme", "every"))
    parser.add_argument("parts", nargs="*", help="only addresses that contain one of these")
    asked = parser.parse_args()
    card = read_card(paths.var_dir())
    if card is None:
        sys.stderr.write("No demo has run here: make demo\n")
        return 1
    with _browser() as browser:
        if asked.which == "readme":
            readme_pictures(browser, card)
        else:
            every_page(browser, card, asked.parts, paths.var_dir() / "pictures")
    return 0


def readme_pictures(browser: Browser, card: Card) -> None:
    """The three of the README, and the same of the Chinese one: the demo shop, the demo's shopper, home."""
    for language, ending in (("en", "png"), ("zh-hans", "zh-Hans.png")):
        page = _signed_in(browser, card, language).new_page()
        page.goto("/shop/")
        page.wait_for_load_state("networkidle")  # the strip has its coupons
        _keep_small(page, README / f"shop.{ending}")
        page.goto(f"/admin/coupons/shopper/?q={card.example_shopper}")
        page.locator("#result_list tbody th a").first.click()
        page.wait_for_load_state()
        _keep_small(page, README / f"shopper.{ending}")
        page.goto("/admin/")
        _keep_small(page, README / f"home.{ending}")


def every_page(browser: Browser, card: Card, parts: list[str], folder: Path) -> None:
    """Light, dark, on a phone and in Chinese; says what scrolls sideways and what stays English in Chinese."""
    folder.mkdir(parents=True, exist_ok=True)
    english, chinese = (_signed_in(browser, card, language).new_page() for language in ("en", "zh-hans"))
    for page in (english, chinese):
        page.on("pageerror", lambda error: _say(f"  script error: {error}"))
    for path in [*_addresses(card), "/admin/nothing/"]:
        if parts and not any(part in path for part in parts):
            continue
        name = re.sub(r"\W+", "-", path.removeprefix("/admin/")).strip("-") or "home"
        answer = english.goto(path)
        _say(f"{path} {answer.status if answer else ''}")
        _keep(english, folder / f"{name}-light.png")
        texts = set(english.evaluate(TEXTS))
        english.evaluate(DARK, True)
        _keep(english, folder / f"{name}-dark.png")
        english.evaluate(DARK, False)
        for width in (PHONE, NARROWEST):
            english.set_viewport_size({"width": width, "height": 900})
            english.evaluate(SETTLED)
            for wide in english.evaluate(TOO_WIDE):
                _say(f"  wider than {width}: {wide}")
            if width == PHONE:
                _keep(english, folder / f"{name}-phone.png")
        english.set_viewport_size({"width": WIDE, "height": 900})
        chinese.goto(path)
        _keep(chinese, folder / f"{name}-zh.png")
        same = sorted(text for text in texts.intersection(chinese.evaluate(TEXTS)) if re.search(r"[a-z]{3}", text))
        _say(f"  the same in Chinese: {same}")


def _addresses(card: Card) -> list[str]:
    """Every page of the admin, by the newest row of each table; the shopper is the demo's own."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps an event loop in this thread
    with django_ready():
        from django.contrib import admin
        from django.contrib.auth.models import User

        from coupons.models import Shopper
        from tests.browser.admin_pages import all_pages

        newest = {model: model._default_manager.order_by("-pk").first() for model in admin.site._registry}
        rows = {model: row for model, row in newest.items() if row is not None}
        if shopper := Shopper.objects.filter(external_id=card.example_shopper).first():
            rows[Shopper] = shopper
        return all_pages(rows, User.objects.get(username=card.admin_user))


@contextmanager
def _browser() -> Iterator[Browser]:
    chromium = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


def _signed_in(browser: Browser, card: Card, language: str) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": WIDE, "height": 900}, base_url=card.url, reduced_motion="reduce", color_scheme="light"
    )
    context.add_cookies([{"name": "django_language", "value": language, "url": card.url}])
    page = context.new_page()
    page.goto("/admin/login/")
    page.fill("#id_username", card.admin_user)
    page.fill("#id_password", card.admin_password)
    page.press("#id_password", "Enter")
    page.wait_for_url("**/admin/")
    page.close()
    return context


def _keep(page: Page, file: Path) -> None:
    """The whole page, in a window as tall: no bar that sticks to the window's edge covers a part of it."""
    width = page.evaluate("innerWidth")
    page.set_viewport_size({"width": width, "height": 900})
    page.set_viewport_size({"width": width, "height": page.evaluate("document.documentElement.scrollHeight")})
    page.evaluate(SETTLED)
    page.screenshot(path=file)


def _keep_small(page: Page, file: Path) -> None:
    """What a window shows, with a palette: a page has few colours, and its picture takes a third of the room."""
    page.evaluate(SETTLED)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(256, kmeans=3, dither=Image.Dither.NONE).save(file, optimize=True)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
