"""How the admin writes values."""

from datetime import UTC, datetime

from django.utils import translation

from coupons.admin.display import EMPTY, money, number, pill, short_date


def test_money_has_two_decimals_and_separators() -> None:
    assert money(128435, "USD") == "$1,284.35"
    assert money(-50, "USD") == "−$0.50"
    assert money(None, "USD") == EMPTY


def test_numbers_have_separators() -> None:
    assert (number(1234567), number(None)) == ("1,234,567", EMPTY)


def test_a_pill_has_an_icon_and_escapes_its_word() -> None:
    html = pill("<b>Running", "ok")
    assert "&lt;b&gt;Running" in html
    assert 'aria-hidden="true">check<' in html


def test_a_date_is_written_in_the_readers_language() -> None:
    day = datetime(2026, 11, 24, tzinfo=UTC)
    with translation.override("en"):
        assert short_date(day) == "24 Nov"
    with translation.override("zh-hans"):
        assert short_date(day) == "11月24日"
