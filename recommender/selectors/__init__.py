"""Every shared read of the recommender. Fast, and without a learning library: this is what a request runs."""

from recommender.selectors.places import Freshness, Place, Source
from recommender.selectors.shadow import ShadowReport, shadow_report, shadow_version_id
from recommender.selectors.slates import Slate, SlateItem, live_version, recommend_for

__all__ = [
    "Freshness",
    "Place",
    "ShadowReport",
    "Slate",
    "SlateItem",
    "Source",
    "live_version",
    "recommend_for",
    "shadow_report",
    "shadow_version_id",
]
