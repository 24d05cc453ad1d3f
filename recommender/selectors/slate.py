"""An answer as it is handed on: places in their order, each with its score, propensity and reason."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from coupons.evaluation import Nearest
from coupons.models import Coupon
from recommender.enums import Fallback
from recommender.selectors.deciding import NO_POLICY, DecisionLog
from recommender.selectors.places import Freshness, Source

DEFAULT_LIMIT = 10
MAX_LIMIT = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class SlateItem:
    """One place. `coupon` comes with its campaign and benefit loaded; `position` 1 is the first."""

    coupon: Coupon
    position: int
    score: float | None
    """Calibrated probability of a redemption for a personal place, the popularity score for a popular one."""
    propensity: float
    reason: Mapping[str, Any]
    source: Source
    nearest: Nearest | None = None
    """Of a store coupon, where the question came with a location."""


@dataclass(slots=True)
class Prepared:
    """What others make of an answer's places once, however often the answer is given."""

    texts: dict[str, bytes] = field(default_factory=dict)
    """JSON of the places by language."""
    columns: dict[str, Any] | None = None
    """JSON of the impressions' columns."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Slate:
    """An answer before it is written down. `fallback` is empty where at least one place is personal."""

    channel_id: int
    shopper: str
    shopper_id: int | None
    model_version_id: int | None
    model_version: int | None
    fallback: Fallback
    freshness: Freshness
    generated_at: datetime
    items: Sequence[SlateItem]
    decision: DecisionLog = NO_POLICY
    """How the policy decided, for the log of decisions."""
    slate_id: uuid.UUID = field(default_factory=uuid.uuid4)
    prepared: Prepared = field(default_factory=Prepared, compare=False)
