"""What the live model's published rows say of a coupon, or of those like it where it is new."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Avg, F, Q, QuerySet
from django.db.models.functions import Greatest

from coupons.enums import LIVE_REDEMPTIONS, TargetMode
from coupons.models import Category, Coupon, CouponTarget, Product, Redemption
from recommender.admin.artefact_names import category_paths
from recommender.models import ModelVersion, Recommendation, ShopperInterest

MOST_CATEGORIES = 12


@dataclass(frozen=True, slots=True)
class Scores:
    """`rows` are (coupon, shopper, calibrated probability) of the live slates; `own`: of the coupon itself."""

    rows: Sequence[tuple[int, int, float]]
    own: bool
    like: int = 0
    """How many coupons stand in for a new one."""
    alike: bool = True
    """Whether they cover the same categories, or are merely all there are."""


def scores_of(coupon: Coupon, version: ModelVersion, eligible: Collection[int]) -> Scores:
    """The coupon's own rows among these shoppers; for one that is in no slate those of coupons like it."""
    published = Recommendation.objects.filter(model_version=version)
    own = published.filter(coupon=coupon)
    if own.exists():
        return Scores(_rows(own, eligible), own=True)
    categories = covered_categories(coupon)
    alike = set(
        CouponTarget.objects.filter(
            Q(product__category__in=categories) | Q(category__in=categories),
            mode=TargetMode.INCLUDE,
            coupon__in=published.values("coupon"),
        ).values_list("coupon", flat=True).distinct()
    ) if categories else set()  # fmt: skip
    rows = _rows(published.filter(coupon__in=alike) if alike else published, eligible)
    return Scores(rows, own=False, like=len({row[0] for row in rows}), alike=bool(alike))


def _rows(published: QuerySet[Recommendation], eligible: Collection[int]) -> list[tuple[int, int, float]]:
    rows = published.filter(shopper__in=eligible).order_by()
    return list(rows.values_list("coupon", "shopper", "score"))


def covered_categories(coupon: Coupon) -> set[int]:
    """Of what the coupon covers: categories with all below them, and those of its products and brands."""
    targets = CouponTarget.objects.filter(coupon=coupon, mode=TargetMode.INCLUDE)
    named = set(targets.exclude(category=None).values_list("category", flat=True))
    products = Product.objects.filter(
        Q(pk__in=targets.exclude(product=None).values("product"))
        | Q(brand__in=targets.exclude(brand=None).values("brand"))
    )
    found = named | set(products.exclude(category=None).values_list("category", flat=True).distinct())
    below = named
    while below:
        below = set(Category.objects.filter(parent__in=below).values_list("pk", flat=True)) - found
        found |= below
    return found


def interest_by_shopper(coupon: Coupon, version: ModelVersion, eligible: Collection[int]) -> dict[int, float]:
    """Each shopper's strongest interest in what the coupon covers; empty where the model knows none of it."""
    positions = _positions(covered_categories(coupon), category_paths(version))[:MOST_CATEGORIES]
    if not positions:
        return {}
    columns = [F(f"interests__{position}") for position in positions]
    best = Greatest(*columns) if len(columns) > 1 else columns[0]
    rows = ShopperInterest.objects.filter(model_version=version, shopper__in=eligible).annotate(best=best)
    return {shopper: score for shopper, score in rows.values_list("shopper", "best") if score is not None}


def _positions(categories: Collection[int], paths: Sequence[str]) -> list[int]:
    """Where the vocabulary has these categories or what is above them, by the names on the way from the root."""
    known = {path: position for position, path in enumerate(paths)}
    if not known or not categories:
        return []
    rows = list(Category.objects.values_list("pk", "parent", "name"))
    tree, names = {pk: parent for pk, parent, _ in rows}, {pk: name for pk, _, name in rows}
    found: set[int] = set()
    for category in categories:
        way: list[str] = []
        node: int | None = category
        while node is not None:
            way.insert(0, names[node])
            node = tree[node]
        for length in range(len(way), 0, -1):
            position = known.get(" > ".join(way[:length]))
            if position is not None:
                found.add(position)
                break
    return sorted(found)


def mean_discount_minor(coupon: Coupon, like: Collection[int]) -> float | None:
    """What a use took off so far: of the coupon, else of those like it; None where nobody used one."""
    uses = Redemption.objects.filter(status__in=LIVE_REDEMPTIONS)
    for rows in (uses.filter(coupon=coupon), uses.filter(coupon__in=list(like)[:500])):
        mean = rows.aggregate(mean=Avg("amount_minor"))["mean"]
        if mean is not None:
            return float(mean)
    return None
