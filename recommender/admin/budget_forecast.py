"""What budgets would earn, shown before they are saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coupons.admin.display import money
from coupons.models import Channel
from recommender.admin.policy_page import price_in_words
from recommender.models import Policy
from recommender.selectors.budget_forecast import BudgetAsked, forecast_budgets
from recommender.selectors.rules import compile_terms
from recommender.services.policies import BudgetSpec


@dataclass(frozen=True)
class ForecastView:
    """Everything in money of the channel, a period."""

    possible: bool
    profit: str
    spend: str
    free_profit: str
    free_spend: str
    budgets: Sequence[tuple[str, str, str, str]]
    """name, limit, expected spend, price in words"""
    curve: Sequence[tuple[str, str, str, int]]
    """share of the limits, spend, profit, length of its bar in per cent"""
    sampled: str
    shoppers: str


def forecast_view(*, channel: Channel, values: Mapping[str, Any], budgets: Sequence[BudgetSpec]) -> ForecastView:
    """From what a form says; nothing is saved."""
    policy = Policy(channel=channel, number=0, **values)
    columns = {field.attname: getattr(policy, field.attname) for field in Policy._meta.concrete_fields}
    asked = [BudgetAsked(spec.name, spec.limit_minor, spec.campaigns) for spec in budgets]
    told = forecast_budgets(terms=compile_terms({**columns, "budgets": []}), channel_id=channel.pk, budgets=asked)
    currency = channel.currency
    most = max((profit for _share, _spend, profit in told.curve), default=0.0) or 1.0
    return ForecastView(
        possible=told.possible,
        profit=money(round(told.profit_minor), currency),
        spend=money(round(told.spend_minor), currency),
        free_profit=money(round(told.free_profit_minor), currency),
        free_spend=money(round(told.free_spend_minor), currency),
        budgets=[
            (
                each.name,
                money(each.limit_minor, currency),
                money(round(each.spend_minor), currency),
                price_in_words(each.price, currency),
            )
            for each in told.budgets
        ],
        curve=[
            (
                f"{100 * share:.0f} %",
                money(round(spend), currency),
                money(round(profit), currency),
                max(0, round(100 * profit / most)),
            )
            for share, spend, profit in told.curve
        ],
        sampled=f"{told.sampled:,}",
        shoppers=f"{told.shoppers:,}",
    )
