"""Why rows and events were not accepted: kept in English, said in the reader's language."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import translation

from coupons.admin.fault_words import WHOLE, WITH_VALUES, fault_words
from coupons.importing import catalog, promotions, redemptions, shoppers
from recommender.event_input import EventError, parse_event
from recommender.importing import EVENTS

TABLES = (
    catalog.CATEGORIES, catalog.BRANDS, catalog.PRODUCTS, promotions.CAMPAIGNS, promotions.MEMBERS, promotions.COUPONS,
    promotions.TARGETS, redemptions.REDEMPTIONS, shoppers.SHOPPERS, EVENTS,
)  # fmt: skip
RULES = sorted({rule.reason for table in TABLES for rule in table.rules})
NOW = datetime(2026, 6, 1, tzinfo=UTC)
GOOD: dict[str, Any] = {"event_id": "e", "shopper": "s", "kind": "cart", "product": "p"}
WRONG: list[Any] = [
    "no object", {"made": 1}, {}, {"shopper": 7}, {"shopper": " "}, {"shopper": "x" * 65}, {"shopper": "\x00"},
    {"kind": "made up"}, {"occurred_at": 7}, {"occurred_at": "soon"}, {"occurred_at": "1980-01-01T00:00:00Z"},
    {"occurred_at": "2027-01-01T00:00:00Z"}, {"coupon": "x"}, {"quantity": 1.5}, {"quantity": -1}, {"properties": 1},
    {"properties": {"x": "y" * 9000}}, {"product": None}, {"kind": "claim"}, {"kind": "rating"}, {"rating": 3},
    {"kind": "view", "product": None},
]  # fmt: skip


@pytest.mark.parametrize("reason", RULES)
def test_every_rule_of_an_import_is_said_in_chinese(reason: str) -> None:
    assert fault_words(reason) == reason
    with translation.override("zh-hans"):
        assert fault_words(reason) != reason


def test_every_refusal_of_an_event_is_said_in_chinese() -> None:
    reasons = set()
    for given in WRONG:
        with pytest.raises(EventError) as refused:
            parse_event({**GOOD, **given} if given and isinstance(given, dict) else given, now=NOW)
        reasons.add(refused.value.reason)
    assert len(reasons) > 15
    with translation.override("zh-hans"):
        assert [reason for reason in sorted(reasons) if fault_words(reason) == reason] == []


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("is longer than 64 characters", "超过 64 个字符"),
        ("is not between 0 and 5", "不在 0 与 5 之间"),
        ("is missing: a cart needs one", "缺失：cart 需要此项"),
        ("the same sku stood in an earlier row of this file", "相同的 sku 已出现在文件前面的行中"),
        ("made up", "made up"),
    ],
)  # fmt: skip
def test_values_stay_in_their_place(reason: str, words: str) -> None:
    assert fault_words(reason) == reason
    with translation.override("zh-hans"):
        assert fault_words(reason) == words


def test_no_words_are_there_twice() -> None:
    assert len({*WHOLE, *WITH_VALUES}) == len(WHOLE) + len(WITH_VALUES)
    with translation.override("zh-hans"):
        assert [words for words in WHOLE if re.search(r"[a-z]{5}", fault_words(words).replace("starts_at", "")
            .replace("usage_limit", "").replace("per_shopper_limit", "")) and "product" not in words] == []  # fmt: skip
