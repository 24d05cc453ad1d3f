"""Every shared read of the recommender. Fast, and without a learning library: this is what a request runs."""

from recommender.selectors.slates import Slate, SlateItem, Source, live_version, recommend_for

__all__ = ["Slate", "SlateItem", "Source", "live_version", "recommend_for"]
