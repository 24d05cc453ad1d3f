"""Fit a `Vocabulary` on the events before a day."""

from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np

from recommender.columns import Columns as C
from recommender.config import FeatureConfig
from recommender.pipeline.features.feedback import has_feedback
from recommender.pipeline.lake import Lake, day_number
from recommender.pipeline.vocabulary import (
    CATEGORY_SEPARATOR,
    EVENT_WEIGHTS,
    PURCHASE,
    Vocabulary,
    package_unit,
)

MAX_BRANDS = 64
MAX_UNITS = 8
MAX_PRODUCTS = 20_000
LEAST_BUYERS = 3
"""Shoppers a product needs for factors of its own."""
PRICE_STEPS = 8
LEARNT_SHARE = 0.02
"""Of all behaviour: a kind with less is no input of the interest model, which would not learn what it means."""


def with_category_path(products: ir.Table) -> ir.Table:
    """Products with `path`, the name of their interest category (null without one)."""
    department = products[C.DEPARTMENT].nullif("")
    commodity = products[C.COMMODITY].nullif("")
    both = department + CATEGORY_SEPARATOR + commodity
    return products.mutate(path=ibis.coalesce(both, department, commodity))


def fit_vocabulary(lake: Lake, config: FeatureConfig, *, before: int) -> Vocabulary:
    """What is known of events dated before the day number `before`."""
    events = lake.events.filter(
        lake.events[C.KIND].isin(list(EVENT_WEIGHTS)) & (day_number(lake.events[C.OCCURRED_AT]) < before)
    )
    products = with_category_path(lake.products)
    known = events.select(C.SHOPPER, C.PRODUCT).distinct().join(products, C.PRODUCT)
    sold = events.filter(events[C.KIND] == "purchase")
    baskets = sold.group_by([C.SHOPPER, day_number(sold[C.OCCURRED_AT]).name("day")])
    spend = baskets.agg(spend=sold[C.VALUE].fill_null(0).sum())
    mean_log = spend.aggregate(mean=(spend["spend"].cast("float64") + 1).ln().mean()).to_pyarrow()
    buyers = known.group_by(C.PRODUCT).agg(buyers=known[C.SHOPPER].nunique())
    frequent = buyers.filter(buyers["buyers"] >= LEAST_BUYERS).order_by([ibis.desc("buyers"), ibis.asc(C.PRODUCT)])
    prices = known.select(C.PRODUCT, C.PRICE).distinct()
    prices = prices.filter(prices[C.PRICE] > 0).to_pyarrow()[C.PRICE].to_numpy()
    steps = np.arange(1, PRICE_STEPS) / PRICE_STEPS
    packages = known.select(C.PRODUCT, C.PACKAGE).distinct().to_pyarrow()[C.PACKAGE].to_pylist()
    return Vocabulary(
        categories=tuple(_most_bought(known, "path", config.max_categories)),
        departments=tuple(_most_bought(known, C.DEPARTMENT, MAX_BRANDS)),
        brands=tuple(_most_bought(known, C.BRAND, MAX_BRANDS)),
        units=tuple(_most_common([package_unit(text) for text in packages], MAX_UNITS)),
        products=tuple(sorted(frequent.limit(MAX_PRODUCTS).to_pyarrow()[C.PRODUCT].to_pylist())),
        price_edges=tuple(float(edge) for edge in np.quantile(prices, steps)) if len(prices) else (),
        spend_scale=max(float(mean_log["mean"][0].as_py() or 0), 1.0),
        fitted_before=before,
        feedback=has_feedback(lake, day=before),
        terms=True,
        kinds=_learnt_kinds(events),
    )


def _learnt_kinds(events: ir.Table) -> tuple[str, ...]:
    """Purchases, and each other kind that is a noticeable part of the behaviour."""
    rows = events.group_by(C.KIND).agg(count=events.count()).to_pyarrow()
    counts = dict(zip(rows[C.KIND].to_pylist(), rows["count"].to_pylist(), strict=True))
    least = LEARNT_SHARE * sum(counts.values())
    return tuple(kind for kind in EVENT_WEIGHTS if kind == PURCHASE or counts.get(kind, 0) > least)


def _most_bought(known: ir.Table, column: str, limit: int) -> list[Any]:
    """Values of a column by the number of their buyers, ties by value."""
    counted = known.filter(known[column].notnull()).group_by(column).agg(buyers=known[C.SHOPPER].nunique())
    ordered = counted.order_by([ibis.desc("buyers"), ibis.asc(column)]).limit(limit)
    values: list[Any] = ordered.to_pyarrow()[column].to_pylist()
    return values


def _most_common(values: list[str | None], limit: int) -> list[str]:
    counts: dict[str, int] = {}
    for value in values:
        if value is not None:
            counts[value] = counts.get(value, 0) + 1
    return sorted(counts, key=lambda value: (-counts[value], value))[:limit]
