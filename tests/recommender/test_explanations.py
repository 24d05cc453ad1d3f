"""Features and interests as sentences."""

import pytest
from django.utils import translation

from recommender.explanations import explained, feature_text


@pytest.mark.parametrize(
    ("feature", "value", "sentence"),
    [
        ("product_trips", 1, "Bought the coupon's products on 1 day"),
        ("product_trips", 4, "Bought the coupon's products on 4 days"),
        ("commodity_trips_84", 3, "Bought products of the coupon's category on 3 of the last 84 days"),
        ("brand_recency", 12, "Last bought products of the coupon's brand 12 days before"),
        ("product_share", 0.0123, "Spends 1.2 % of their money on the coupon's products"),
        ("product_spend", 1234, "Spent €12.34 on the coupon's products"),
        ("type_due", 1.5, "1.5 times the usual interval has passed since they bought products of the coupon's type"),
        ("list_rank_product_spend", 2, "Number 2 of this campaign's coupons by what they bought before"),
        ("redeemed_coupons", 3, "Redeemed 3 coupons"),
        ("shopper_coupon_rate", 0.25, "Uses coupons for 25 % of what they buy"),
        ("shopper_shown_28", 4, "Was shown coupons 4 times in the last 28 days"),
        ("commodity_dismissed", 1, "Dismissed 1 coupon for products of the coupon's category"),
        ("coupon_units", 2, "The coupon asks for 2 items"),
        ("coupon_saving", 0.25, "The coupon takes 25 % off the usual price"),
        ("coupon_alike", 1, "1 other coupon of the campaign is for the same products"),
        ("product_enough", 1.5, "Buys 1.5 times as many of the coupon's products at once as the coupon asks for"),
        ("made_up", 0.5, "made up: 0.5"),
        ("product_trips", None, "Nothing is known of product trips"),
    ],
)
def test_a_feature_is_a_sentence(feature: str, value: float | None, sentence: str) -> None:
    with translation.override("en"):
        assert feature_text(feature, value, "EUR") == sentence


def test_a_reason_is_its_first_interest_and_its_features_once_each() -> None:
    reason = {
        "interests": [{"category": "CHEESE", "score": 0.42}, {"category": "MILK", "score": 0.1}],
        "features": [
            {"feature": "product_trips", "value": 4.0, "share": 1.2},
            {"feature": "product_trips", "value": 4.0, "share": 1.2},
            "not a feature",
        ],
    }
    with translation.override("en"):
        assert explained(reason, "EUR") == ["Interest in CHEESE: 42 %", "Bought the coupon's products on 4 days"]
        assert explained({}, "EUR") == []
        assert explained({"features": None, "interests": "x"}, "EUR") == []
