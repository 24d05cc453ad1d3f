"""Every setting of the pipeline: one frozen dataclass per stage, all of them overridable for one run.

`TrainingConfig.from_dict` reads the nested JSON that the admin, the command line and a manifest hold, and
refuses an unknown setting or a wrong value by the setting's dotted name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, Self

from recommender.config_fields import SettingError, SettingInfo, Stage, setting

__all__ = [
    "ClassicConfig",
    "CleaningConfig",
    "EncoderConfig",
    "FeatureConfig",
    "FusionConfig",
    "InterestConfig",
    "PolicyConfig",
    "SettingError",
    "SettingInfo",
    "SplitConfig",
    "StackConfig",
    "TrainingConfig",
]


@dataclass(frozen=True, kw_only=True)
class CleaningConfig(Stage):
    """Which behaviour events are impossible or not a person's."""

    max_quantity: int = setting(
        1000,
        "Units on one line above which the quantity is a weight or a typing error and is set to 1.",
        low=1,
    )
    max_events_per_day: int = setting(
        2000, "Events of one shopper on one day above which the day is dropped as a bot's.", low=1
    )


@dataclass(frozen=True, kw_only=True)
class SplitConfig(Stage):
    """Campaigns are split by their start: train, then validation, then test."""

    validation_from: date | None = setting(  # noqa: RUF009  (gives a frozen default)
        None, "First start day of a validation campaign; None: the last sixth before the test part."
    )
    test_from: date | None = setting(  # noqa: RUF009  (gives a frozen default)
        None, "First start day of a test campaign; None: the last three tenths of the campaigns."
    )
    refit: bool = setting(
        True,
        "After the evaluation, fit the live model again on all campaigns; off: the judged one goes live.",
    )


@dataclass(frozen=True, kw_only=True)
class FeatureConfig(Stage):
    """What the models read of the past."""

    backend: str = setting(
        "duckdb",
        "Where the relational expressions run: in this process, or on the cluster of spark_remote.",
        choices=("duckdb", "spark"),
    )
    spark_remote: str = setting("", "Spark master or Spark Connect address; empty: local[*].")
    sequence_length: int = setting(
        64,
        "Baskets (or visits) of a shopper that the interest model reads, the latest ones.",
        low=1,
        high=1024,
    )
    max_categories: int = setting(
        320, "Interest categories: those with the most buyers in the train part.", low=1, high=5000
    )


@dataclass(frozen=True, kw_only=True)
class InterestConfig(Stage):
    """User interest model: h_t = tanh(W1·[x_t, h_(t-1)]), o_t = W2·h_t, I = sigmoid(o_t)."""

    embedding_size: int = setting(64, "Width of x_t, the embedding of one basket.", low=1, high=2048)
    hidden_size: int = setting(64, "Width of the recurrent state h_t.", low=1, high=2048)
    window_days: int = setting(28, "Length of the next window whose categories are predicted.", low=1, high=365)
    epochs: int = setting(6, "Most passes over the shoppers.", low=1, high=1000)
    batch_size: int = setting(64, "Shoppers in one step of the optimiser.", low=1, high=65536)
    learning_rate: float = setting(6e-3, "Step size of Adam, falling to a tenth over the epochs.", low=1e-6, high=1.0)
    dropout: float = setting(0.1, "Share of the embedding and of the state dropped while training.", low=0.0, high=0.9)
    l2: float = setting(1e-6, "Weight of the squared weights in the loss.", low=0.0, high=1.0)
    patience: int = setting(2, "Epochs without a better validation loss before training stops.", low=0, high=1000)
    crop_probability: float = setting(
        0.2,
        "Augmentation: share of sequences that begin at a random later basket, as a newer shopper's would.",
        low=0.0,
        high=1.0,
    )
    input_noise: float = setting(
        0.02,
        "Augmentation: standard deviation of the noise on a basket's non-zero inputs.",
        low=0.0,
        high=1.0,
    )
    intent_strength: float = setting(
        4.0,
        "How much open intent raises an interest: its log-odds by this times log(1 + w), where a cart adds 0.5 to w, a"
        " click 0.2 and a view 0.1.",
        low=0.0,
        high=20.0,
    )
    intent_half_life: float = setting(
        7.0, "Days after which a view, click or cart that no purchase followed counts half.", low=0.1, high=365.0
    )
    enabled: bool = setting(True, "Off: the ranker and the stack do without the interest model (ablation).")


@dataclass(frozen=True, kw_only=True)
class EncoderConfig(Stage):
    """Item attribute encoding: z = sigmoid(W3·x), x' = sigmoid(W4·z), dim z > dim x (overcomplete)."""

    expansion: float = setting(
        1.5, "dim z as a multiple of dim x; above 1, so that the code is overcomplete.", low=1.01, high=8.0
    )
    noise: float = setting(0.2, "Share of the inputs set to zero while training (denoising).", low=0.0, high=0.9)
    epochs: int = setting(12, "Most passes over the sampled items.", low=1, high=1000)
    rows_per_epoch: int = setting(16384, "Items drawn for one pass; a catalog may hold millions.", low=1)
    batch_size: int = setting(256, "Items in one step of the optimiser.", low=1, high=65536)
    learning_rate: float = setting(4e-3, "Step size of Adam, falling to a tenth over the epochs.", low=1e-6, high=1.0)
    l1: float = setting(1e-6, "Sparsity: weight of the sum of a code's activations in the loss.", low=0.0, high=1.0)
    patience: int = setting(3, "Epochs without a better validation loss before training stops.", low=0, high=1000)
    output: str = setting(
        "reconstruction", "What the fusion reads of an item: x' or z.", choices=("reconstruction", "code")
    )
    enabled: bool = setting(True, "Off: the ranker reads the plain attributes (ablation).")


@dataclass(frozen=True, kw_only=True)
class FusionConfig(Stage):
    """Recommendation model. Literal: y = sigmoid(W5·[I, x']); interaction adds their products."""

    fusion: str = setting(
        "interaction",
        "Literal is additive and orders coupons alike for every shopper; interaction is personal.",
        choices=("literal", "interaction"),
    )
    projection_size: int = setting(32, "Width to which interest and item are projected.", low=1, high=1024)
    hidden_size: int = setting(64, "Width of the hidden layer.", low=1, high=2048)
    bags: int = setting(
        3, "Interaction models of other seeds whose logits are averaged; the literal one is alone.", low=1, high=20
    )
    cross_layers: int = setting(
        2, "Cross layers over the projections, their product and the pair features.", low=0, high=8
    )
    epochs: int = setting(8, "Most passes over the sampled candidates.", low=1, high=1000)
    batch_size: int = setting(1024, "Candidates in one step of the optimiser.", low=1, high=1 << 20)
    learning_rate: float = setting(1e-3, "Step size of Adam, falling to a tenth over the epochs.", low=1e-6, high=1.0)
    dropout: float = setting(0.3, "Share of the hidden layer dropped while training.", low=0.0, high=0.9)
    l2: float = setting(1e-4, "Weight of the squared weights in the loss.", low=0.0, high=1.0)
    patience: int = setting(3, "Epochs without a better validation loss before training stops.", low=0, high=1000)
    negatives_per_positive: int = setting(
        50,
        "Candidates without a redemption drawn for each one with, in each epoch; corrected in the output.",
        low=1,
    )


@dataclass(frozen=True, kw_only=True)
class ClassicConfig(Stage):
    """Classical part: gradient boosting on pair features, ALS, content-based scores."""

    boosting_enabled: bool = setting(True, "Off: the stack does without the boosted trees (ablation).")
    boosting_rounds: int = setting(300, "Trees; with a patience, at most.", low=1, high=100_000)
    boosting_learning_rate: float = setting(0.03, "Share of each tree's advice that is taken.", low=1e-4, high=1.0)
    boosting_leaves: int = setting(7, "Leaves of one tree.", low=2, high=4096)
    boosting_min_leaf: int = setting(100, "Fewest candidates in a leaf.", low=1)
    boosting_negatives: int = setting(
        100, "Candidates without a redemption drawn for each one with; weighted back to all of them.", low=1
    )
    boosting_bags: int = setting(
        3, "Models of other seeds and other draws of candidates whose logits are averaged.", low=1, high=50
    )
    boosting_patience: int = setting(
        0,
        "Trees without a better validation loss before training stops; 0: never. Redemption rates differ between"
        " campaigns, which moves the log-loss more than another hundred trees do.",
        low=0,
    )
    linear_enabled: bool = setting(True, "Off: the stack does without the logistic regression (ablation).")
    linear_l2: float = setting(
        1000.0, "Weight of the squared coefficients of the logistic regression.", low=1e-6, high=1e9
    )
    linear_bags: int = setting(
        3,
        "Draws of candidates without a redemption that it is fitted on; the mean of their coefficients.",
        low=1,
        high=50,
    )
    linear_iterations: int = setting(200, "Most steps of its optimiser.", low=1, high=100_000)
    als_enabled: bool = setting(True, "Off: the stack does without collaborative filtering (ablation).")
    als_factors: int = setting(64, "Width of the factors of shoppers and products.", low=1, high=1024)
    als_iterations: int = setting(10, "Alternations between shoppers and products.", low=1, high=1000)
    als_regularization: float = setting(0.05, "Weight of the squared factors.", low=0.0, high=1000.0)
    popularity_strength: float = setting(
        200.0, "Candidates' worth of belief in the coarser rate when a coupon's own rate is formed.", low=0.0
    )


@dataclass(frozen=True, kw_only=True)
class StackConfig(Stage):
    """How the parts' scores become one probability."""

    l2: float = setting(
        300.0,
        "How firmly the stack leans on the average of its rankers: weight of the squared departure from it.",
        low=0.0,
    )
    calibration: str = setting(
        "isotonic",
        "Last step from the stack's score to a probability; each is strictly increasing and keeps the order.",
        choices=("isotonic", "platt", "none"),
    )


@dataclass(frozen=True, kw_only=True)
class PolicyConfig(Stage):
    """From scores to a slate."""

    slate_size: int = setting(10, "Coupons in a slate.", low=1, high=1000)
    exploration: float = setting(
        0.05,
        "Share of slates in which one place is drawn by chance; its probability is logged as the propensity.",
        low=0.0,
        high=1.0,
    )
    max_per_campaign: int = setting(0, "Coupons of one campaign in a slate; 0: no bound.", low=0)


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

    def __post_init__(self) -> None:
        if type(self.seed) is not int or not 0 <= self.seed < 2**31:
            raise SettingError("seed", f"{self.seed!r} is not an integer from 0 to 2147483647")

    @classmethod
    def stages(cls) -> dict[str, type[Stage]]:
        """The stages' names and dataclasses, in the order of the pipeline."""
        return {
            item.name: item.type for item in fields(cls) if isinstance(item.type, type) and issubclass(item.type, Stage)
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """A config from nested JSON values; what is left out keeps its default. Raises SettingError."""
        stages = cls.stages()
        arguments: dict[str, Any] = {}
        for name, value in values.items():
            if name == "seed":
                arguments[name] = value
            elif name not in stages:
                raise SettingError(str(name), f"no such stage; known are seed, {', '.join(stages)}")
            elif not isinstance(value, Mapping):
                raise SettingError(name, f"{value!r} is not an object of settings")
            else:
                try:
                    arguments[name] = stages[name].from_dict(value)
                except SettingError as error:
                    raise error.within(name) from None
        return cls(**arguments)

    def to_dict(self) -> dict[str, Any]:
        """Nested JSON values of every setting; `from_dict` of them is equal to this config."""
        stages = {name: getattr(self, name).to_dict() for name in self.stages()}
        return {"seed": self.seed, **stages}

    def with_overrides(self, *assignments: str) -> Self:
        """This config with assignments such as `interest.epochs=3` or `seed=7`. Raises SettingError."""
        config = self
        for assignment in assignments:
            config = config._with_override(assignment)
        return config

    def _with_override(self, assignment: str) -> Self:
        name, equals, text = assignment.partition("=")
        name = name.strip()
        if not equals:
            raise SettingError(name, "is not of the form stage.setting=value")
        if name == "seed":
            return replace(self, seed=int(text) if text.strip().isdecimal() else text)  # type: ignore[arg-type]
        stage, dot, key = name.partition(".")
        if not dot or stage not in self.stages():
            raise SettingError(name, f"no such setting; stages are {', '.join(self.stages())}")
        try:
            value = self.stages()[stage].parse(key, text)
            changed = replace(getattr(self, stage), **{key: value})
        except SettingError as error:
            raise error.within(stage) from None
        return replace(self, **{stage: changed})

    @classmethod
    def describe(cls) -> list[SettingInfo]:
        """Every setting with its type, range and help text, for a form or `--help`."""
        seed = SettingInfo(
            name="seed",
            kind="int",
            default=cls().seed,
            help="Start of every random draw.",
            low=0,
            high=2**31 - 1,
        )
        return [seed, *(info for name, stage in cls.stages().items() for info in stage.describe(name))]
