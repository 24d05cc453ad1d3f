"""The recommender in the admin: events, trainings, models, and what was learnt of each shopper."""

from recommender.admin import events, runs, schedules, serving, shoppers, versions

__all__ = ["events", "runs", "schedules", "serving", "shoppers", "versions"]
