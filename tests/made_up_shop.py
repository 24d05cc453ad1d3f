"""A made-up shop for tests: a channel with running coupons and shoppers. No figure about it is a result."""

from datetime import UTC, datetime, timedelta
from typing import Any

from coupons.enums import BenefitType, CampaignStatus, Scope
from coupons.models import ApiKey, Benefit, Campaign, Channel, Coupon, Product, Shopper
from coupons.services import create_api_key
from recommender.enums import VersionStatus
from recommender.models import ModelVersion, PopularCoupon, Recommendation

NOW = datetime(2026, 5, 10, 12, 0, tzinfo=UTC)


def make_channel(slug: str = "made-up", **fields: Any) -> Channel:
    return Channel.objects.create(**{"slug": slug, "name": slug, "currency": "USD", **fields})


def make_key(channel: Channel, *scopes: str, **fields: Any) -> tuple[ApiKey, str]:
    """A key with all scopes unless some are named; the plaintext beside it."""
    key, plaintext = create_api_key(name="made up", channel=channel, scopes=scopes or Scope.values)
    if fields:
        ApiKey.objects.filter(pk=key.pk).update(**fields)
        key.refresh_from_db()
    return key, plaintext


def make_campaign(channel: Channel, external_id: str = "A", *, now: datetime = NOW, **fields: Any) -> Campaign:
    """Runs from a day before `now` to a day after."""
    defaults = {
        "name": f"Campaign {external_id}",
        "status": CampaignStatus.APPROVED,
        "starts_at": now - timedelta(days=1),
        "ends_at": now + timedelta(days=1),
    }
    return Campaign.objects.create(channel=channel, external_id=external_id, **{**defaults, **fields})


def make_coupon(campaign: Campaign, external_id: str = "1", **fields: Any) -> Coupon:
    """One dollar off."""
    coupon = Coupon.objects.create(
        campaign=campaign, external_id=external_id, **{"title": f"Coupon {external_id}", **fields}
    )
    Benefit.objects.create(coupon=coupon, type=BenefitType.AMOUNT, amount_minor=100)
    return coupon


def make_coupons(campaign: Campaign, count: int) -> list[Coupon]:
    return [make_coupon(campaign, str(number)) for number in range(1, count + 1)]


def make_shopper(channel: Channel, external_id: str = "s1", **fields: Any) -> Shopper:
    return Shopper.objects.create(channel=channel, external_id=external_id, **fields)


def make_product(external_id: str = "p1") -> Product:
    return Product.objects.create(external_id=external_id, title=f"Product {external_id}")


def make_version(number: int = 1, status: VersionStatus = VersionStatus.LIVE) -> ModelVersion:
    return ModelVersion.objects.create(number=number, status=status, path=f"v{number:04}", manifest_sha256="0" * 64)


def recommend(version: ModelVersion, shopper: Shopper, *coupons: Coupon) -> list[Recommendation]:
    """Published rows in the order of the arguments; the first scores 0.9, the next 0.8 and so on."""
    return Recommendation.objects.bulk_create(
        Recommendation(
            model_version=version,
            shopper=shopper,
            coupon=coupon,
            rank=rank,
            score=round(1 - rank / 10, 1),
            reason={"code": "interest", "subject": "YOGURT"},
        )
        for rank, coupon in enumerate(coupons, start=1)
    )


def make_popular(version: ModelVersion, channel: Channel, *coupons: Coupon) -> list[PopularCoupon]:
    return PopularCoupon.objects.bulk_create(
        PopularCoupon(model_version=version, channel=channel, coupon=coupon, rank=rank, score=round(0.1 / rank, 4))
        for rank, coupon in enumerate(coupons, start=1)
    )
