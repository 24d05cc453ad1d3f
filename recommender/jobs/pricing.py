"""Prices of policies' budgets, brought up to date with the live model's slates."""

import logging
from datetime import datetime

from recommender.enums import PolicyStatus
from recommender.models import Policy, PolicyBudget
from recommender.selectors.budget_forecast import WEB_SAMPLE, BudgetAsked, Forecast, forecast_budgets
from recommender.selectors.rules import forget_rules, terms_of

logger = logging.getLogger(__name__)

SAMPLE = 10 * WEB_SAMPLE


def price_budgets(*, now: datetime, channel_id: int | None = None) -> int:
    """Every policy that decides something; how many budgets got a price. Safe to run twice."""
    policies = Policy.objects.filter(status__in=[PolicyStatus.LIVE, PolicyStatus.TRIAL], budgets__isnull=False)
    if channel_id is not None:
        policies = policies.filter(channel=channel_id)
    priced = sum(len(price_policy(policy=policy, now=now).budgets) for policy in policies.distinct())
    forget_rules()
    return priced


def price_policy(*, policy: Policy, now: datetime, sample: int = SAMPLE) -> Forecast:
    """Work out and keep the prices of one version's budgets; without anything to forecast from, none is kept."""
    budgets = list(policy.budgets.order_by("pk"))
    asked = [BudgetAsked(row.name, row.limit_minor, row.campaigns) for row in budgets]
    forecast = forecast_budgets(
        terms=terms_of(policy), channel_id=policy.channel_id, budgets=asked, sample=sample, shares=()
    )
    if not forecast.possible:
        logger.info("No slates to price the budgets of %s with", policy)
        return forecast
    for row, told in zip(budgets, forecast.budgets, strict=True):
        PolicyBudget.objects.filter(pk=row.pk).update(
            price=told.price,
            expected_spend_minor=round(told.spend_minor),
            expected_profit_minor=round(forecast.profit_minor),
            priced_at=now,
        )
    logger.info("Budgets of %s are priced: at most %.2f %% below the best possible", policy, 100 * forecast.gap)
    return forecast
