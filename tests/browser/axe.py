"""axe on a page: the rules of WCAG 2.2 A and AA, sent to the page once however often it is asked."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

ALL_RULES: dict[str, Any] = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
    "preload": False,
    "elementRef": False,
}
CONTRAST: dict[str, Any] = {**ALL_RULES, "runOnly": {"type": "rule", "values": ["color-contrast"]}}

_SCRIPT = Axe().axe_script
# only what is said comes back: the whole answer lists every rule that had nothing to say
_RUN = """([part, options]) => axe.run(part || document, options).then(answer => answer.violations.flatMap(
    rule => rule.nodes.map(node => {
        const why = [...node.any, ...node.all, ...node.none][0];
        return `${rule.id}: ${node.html.slice(0, 200)} (${why ? why.message.slice(0, 200) : ""})`;
    })))"""


def violations(page: Page, options: dict[str, Any] = ALL_RULES, part: str | None = None) -> list[str]:
    """What axe finds on the page, or in the element `part` (a CSS selector): "rule: element (why)"."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(_SCRIPT)
    found: list[str] = page.evaluate(_RUN, [part, options])
    return found
