"""The recommender in the admin: events, trainings, models, and what was learnt of each shopper."""

from recommender.admin import (
    decision_log,
    events,
    experiments,
    feedback,
    policies,
    runs,
    schedules,
    serving,
    shoppers,
    versions,
)

__all__ = [
    "decision_log",
    "events",
    "experiments",
    "feedback",
    "policies",
    "runs",
    "schedules",
    "serving",
    "shoppers",
    "versions",
]
