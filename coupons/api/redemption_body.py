"""Redemptions and rollbacks as plain values, and their documented forms."""

from collections.abc import Sequence
from typing import Any

import orjson
from django.db.models import QuerySet
from rest_framework import serializers

from coupons.enums import RedemptionStatus, RollbackKind
from coupons.models import Redemption, Rollback
from coupons.statements import Statement


class RedemptionLineSerializer(serializers.Serializer[object]):
    """What the discount took off one line; returns are worked out from it."""

    line_ref = serializers.CharField()
    quantity = serializers.IntegerField()
    spend_minor = serializers.IntegerField(help_text="The line's price before coupons.")
    amount_minor = serializers.IntegerField()
    returned_quantity = serializers.IntegerField()
    rolled_back_minor = serializers.IntegerField()


class RedemptionSerializer(serializers.Serializer[object]):
    """One use of one coupon on one order."""

    redemption = serializers.UUIDField()
    order_ref = serializers.CharField()
    shopper = serializers.CharField(help_text="The shop's own id.")
    coupon = serializers.UUIDField()
    status = serializers.ChoiceField(choices=RedemptionStatus.choices)
    applied = serializers.BooleanField(help_text="Whether the discount stands, held or redeemed.")
    amount_minor = serializers.IntegerField()
    rolled_back_minor = serializers.IntegerField()
    currency = serializers.CharField(help_text="ISO 4217.")
    slate_id = serializers.UUIDField(allow_null=True)
    hold_expires_at = serializers.DateTimeField(allow_null=True)
    redeemed_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    lines = RedemptionLineSerializer(many=True)


class RollbackSerializer(serializers.Serializer[object]):
    """What was taken back, and how the redemption stands now."""

    rollback = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=RollbackKind.choices)
    amount_minor = serializers.IntegerField(help_text="Discount that no longer stands.")
    clawback_minor = serializers.IntegerField(help_text="Part of it that kept items lost.")
    use_restored = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    redemption = RedemptionSerializer()


REDEMPTION_EXAMPLE = {
    "redemption": "0a6f2c5e-6d1b-4f2b-8d8e-93b6a0c1d2e3",
    "order_ref": "1001",
    "shopper": "1823",
    "coupon": "b8c5bd44-8b7e-4f5e-a9f7-5f7f0a7f4f10",
    "status": "redeemed",
    "applied": True,
    "amount_minor": 100,
    "rolled_back_minor": 0,
    "currency": "USD",
    "slate_id": None,
    "hold_expires_at": None,
    "redeemed_at": "2026-05-01T12:30:00Z",
    "created_at": "2026-05-01T12:30:00Z",
    "lines": [
        {
            "line_ref": "1",
            "quantity": 2,
            "spend_minor": 598,
            "amount_minor": 100,
            "returned_quantity": 0,
            "rolled_back_minor": 0,
        }
    ],
}
ROLLBACK_EXAMPLE = {
    "rollback": "f1c2d3e4-0a1b-4c2d-8e3f-4a5b6c7d8e9f",
    "kind": "cancel",
    "amount_minor": 100,
    "clawback_minor": 0,
    "use_restored": True,
    "reason": "out of stock",
    "created_at": "2026-05-02T09:00:00Z",
    "redemption": {**REDEMPTION_EXAMPLE, "status": "rolled_back", "applied": False, "rolled_back_minor": 100},
}
_STANDING = {RedemptionStatus.HELD, RedemptionStatus.REDEEMED, RedemptionStatus.PARTIALLY_ROLLED_BACK}


def redemption_rows(rows: "QuerySet[Redemption]") -> "QuerySet[Redemption]":
    """With what redemption_body reads: two queries for any number."""
    return rows.select_related("coupon", "shopper").prefetch_related("lines")


def redemption_body(row: Redemption) -> dict[str, Any]:
    """RedemptionSerializer documents it."""
    return {
        "redemption": row.uid,
        "order_ref": row.order_ref,
        "shopper": row.shopper.external_id,
        "coupon": row.coupon.uid,
        "status": row.status,
        "applied": row.status in _STANDING,
        "amount_minor": row.amount_minor,
        "rolled_back_minor": row.rolled_back_minor,
        "currency": row.currency,
        "slate_id": row.slate_id,
        "hold_expires_at": row.hold_expires_at,
        "redeemed_at": row.redeemed_at,
        "created_at": row.created_at,
        "lines": [
            {
                "line_ref": line.line_ref,
                "quantity": line.quantity,
                "spend_minor": line.spend_minor,
                "amount_minor": line.amount_minor,
                "returned_quantity": line.returned_quantity,
                "rolled_back_minor": line.rolled_back_minor,
            }
            for line in sorted(row.lines.all(), key=lambda line: line.pk)
        ],
    }


_OF_ORDER = Statement(
    "redemption_bodies",
    """
    SELECT r.uid, r.order_ref, s.external_id, c.uid, r.status, r.amount_minor, r.rolled_back_minor, r.currency,
        r.slate_id, r.hold_expires_at, r.redeemed_at, r.created_at,
        (SELECT json_agg(json_build_object(
                'line_ref', l.line_ref, 'quantity', l.quantity, 'spend_minor', l.spend_minor,
                'amount_minor', l.amount_minor, 'returned_quantity', l.returned_quantity,
                'rolled_back_minor', l.rolled_back_minor) ORDER BY l.id)::text
            FROM coupons_redemptionline l WHERE l.redemption_id = r.id)
    FROM coupons_redemption r
    JOIN coupons_coupon c ON c.id = r.coupon_id
    JOIN coupons_shopper s ON s.id = r.shopper_id
    WHERE r.id = ANY(%(ids)s)
    ORDER BY r.id
    """,
    {"ids": "bigint[]"},
)


def redemption_bodies(ids: Sequence[int]) -> list[dict[str, Any]]:
    """What redemption_body gives of each, in one statement: this is in the way of every order."""
    return [
        {
            "redemption": uid,
            "order_ref": order_ref,
            "shopper": shopper,
            "coupon": coupon,
            "status": status,
            "applied": status in _STANDING,
            "amount_minor": amount_minor,
            "rolled_back_minor": rolled_back_minor,
            "currency": currency,
            "slate_id": slate_id,
            "hold_expires_at": hold_expires_at,
            "redeemed_at": redeemed_at,
            "created_at": created_at,
            "lines": orjson.loads(lines) if lines else [],
        }
        for (
            uid, order_ref, shopper, coupon, status, amount_minor, rolled_back_minor, currency, slate_id,
            hold_expires_at, redeemed_at, created_at, lines,
        ) in _OF_ORDER.rows({"ids": list(ids)})
    ]  # fmt: skip


def rollback_body(rollback: Rollback, row: Redemption) -> dict[str, Any]:
    """RollbackSerializer documents it."""
    return {
        "rollback": rollback.uid,
        "kind": rollback.kind,
        "amount_minor": rollback.amount_minor,
        "clawback_minor": rollback.clawback_minor,
        "use_restored": rollback.use_restored,
        "reason": rollback.reason,
        "created_at": rollback.created_at,
        "redemption": redemption_body(row),
    }
