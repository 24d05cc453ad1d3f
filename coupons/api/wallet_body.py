"""A coupon in a wallet, as plain values."""

from typing import Any

from rest_framework import serializers

from coupons.enums import GrantSource, GrantStatus
from coupons.models import CouponGrant


class GrantSerializer(serializers.Serializer[object]):
    """One coupon in one shopper's wallet."""

    grant = serializers.UUIDField()
    coupon = serializers.UUIDField()
    title = serializers.CharField()
    campaign = serializers.CharField(help_text="The campaign's external id.")
    status = serializers.ChoiceField(choices=GrantStatus.choices)
    source = serializers.ChoiceField(choices=GrantSource.choices)  # type: ignore[assignment]  # a field of that name
    slate_id = serializers.UUIDField(allow_null=True, help_text="The recommendation it was taken from.")
    valid_from = serializers.DateTimeField()
    valid_until = serializers.DateTimeField(help_text="The first instant at which it is not valid any more.")
    created_at = serializers.DateTimeField()


GRANT_EXAMPLE = {
    "grant": "5c8a4b1e-2f0d-4b57-9b63-1f3a5e0c7a11",
    "coupon": "b8c5bd44-8b7e-4f5e-a9f7-5f7f0a7f4f10",
    "title": "$1.00 off yogurt",
    "campaign": "20",
    "status": "issued",
    "source": "claim",
    "slate_id": None,
    "valid_from": "2026-04-20T00:00:00Z",
    "valid_until": "2026-05-18T00:00:00Z",
    "created_at": "2026-05-01T12:30:00Z",
}


def grant_body(grant: CouponGrant) -> dict[str, Any]:
    """GrantSerializer documents it. Reads `coupon.campaign`: select them."""
    coupon = grant.coupon
    return {
        "grant": grant.uid,
        "coupon": coupon.uid,
        "title": coupon.title,
        "campaign": coupon.campaign.external_id,
        "status": grant.status,
        "source": grant.source,
        "slate_id": grant.slate_id,
        "valid_from": coupon.campaign.starts_at,
        "valid_until": coupon.campaign.ends_at,
        "created_at": grant.created_at,
    }
