"""Addresses below /api/v1/."""

from django.urls import path

from recommender.api.events import EventsView
from recommender.api.popular import PopularView
from recommender.api.recommendations import RecommendationsView

urlpatterns = [
    path("recommendations", RecommendationsView.as_view(), name="recommendations"),
    path("recommendations/popular", PopularView.as_view(), name="popular"),
    path("events", EventsView.as_view(), name="events"),
]
