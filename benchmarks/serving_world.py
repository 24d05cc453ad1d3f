"""The made-up shop that `benchmarks.serving` asks: everything published, with a model of realistic size.

The networks' weights are drawn at random: what a request costs depends on their shapes and not on what they know.
"""

import io
import json
import random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

CATEGORIES, HIDDEN, EMBEDDING, ITEM, PAIR, PROJECTION = 300, 64, 64, 400, 90, 32
PAIRED, SLATE = 64, 10


@dataclass(frozen=True)
class World:
    """What the load is made of."""

    key: str
    shoppers: list[str]
    acting: list[str]
    """Shoppers who did something since their coupons were computed."""
    sending: list[str]
    """Shoppers of whom events are sent: what they did must not slow down the answers for the others."""
    products: list[str]
    product_ids: list[int]
    sending_ids: list[int]
    channel_id: int
    automatic: str
    """A coupon without limits, to redeem."""


def build(model_dir: Path, *, shoppers: int, coupons: int, now: datetime) -> World:
    from coupons.enums import Scope
    from coupons.models import ApiKey, Category, Channel, Product, Shopper
    from coupons.services import create_api_key

    channel = Channel.objects.create(slug="bench", name="Bench", currency="USD")
    _key, plaintext = create_api_key(name="bench", channel=channel, scopes=Scope.values)
    ApiKey.objects.update(requests_per_minute=2_000_000_000)
    roots = [Category.objects.create(external_id=f"d{n}", name=f"D{n}", level=1) for n in range(10)]
    leaves = Category.objects.bulk_create(
        Category(external_id=f"c{n}", name=f"C{n}", level=2, parent=roots[n % 10]) for n in range(CATEGORIES)
    )
    products = Product.objects.bulk_create(
        Product(external_id=f"p{n}", title=f"Product {n}", category=leaves[n % CATEGORIES]) for n in range(3_000)
    )
    people = Shopper.objects.bulk_create(Shopper(channel=channel, external_id=f"s{n}") for n in range(shoppers))
    offered, automatic = _coupons(channel, coupons, now)
    version = _artefact(model_dir, [f"D{n % 10} > C{n}" for n in range(CATEGORIES)])
    _publish(version, channel, people, offered, now)
    third = shoppers // 3
    acting, quiet, sending = people[:third], people[third : 2 * third], people[2 * third :]
    _acts(channel, acting, products, now)
    return World(
        key=plaintext,
        shoppers=[row.external_id for row in quiet],
        acting=[row.external_id for row in acting],
        sending=[row.external_id for row in sending],
        products=[row.external_id for row in products],
        product_ids=[row.pk for row in products],
        sending_ids=[row.pk for row in sending],
        channel_id=channel.pk,
        automatic=automatic,
    )


def _coupons(channel: Any, count: int, now: datetime) -> tuple[list[Any], str]:
    """Half of the offers limited per shopper and over all, a campaign in five with opening hours of its own."""
    from coupons.enums import BenefitType, CampaignStatus, CouponTrigger
    from coupons.models import Benefit, Campaign, Coupon

    made = []
    for number in range(5):
        campaign = Campaign.objects.create(
            channel=channel,
            external_id=f"k{number}",
            name=f"Campaign {number}",
            status=CampaignStatus.APPROVED,
            starts_at=now - timedelta(days=3),
            ends_at=now + timedelta(days=3),
            weekly_windows=[{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "24:00"}] if number == 0 else [],
        )
        for place in range(count // 5):
            limited = place % 2 == 0
            made.append(
                Coupon.objects.create(
                    campaign=campaign,
                    external_id=f"{number}-{place}",
                    title=f"$1.00 off, offer {number}-{place}",
                    trigger=CouponTrigger.AUTOMATIC,
                    usage_limit=1_000_000 if limited else None,
                    per_shopper_limit=1 if limited else None,
                )
            )
    free = Coupon.objects.create(
        campaign=made[0].campaign,
        external_id="free",
        title="No limit",
        trigger=CouponTrigger.AUTOMATIC,
        per_shopper_limit=None,
    )
    Benefit.objects.bulk_create(
        Benefit(coupon=coupon, type=BenefitType.AMOUNT, amount_minor=100) for coupon in [*made, free]
    )
    return made, str(free.uid)


def _artefact(model_dir: Path, categories: list[str]) -> Any:
    from recommender.artefacts import new_artefact
    from recommender.config import TrainingConfig
    from recommender.enums import VersionStatus
    from recommender.models import ModelVersion

    rng = np.random.default_rng(1)

    def drawn(*shape: int) -> Any:
        return rng.normal(0, 0.1, shape).astype(np.float32)

    first = 3 * PROJECTION + PAIR
    fusion: dict[str, Any] = {
        "interest_mean": np.zeros(CATEGORIES, np.float32),
        "interest_scale": np.ones(CATEGORIES, np.float32),
        "item_mean": np.zeros(ITEM, np.float32),
        "item_scale": np.ones(ITEM, np.float32),
        "pair_mean": np.zeros(PAIR, np.float32),
        "pair_scale": np.ones(PAIR, np.float32),
        "pair_marked": np.zeros(0, np.int64),
        "P_interest": drawn(CATEGORIES, PROJECTION),
        "p_interest": drawn(PROJECTION),
        "P_item": drawn(ITEM, PROJECTION),
        "p_item": drawn(PROJECTION),
        "W_hidden": drawn(first, 64),
        "b_hidden": drawn(64),
        "W_out": drawn(64 + first, 1),
        "b_out": drawn(1),
    }
    for layer in range(2):
        fusion |= {
            f"cross{layer}_down": drawn(first, PROJECTION),
            f"cross{layer}_up": drawn(PROJECTION, first),
            f"cross{layer}_bias": drawn(first),
        }
    interest = {
        "W_embed": drawn(CATEGORIES + 2, EMBEDDING),
        "b_embed": drawn(EMBEDDING),
        "W_in": drawn(EMBEDDING, HIDDEN),
        "W_rec": drawn(HIDDEN, HIDDEN),
        "b1": drawn(HIDDEN),
        "W2": drawn(HIDDEN, CATEGORIES),
        "b2": drawn(CATEGORIES),
    }
    vocabulary = {
        "categories": categories,
        **{name: [] for name in ("departments", "brands", "units", "products", "price_edges")},
        "spend_scale": 7.0,
        "fitted_before": 20_000,
    }
    stack = {"names": ["interaction"], "fitted": {"coefficients": [0.6], "knots": [[-8.0, -8.0], [0.0, -1.0]]}}
    with new_artefact(model_dir / "v0001", {"config": TrainingConfig().to_dict()}) as draft:
        np.savez(draft / "interest_weights.npz", **interest)
        np.savez(draft / "fusion_weights.npz", **fusion)
        (draft / "vocabulary.json").write_text(json.dumps(vocabulary))
        (draft / "stack").mkdir()
        (draft / "stack" / "stack.json").write_text(json.dumps(stack))
    return ModelVersion.objects.create(number=1, status=VersionStatus.LIVE, path="v0001", manifest_sha256="0" * 64)


def _publish(version: Any, channel: Any, people: list[Any], coupons: list[Any], now: datetime) -> None:
    from recommender.models import LiveCandidates, LiveCatalog, PopularCoupon, Recommendation

    rng = np.random.default_rng(2)
    ids = np.array([coupon.pk for coupon in coupons], np.int64)
    coverage = np.zeros((len(ids), CATEGORIES), np.float32)
    coverage[np.arange(len(ids)), rng.integers(0, CATEGORIES, len(ids))] = 1
    arrays = io.BytesIO()
    np.savez_compressed(
        arrays,
        coupons=ids,
        campaigns=np.array([coupon.campaign_id for coupon in coupons]),
        codes=rng.random((len(ids), ITEM)).astype(np.float32),
        coverage=coverage,
        logits=rng.normal(-4, 1, len(ids)),
        pair=rng.normal(0, 1, (len(ids), PAIR)).astype(np.float16),
        interest_columns=np.arange(PAIR - 6, PAIR - 2),
    )
    as_of = now - timedelta(hours=1)
    LiveCatalog.objects.create(model_version=version, channel=channel, arrays=arrays.getvalue(), as_of=as_of)
    PopularCoupon.objects.bulk_create(
        PopularCoupon(model_version=version, channel=channel, coupon=coupon, rank=rank, score=1 / (rank + 2))
        for rank, coupon in enumerate(coupons[:50], start=1)
    )
    state = np.zeros(HIDDEN, "<f4").tobytes()
    for start in range(0, len(people), 500):
        slates, live = [], []
        for person in people[start : start + 500]:
            order = rng.permutation(len(ids))
            slates += [
                Recommendation(
                    model_version=version,
                    shopper=person,
                    coupon_id=int(ids[place]),
                    rank=rank,
                    score=round(0.2 / rank, 4),
                    reason={"code": "interest", "subject": f"C{place}", "parts": {"interaction": 0.1}, "features": []},
                )
                for rank, place in enumerate(order[:SLATE], start=1)
            ]
            live.append(
                LiveCandidates(
                    model_version=version,
                    shopper=person,
                    coupons=ids[order].astype("<i8").tobytes(),
                    logits=np.sort(rng.normal(-4, 1, len(ids)))[::-1].astype("<f8").tobytes(),
                    pair=rng.normal(0, 1, (min(PAIRED, len(ids)), PAIR)).astype("<f2").tobytes(),
                    state=state,
                    base_state=state,
                    base_day=None,
                    as_of=as_of,
                )
            )
        Recommendation.objects.bulk_create(slates, batch_size=5_000)
        LiveCandidates.objects.bulk_create(live)


def _acts(channel: Any, people: list[Any], products: list[Any], now: datetime) -> None:
    from recommender.models import BehaviorEvent
    from recommender.partitions import ensure_partitions

    ensure_partitions(first=now - timedelta(days=1), last=now + timedelta(days=1))
    chosen = random.Random(3)  # noqa: S311 - nothing secret
    BehaviorEvent.objects.bulk_create(
        (
            BehaviorEvent(
                event_key=uuid.uuid4(),
                channel=channel,
                shopper=person,
                kind=1,
                product=chosen.choice(products),
                occurred_at=now,
            )
            for person in people
            for _ in range(4)
        ),
        batch_size=5_000,
    )
