"""The one home of column names used in frames, in the lake and in artefacts.

Instants are UTC timestamps, money is integer minor units, ids are the database's bigints.
"""

from typing import Final


class Columns:
    """Column names of every frame that passes between pipeline stages."""

    # Keys
    SHOPPER: Final = "shopper_id"
    PRODUCT: Final = "product_id"
    COUPON: Final = "coupon_id"
    CAMPAIGN: Final = "campaign_id"
    CATEGORY: Final = "category_id"
    BRAND: Final = "brand_id"
    EVENT: Final = "event_id"
    ORDER: Final = "order_ref"

    # Behaviour events
    KIND: Final = "kind"
    OCCURRED_AT: Final = "occurred_at"
    QUANTITY: Final = "quantity"
    VALUE: Final = "value_minor"
    DISCOUNT: Final = "discount_minor"
    COUPON_DISCOUNT: Final = "coupon_discount_minor"
    RATING: Final = "rating"

    # Impressions, by day
    SHOWN_AT: Final = "shown_at"
    TIMES: Final = "times"

    # Catalog: the category tree flattened, outermost first
    DEPARTMENT: Final = "category_1"
    COMMODITY: Final = "category_2"
    TYPE: Final = "category_3"
    PRICE: Final = "price_minor"
    PACKAGE: Final = "package_size"
    PRIVATE_LABEL: Final = "private_label"

    # What a coupon gives, and from when on
    AMOUNT_OFF: Final = "amount_off_minor"
    PERCENT_OFF: Final = "percent_off_bp"
    LEAST_UNITS: Final = "least_units"
    LEAST_SPEND: Final = "least_spend_minor"

    # Campaigns
    CAMPAIGN_KIND: Final = "campaign_kind"
    STARTS_AT: Final = "starts_at"
    ENDS_AT: Final = "ends_at"
    REDEEMED_AT: Final = "redeemed_at"

    # Candidates and what is learnt of them
    LABEL: Final = "label"
    AS_OF: Final = "as_of"
    SCORE: Final = "score"
    RANK: Final = "rank"
    REASON: Final = "reason"
    PROPENSITY: Final = "propensity"


CANDIDATE_KEY: Final = [Columns.SHOPPER, Columns.CAMPAIGN, Columns.COUPON]
"""One row of every candidate frame: a shopper, a campaign it was sent, one of its coupons."""
