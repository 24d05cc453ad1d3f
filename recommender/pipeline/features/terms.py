"""What a coupon asks for and takes off, and how many others of its campaign are for the very same products.

Facts of the coupon as its shop defined it, known before anybody is sent it. Null where it asks for nothing, and where
nobody can say beforehand what it takes off (a gift, free delivery, steps).
"""

import ibis
import ibis.expr.types as ir

from recommender.columns import Columns as C

TERM_FEATURES = frozenset(
    {"coupon_units", "coupon_least_spend", "coupon_saving", "coupon_alike", "product_enough", "shopper_least_spend"}
)
"""The last two set what a coupon asks for against the shopper's habits; `pairs` makes them where both are joined."""
KEY = [C.CAMPAIGN, C.COUPON]
MARKS = 2**31 - 1


def coupon_terms(coupons: ir.Table, covered: ir.Table) -> ir.Table:
    """One row a coupon with products: coupon_units and coupon_least_spend that it asks for, coupon_alike, what it
    takes off (`amount_off_minor`, `percent_off_bp`). `covered` has campaign_id, coupon_id and product_id."""
    products = covered.group_by(KEY).agg(
        products=covered.count(),
        mark=(covered[C.PRODUCT].hash() % MARKS).sum(),  # equal for equal sets, and by 1 in MARKS for others
    )
    same = ibis.window(group_by=[C.CAMPAIGN, "products", "mark"])
    alike = products.mutate(coupon_alike=(products.count().over(same) - 1).cast("int32")).drop("products", "mark")
    asked = coupons.select(
        *KEY,
        C.AMOUNT_OFF,
        C.PERCENT_OFF,
        coupon_units=coupons[C.LEAST_UNITS],
        coupon_least_spend=coupons[C.LEAST_SPEND],
    ).distinct()
    return alike.join(asked, KEY)


def with_saving(facts: ir.Table) -> ir.Table:
    """`coupon_saving` in place of what is taken off: its share of the usual price of the units that it asks for."""
    price = facts["coupon_price"] * ibis.coalesce(facts["coupon_units"], 1)
    saving = ibis.coalesce(facts[C.PERCENT_OFF] / 10_000, facts[C.AMOUNT_OFF] / price.nullif(0))
    return facts.mutate(coupon_saving=saving).drop(C.AMOUNT_OFF, C.PERCENT_OFF)
