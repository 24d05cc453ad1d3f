"""Tables of the recommender. In a Django app `models` means tables; the networks are in recommender.estimators."""

from recommender.models.events import BehaviorEvent, EventReceipt, RejectedEvent
from recommender.models.serving import Impression, PopularCoupon, Recommendation, ShopperInterest
from recommender.models.training import ModelActivation, ModelVersion, TrainingEpoch, TrainingRun

__all__ = [
    "BehaviorEvent",
    "EventReceipt",
    "Impression",
    "ModelActivation",
    "ModelVersion",
    "PopularCoupon",
    "Recommendation",
    "RejectedEvent",
    "ShopperInterest",
    "TrainingEpoch",
    "TrainingRun",
]
