"""The recommender in the admin: events, trainings, models, and what was learnt of each shopper."""

from recommender.admin import (
    campaign_funnel,
    decision_log,
    events,
    experiments,
    policies,
    runs,
    schedules,
    serving,
    shoppers,
    versions,
)

__all__ = [
    "campaign_funnel",
    "decision_log",
    "events",
    "experiments",
    "policies",
    "runs",
    "schedules",
    "serving",
    "shoppers",
    "versions",
]
