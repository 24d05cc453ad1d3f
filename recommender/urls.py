"""Addresses below /api/v1/."""

from django.urls import path

from recommender.api.events import EventsView
from recommender.api.feedback import FeedbackView
from recommender.api.interests import InterestsView
from recommender.api.popular import PopularView
from recommender.api.recommendations import RecommendationsView
from recommender.api.surveys import SurveyAnswerView, SurveysView

urlpatterns = [
    path("surveys", SurveysView.as_view(), name="surveys"),
    path("surveys/<uuid:slate_id>/answer", SurveyAnswerView.as_view(), name="survey-answer"),
    path("recommendations", RecommendationsView.as_view(), name="recommendations"),
    path("recommendations/popular", PopularView.as_view(), name="popular"),
    path("events", EventsView.as_view(), name="events"),
    path("feedback", FeedbackView.as_view(), name="feedback"),
    path("shoppers/<str:external_id>/interests", InterestsView.as_view(), name="interests"),
]
