"""Tables of the recommender. In a Django app `models` means tables; the networks are in recommender.estimators."""

from recommender.models.events import BehaviorEvent, EventReceipt, RejectedEvent
from recommender.models.experiments import (
    Experiment,
    ExperimentArm,
    ExperimentReading,
    ExplorationState,
    SimulatedChannel,
    SlateLog,
)
from recommender.models.policies import Policy, PolicyBudget, PolicyEstimate
from recommender.models.serving import Impression, PopularCoupon, Recommendation, ShopperInterest
from recommender.models.training import ModelActivation, ModelVersion, TrainingEpoch, TrainingRun

__all__ = [
    "BehaviorEvent",
    "EventReceipt",
    "Experiment",
    "ExperimentArm",
    "ExperimentReading",
    "ExplorationState",
    "Impression",
    "ModelActivation",
    "ModelVersion",
    "Policy",
    "PolicyBudget",
    "PolicyEstimate",
    "PopularCoupon",
    "Recommendation",
    "RejectedEvent",
    "ShopperInterest",
    "SimulatedChannel",
    "SlateLog",
    "TrainingEpoch",
    "TrainingRun",
]
