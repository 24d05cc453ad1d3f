"""GET shoppers/{id}/interests: never a 5xx for want of a model. The moves themselves: tests/recommender/jobs."""

from typing import Any

import pytest

from tests.coupons.api.client import open_shop, refused
from tests.made_up_shop import make_channel, make_shopper, make_version

pytestmark = pytest.mark.django_db

EMPTY: dict[str, Any] = {"shopper": "ann", "as_of": None, "freshness": "none", "interests": [], "acts": []}


def test_it_says_why_there_are_none() -> None:
    shop = open_shop(make_channel())
    assert shop.get("shoppers/ann/interests").json() == {**EMPTY, "model_version": None, "fallback": "unknown_shopper"}
    shopper = make_shopper(shop.channel, "ann")
    assert shop.get("shoppers/ann/interests").json() == {**EMPTY, "model_version": None, "fallback": "no_model"}
    make_version(3)  # a row whose files are nowhere
    assert shop.get("shoppers/ann/interests").json() == {**EMPTY, "model_version": 3, "fallback": "model_unavailable"}
    shopper.personalised = False
    shopper.save()
    assert shop.get("shoppers/ann/interests").json() == {**EMPTY, "model_version": 3, "fallback": "not_personalised"}


def test_a_wrong_limit_is_named() -> None:
    assert refused(open_shop(make_channel()).get("shoppers/ann/interests?limit=0")) == (400, "invalid_parameter")
