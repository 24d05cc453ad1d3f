"""Every setting of the pipeline: one frozen dataclass per stage, all of them overridable for one run.

`TrainingConfig.from_dict` reads the nested JSON that the admin, the command line and a manifest hold, and refuses
an unknown or wrongly typed setting by its dotted name.
"""

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, kw_only=True)
class CleaningConfig:
    """Which behaviour events are impossible or not a person's."""

    max_quantity: int = 1000
    """Units on one line above which the quantity is a weight or a typing error and is set to 1."""
    max_events_per_day: int = 2000
    """Events of one shopper on one day above which the day is dropped as a bot's."""


@dataclass(frozen=True, kw_only=True)
class SplitConfig:
    """Campaigns are split by their start: train, then validation, then test."""

    validation_from: date | None = None
    """First start day of a validation campaign; None: the last sixth of the campaigns before the test part."""
    test_from: date | None = None
    """First start day of a test campaign; None: the last quarter of the campaigns that have begun."""


@dataclass(frozen=True, kw_only=True)
class FeatureConfig:
    backend: str = "duckdb"
    """Where the relational expressions run: duckdb (in this process) or spark (the cluster of spark_remote)."""
    spark_remote: str = ""
    """Spark master or Spark Connect address; empty: local[*]."""
    sequence_length: int = 64
    """Baskets (or visits) of a shopper that the interest model reads, the latest ones."""
    max_categories: int = 320
    """Interest categories: those with the most buyers in the train part."""
    use_demographics: bool = False
    """Shoppers' demographics are people's own facts: off unless a shop has the right to use them."""


@dataclass(frozen=True, kw_only=True)
class InterestConfig:
    """User interest model: h_t = tanh(W1·[x_t, h_(t-1)]), o_t = W2·h_t, I = sigmoid(o_t)."""

    embedding_size: int = 64
    hidden_size: int = 64
    window_days: int = 28
    """Length of the next window whose categories are predicted."""
    epochs: int = 12
    batch_size: int = 256
    learning_rate: float = 2e-3
    dropout: float = 0.1
    l2: float = 1e-6
    patience: int = 2
    crop_probability: float = 0.5
    """Augmentation: share of sequences cut at a random earlier basket."""
    enabled: bool = True


@dataclass(frozen=True, kw_only=True)
class EncoderConfig:
    """Item attribute encoding: z = sigmoid(W3·x), x' = sigmoid(W4·z), dim z > dim x (overcomplete, denoising)."""

    expansion: float = 1.5
    """dim z as a multiple of dim x."""
    noise: float = 0.2
    """Share of the inputs set to zero while training (denoising)."""
    epochs: int = 20
    batch_size: int = 512
    learning_rate: float = 2e-3
    l1: float = 1e-6
    """Sparsity of z."""
    patience: int = 3
    output: str = "reconstruction"
    """What the fusion reads of an item: reconstruction (x') or code (z)."""
    enabled: bool = True


@dataclass(frozen=True, kw_only=True)
class FusionConfig:
    """Coupon recommendation model: literal is y = sigmoid(W5·[I, x']); interaction adds products of interest and coverage."""

    fusion: str = "interaction"
    """literal or interaction."""
    projection_size: int = 32
    hidden_size: int = 64
    cross_layers: int = 2
    epochs: int = 15
    batch_size: int = 1024
    learning_rate: float = 1e-3
    dropout: float = 0.2
    l2: float = 1e-6
    patience: int = 3
    negatives_per_positive: int = 50
    """Candidates without a redemption that are kept for each one with, while training; corrected in the output."""


@dataclass(frozen=True, kw_only=True)
class ClassicConfig:
    """Classical part: gradient boosting on pair features, ALS, content-based scores."""

    boosting_rounds: int = 400
    boosting_learning_rate: float = 0.03
    boosting_leaves: int = 15
    boosting_min_leaf: int = 200
    als_factors: int = 64
    als_iterations: int = 10
    als_regularization: float = 0.05


@dataclass(frozen=True, kw_only=True)
class StackConfig:
    folds: int = 3
    """Folds in time order from which the stack's out-of-fold scores come."""
    l2: float = 1.0


@dataclass(frozen=True, kw_only=True)
class PolicyConfig:
    slate_size: int = 10
    exploration: float = 0.05
    """Share of slates in which one place is drawn by chance; its probability is logged as the propensity."""
    max_per_campaign: int = 0
    """Coupons of one campaign in a slate; 0: no bound."""


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """All stages of one run. The manifest of the artefact holds it whole, so the run can be repeated."""

    seed: int = 20171001
    cleaning: CleaningConfig = field(default_factory=CleaningConfig)
    split: SplitConfig = field(default_factory=SplitConfig)
    features: FeatureConfig = field(default_factory=FeatureConfig)
    interest: InterestConfig = field(default_factory=InterestConfig)
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    fusion: FusionConfig = field(default_factory=FusionConfig)
    classic: ClassicConfig = field(default_factory=ClassicConfig)
    stack: StackConfig = field(default_factory=StackConfig)
    policy: PolicyConfig = field(default_factory=PolicyConfig)
