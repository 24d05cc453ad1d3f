"""Every shared read of the recommender. Fast, and without a learning library: this is what a request runs."""

from recommender.selectors.places import Freshness, Place, Source
from recommender.selectors.recommending import recommend_for
from recommender.selectors.shadow import ShadowReport, shadow_report, shadow_version_id
from recommender.selectors.slate import Slate, SlateItem
from recommender.selectors.slates import live_version

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
