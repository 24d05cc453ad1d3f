"""A coupon in a wallet, as plain values."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from coupons.api.benefit_body import BENEFIT_EXAMPLE, BenefitSerializer, benefit_body
from coupons.enums import LIVE_REDEMPTIONS, GrantSource, GrantStatus, RedemptionStatus
from coupons.models import CouponGrant
from coupons.wallet_codes import wallet_code

_USED = set(LIVE_REDEMPTIONS) - {RedemptionStatus.HELD}


class GrantSerializer(serializers.Serializer[object]):
    """One coupon in one shopper's wallet."""

    grant = serializers.UUIDField()
    coupon = serializers.UUIDField()
    title = serializers.CharField()
    benefit = BenefitSerializer()
    code = serializers.CharField(help_text="What a till scans or types; `codes` of a redemption takes it.")
    campaign = serializers.CharField(help_text="The campaign's external id.")
    status = serializers.ChoiceField(choices=GrantStatus.choices)
    source = serializers.ChoiceField(choices=GrantSource.choices)  # type: ignore[assignment]  # a field of that name
    slate_id = serializers.UUIDField(allow_null=True, help_text="The recommendation it was taken from.")
    valid_from = serializers.DateTimeField()
    valid_until = serializers.DateTimeField(help_text="The first instant at which it is not valid any more.")
    created_at = serializers.DateTimeField()
    used_at = serializers.DateTimeField(allow_null=True)
    saved_minor = serializers.IntegerField(help_text="What it took off, returns aside; 0 while it is unused.")


GRANT_EXAMPLE = {
    "grant": "5c8a4b1e-2f0d-4b57-9b63-1f3a5e0c7a11",
    "coupon": "b8c5bd44-8b7e-4f5e-a9f7-5f7f0a7f4f10",
    "title": "$1.00 off yogurt",
    "benefit": BENEFIT_EXAMPLE,
    "code": "WBGE4MRHF1NRQ",
    "campaign": "20",
    "status": "issued",
    "source": "claim",
    "slate_id": None,
    "valid_from": "2026-04-20T00:00:00Z",
    "valid_until": "2026-05-18T00:00:00Z",
    "created_at": "2026-05-01T12:30:00Z",
    "used_at": None,
    "saved_minor": 0,
}


def grant_rows(rows: QuerySet[CouponGrant]) -> QuerySet[CouponGrant]:
    """With everything that `grant_body` reads: two queries, however many there are."""
    return rows.select_related("coupon__campaign__channel", "coupon__benefit").prefetch_related("redemption_set")


def grant_body(grant: CouponGrant) -> dict[str, Any]:
    """GrantSerializer documents it. Read it through `grant_rows`."""
    coupon = grant.coupon
    uses = [use for use in grant.redemption_set.all() if use.status in _USED]
    return {
        "grant": grant.uid,
        "coupon": coupon.uid,
        "title": coupon.title,
        "benefit": benefit_body(coupon, coupon.campaign.channel.currency),
        "code": wallet_code(grant.uid),
        "campaign": coupon.campaign.external_id,
        "status": grant.status,
        "source": grant.source,
        "slate_id": grant.slate_id,
        "valid_from": coupon.campaign.starts_at,
        "valid_until": coupon.campaign.ends_at,
        "created_at": grant.created_at,
        "used_at": max((use.redeemed_at for use in uses if use.redeemed_at), default=None),
        "saved_minor": sum(use.amount_minor - use.rolled_back_minor for use in uses),
    }
