"""What the evaluation is given. Money is integer minor units; quantities are whole items; instants know their zone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from coupons.enums import Allocation, Audience, BenefitType, BudgetKind, CampaignStatus, CouponTrigger, StackingMode

SHIPPING_REF = "shipping"
"""The line that stands for shipping wherever discounts are stored."""


@dataclass(frozen=True, slots=True)
class CartLine:
    """`category_ids` are the product's category and all above it. A product the shop does not know has no ids."""

    ref: str
    quantity: int
    unit_price_minor: int
    product_id: int | None = None
    brand_id: int | None = None
    category_ids: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if self.quantity < 1 or self.unit_price_minor < 0:
            raise ValueError(f"line {self.ref}: quantity from 1 and a price from 0 are expected")

    @property
    def spend_minor(self) -> int:
        return self.quantity * self.unit_price_minor


@dataclass(frozen=True, slots=True)
class Cart:
    """`prices` are of whole lines, in their order, then shipping; `spend_minor` and `quantity` are of all lines."""

    lines: tuple[CartLine, ...]
    shipping_minor: int = 0
    prices: tuple[int, ...] = field(init=False, repr=False, compare=False)
    spend_minor: int = field(init=False, repr=False, compare=False)
    quantity: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.shipping_minor < 0:
            raise ValueError("shipping from 0 is expected")
        refs = {line.ref for line in self.lines}
        if len(refs) != len(self.lines):
            raise ValueError("two lines share a ref")
        if SHIPPING_REF in refs:
            raise ValueError(f"no line may be called {SHIPPING_REF}")
        spends = [line.spend_minor for line in self.lines]
        # every candidate asks for these
        object.__setattr__(self, "prices", (*spends, self.shipping_minor))
        object.__setattr__(self, "spend_minor", sum(spends))
        object.__setattr__(self, "quantity", sum(line.quantity for line in self.lines))


@dataclass(frozen=True, slots=True)
class ShopperFacts:
    """`shopper_id` None stands for somebody unknown."""

    shopper_id: int | None = None
    segments: frozenset[str] = frozenset()
    has_ordered: bool = False


@dataclass(frozen=True, slots=True)
class GroupTerms:
    """A stacking group; id 0 is the one of campaigns without a group: everything that applies."""

    id: int = 0
    name: str = ""
    mode: StackingMode = StackingMode.STACKABLE
    position: int = 0
    max_coupons: int | None = None


@dataclass(frozen=True, slots=True)
class CampaignTerms:
    id: int
    starts_at: datetime
    ends_at: datetime
    status: CampaignStatus = CampaignStatus.APPROVED
    timezone: str = "UTC"
    weekly_windows: tuple[Mapping[str, Any], ...] = ()
    audience: Audience = Audience.EVERYONE
    priority: int = 0
    exclusive: bool = False
    holdout_percent: int = 0
    group: GroupTerms = field(default_factory=GroupTerms)


@dataclass(frozen=True, slots=True)
class Tier:
    """Exactly one of the two values is set."""

    threshold_minor: int
    amount_minor: int | None = None
    percent_bp: int | None = None


@dataclass(frozen=True, slots=True)
class BenefitTerms:
    """Percentages are basis points. For buy X get Y, `percent_bp` None is free."""

    type: BenefitType
    percent_bp: int | None = None
    amount_minor: int | None = None
    max_discount_minor: int | None = None
    allocation: Allocation = Allocation.ACROSS
    buy_quantity: int | None = None
    get_quantity: int | None = None
    gift_product_id: int | None = None
    tiers: tuple[Tier, ...] = ()


@dataclass(frozen=True, slots=True)
class Targets:
    products: frozenset[int] = frozenset()
    categories: frozenset[int] = frozenset()
    brands: frozenset[int] = frozenset()
    others: bool = False
    """Whether there are targets that were not read, because nothing in the cart matches them."""

    def __bool__(self) -> bool:
        return bool(self.others or self.products or self.categories or self.brands)

    @property
    def count(self) -> int:
        """How many were read."""
        return len(self.products) + len(self.categories) + len(self.brands)

    def covers(self, line: CartLine) -> bool:
        return (
            line.product_id in self.products
            or line.brand_id in self.brands
            or not self.categories.isdisjoint(line.category_ids)
        )


@dataclass(frozen=True, slots=True)
class BudgetLeft:
    """What is left of a budget in its present period: minor units, or uses."""

    id: int
    kind: BudgetKind
    left_n: int


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest of a coupon's places. `open` and `near` say whether it is of use now; a place that is goes first."""

    external_id: str
    name: str
    distance_m: int
    open: bool
    near: bool

    @property
    def reachable(self) -> bool:
        return self.open and self.near


@dataclass(frozen=True, slots=True)
class Standing:
    """How a coupon stands with its limits and with this shopper.

    `used_up`: all its uses are taken; `used_by_shopper`: all that this shopper may have. `budgets` are those of the
    coupon and of its campaign, which other coupons may share. `nearest` is None for a coupon of every place, and where
    nobody said where the shopper is.

    `on_this_order`: the order holds or has a use already, so who may have one, and when, is settled.
    """

    used_up: bool = False
    used_by_shopper: bool = False
    budgets: tuple[BudgetLeft, ...] = ()
    member: bool = True
    granted: bool = False
    code_missing: bool = False
    nearest: Nearest | None = None
    on_this_order: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """One coupon that might apply. Without `include` it covers every line that `exclude` does not name."""

    coupon_id: int
    campaign: CampaignTerms
    benefit: BenefitTerms
    uid: UUID | None = None
    title: str = ""
    trigger: CouponTrigger = CouponTrigger.AUTOMATIC
    active: bool = True
    min_spend_minor: int = 0
    min_quantity: int = 0
    segments: frozenset[str] = frozenset()
    first_order_only: bool = False
    margin_minor: int = 0
    include: Targets = field(default_factory=Targets)
    exclude: Targets = field(default_factory=Targets)
    standing: Standing = field(default_factory=Standing)

    def covers(self, line: CartLine) -> bool:
        return (not self.include or self.include.covers(line)) and not self.exclude.covers(line)

    @property
    def covers_everything(self) -> bool:
        return not self.include and not self.exclude

    def covered(self, cart: Cart) -> Sequence[int]:
        """Places of the lines that it covers."""
        if self.covers_everything:
            return range(len(cart.lines))
        return [place for place, line in enumerate(cart.lines) if self.covers(line)]
