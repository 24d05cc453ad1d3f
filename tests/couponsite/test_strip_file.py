"""The coupon strip's file: small, alone, and safe under a strict content policy."""

import gzip
import re
from pathlib import Path

STRIP = Path(__file__).resolve().parents[2] / "static" / "strip" / "coupon-strip.js"
MOST_BYTES = 14_000
"""A page of a shop loads it before it shows a coupon: 15 KB would be felt on a phone."""


def test_it_is_small() -> None:
    assert len(gzip.compress(STRIP.read_bytes(), 9, mtime=0)) < MOST_BYTES


def test_it_loads_nothing_else_and_writes_no_markup() -> None:
    text = STRIP.read_text()
    for forbidden in (r"\bimport\b", r"innerHTML", r"\beval\(", r"document\.write", r"insertAdjacentHTML", "style="):
        assert re.search(forbidden, text) is None, forbidden
    assert set(re.findall(r"https?://[^\s'\"<]+", text)) == {
        "http://www.w3.org/2000/svg",
        "https://coupons.example/static/strip/coupon-strip.js",
    }


def test_every_language_has_every_word() -> None:
    text = STRIP.read_text()
    words = {}
    for language in ("en", "zh", "ar"):
        block = text.split(f"\n  {language}: {{", 1)[1].split("\n  },", 1)[0]
        words[language] = re.findall(r"(\w+): '", block)
    assert len(words["en"]) > 30
    assert words["en"] == words["zh"] == words["ar"]
