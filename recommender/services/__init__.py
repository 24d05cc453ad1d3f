"""Every write of the recommender that the web half makes. None of it loads a learning library."""

from recommender.services.activation import LiveModelChangedError, NoPreviousModelError, activate_model, rollback_model
from recommender.services.events import EventResult, EventStatus, TooManyEventsError, record_events
from recommender.services.feedback import FeedbackItem, record_feedback
from recommender.services.impressions import record_impressions
from recommender.services.shadow import NotACandidateError, check_shadow, start_shadow, stop_shadow
from recommender.services.training import QueueUnreachableError, cancel_training, request_training

__all__ = [
    "EventResult",
    "EventStatus",
    "FeedbackItem",
    "LiveModelChangedError",
    "NoPreviousModelError",
    "NotACandidateError",
    "QueueUnreachableError",
    "TooManyEventsError",
    "activate_model",
    "cancel_training",
    "check_shadow",
    "record_events",
    "record_feedback",
    "record_impressions",
    "request_training",
    "rollback_model",
    "start_shadow",
    "stop_shadow",
]
