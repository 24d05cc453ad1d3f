"""Tables of the recommender. In a Django app `models` means tables; the networks are in recommender.estimators."""

from recommender.models.events import BehaviorEvent, EventReceipt, RejectedEvent
from recommender.models.experiments import (
    Experiment,
    ExperimentArm,
    ExperimentReading,
    SimulatedChannel,
    SlateLog,
)
from recommender.models.feedback import Dismissal, SurveyInvitation
from recommender.models.learning import ChannelUplift, PolicyLearning, ShopperUplift
from recommender.models.live import LiveCandidates, LiveCatalog
from recommender.models.policies import Policy, PolicyBudget, PolicyEstimate
from recommender.models.serving import Impression, PopularCoupon, Recommendation, ShopperInterest
from recommender.models.training import (
    ModelActivation,
    ModelVersion,
    ShadowCheck,
    TrainingEpoch,
    TrainingReport,
    TrainingRun,
)

__all__ = [
    "BehaviorEvent",
    "ChannelUplift",
    "Dismissal",
    "EventReceipt",
    "Experiment",
    "ExperimentArm",
    "ExperimentReading",
    "Impression",
    "LiveCandidates",
    "LiveCatalog",
    "ModelActivation",
    "ModelVersion",
    "Policy",
    "PolicyBudget",
    "PolicyEstimate",
    "PolicyLearning",
    "PopularCoupon",
    "Recommendation",
    "RejectedEvent",
    "ShadowCheck",
    "ShopperInterest",
    "ShopperUplift",
    "SimulatedChannel",
    "SlateLog",
    "SurveyInvitation",
    "TrainingEpoch",
    "TrainingReport",
    "TrainingRun",
]
