"""What coupons say of themselves by their number, and that it is what they took off in the real data."""

from collections import defaultdict
from statistics import mode

import duckdb
import pytest

from recommender.datasets.complete_journey import default_source
from recommender.datasets.value_codes import TERMS, Terms, terms_of

USES = """
    with bought as (
        select household_id, product_id, transaction_timestamp::date as day, sum(coupon_disc) as off
        from '{folder}/transactions.parquet' where coupon_disc > 0 group by all),
    covered as (select distinct coupon_upc, campaign_id, product_id from '{folder}/coupons.parquet')
    select coupon_upc, round(100 * sum(off))::int as cents
    from '{folder}/coupon_redemptions.parquet' used join covered using (coupon_upc, campaign_id)
    join bought on bought.household_id = used.household_id and bought.product_id = covered.product_id
     and bought.day = used.redemption_date::date
    where coupon_upc >= 50000000000
    group by coupon_upc, campaign_id, used.household_id, redemption_date"""


@pytest.mark.parametrize(
    ("upc", "terms"),
    [
        (51380041076, Terms(100, 1)),
        (51380041033, Terms(100, 2)),
        (51380041013, Terms(100, 4)),
        (51380041014, Terms(None, 2)),
        (51380041000, None),
        (10000085476, None),
    ],
)
def test_a_manufacturers_coupon_says_what_it_takes_off(upc: int, terms: Terms | None) -> None:
    assert terms_of(upc) == terms


def test_codes_are_of_two_digits_and_amounts_of_whole_cents() -> None:
    assert set(TERMS) <= set(range(100))
    assert all(terms.units >= 1 and (terms.amount_minor or 1) > 0 for terms in TERMS.values())


def test_real_coupons_took_off_what_their_number_says() -> None:
    """Of every code that was used three times or more, what it took off most often on a day it was redeemed."""
    taken = defaultdict(list)
    with duckdb.connect() as connection:
        uses = connection.execute(USES.format(folder=default_source())).fetchall()
    for upc, cents in uses:
        taken[upc % 100].append(cents)
    said = {code: terms.amount_minor for code, terms in TERMS.items() if terms.amount_minor}
    found = {code: mode(cents) for code, cents in taken.items() if len(cents) >= 3 and code in said}
    assert len(found) >= 20
    assert found == {code: said[code] for code in found}
