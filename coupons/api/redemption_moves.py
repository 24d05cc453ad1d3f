"""POST /api/v1/redemptions/{uid}/confirm, release and rollbacks; GET one redemption."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coupons.api.documented import IDEMPOTENCY_HEADER, OF_BODIES, OF_KEYS, REPLAYED_HEADER, refusals
from coupons.api.endpoints import EngineView
from coupons.api.fields import (
    Choice,
    ExternalId,
    Money,
    NothingSerializer,
    StrictSerializer,
    Text,
    WholeNumber,
    read_body,
)
from coupons.api.redemption_body import (
    REDEMPTION_EXAMPLE,
    ROLLBACK_EXAMPLE,
    RedemptionSerializer,
    RollbackSerializer,
    redemption_body,
    redemption_rows,
    rollback_body,
)
from coupons.enums import RollbackKind, Scope
from coupons.errors import NotFound
from coupons.models import Channel, Redemption
from coupons.services import ReturnedLine, confirm_redemption, release_redemption, roll_back_redemption


class ReturnedLineSerializer(StrictSerializer):
    line_ref = ExternalId()
    quantity = WholeNumber(min_value=1, max_value=100_000)


class RollbackRequestSerializer(StrictSerializer):
    """Everything that still stands, unless lines or an amount are named."""

    kind = Choice(choices=RollbackKind.choices)
    lines = serializers.ListField(child=ReturnedLineSerializer(), required=False, min_length=1, max_length=200)
    amount_minor = Money(min_value=1, required=False, help_text="Only for a redemption without lines.")
    reason = Text(max_length=200, required=False, allow_blank=True)


class RedemptionView(EngineView):
    scopes = {"GET": Scope.READ_REDEMPTIONS}

    @extend_schema(
        operation_id="redemptions_read",
        summary="One redemption",
        tags=["redemptions"],
        responses={
            200: OpenApiResponse(
                RedemptionSerializer, "As it stands.", [OpenApiExample("redeemed", value=REDEMPTION_EXAMPLE)]
            ),
            **refusals("invalid_parameter", "not_found", "server_key_required"),
        },
    )
    def get(self, request: Request, uid: UUID) -> Response:
        row = _row(self.key.channel, uid)
        return Response(redemption_body(row), headers={"Cache-Control": "no-store"})


class ConfirmView(EngineView):
    scopes = {"POST": Scope.WRITE_REDEMPTIONS}

    @extend_schema(
        operation_id="redemptions_confirm",
        summary="Redeem what is held",
        description="The payment went through. Confirming twice gives the same answer.",
        tags=["redemptions"],
        parameters=[IDEMPOTENCY_HEADER, REPLAYED_HEADER],
        request=NothingSerializer,
        responses={
            200: OpenApiResponse(
                RedemptionSerializer, "It is redeemed.", [OpenApiExample("redeemed", value=REDEMPTION_EXAMPLE)]
            ),
            **refusals(
                *OF_BODIES, *OF_KEYS, "server_key_required", "not_found", "hold_expired", "state_conflict", "contention"
            ),
        },
    )
    def post(self, request: Request, uid: UUID) -> HttpResponse:
        _read_nothing(request)

        def effect() -> tuple[int, Any]:
            confirm_redemption(channel=self.key.channel, uid=uid, now=timezone.now())
            return 200, redemption_body(_row(self.key.channel, uid))

        return self.once(effect)


class ReleaseView(EngineView):
    scopes = {"POST": Scope.WRITE_REDEMPTIONS}

    @extend_schema(
        operation_id="redemptions_release",
        summary="Give back what is held",
        description="The payment failed or the cart was left. Releasing twice gives the same answer.",
        tags=["redemptions"],
        parameters=[IDEMPOTENCY_HEADER, REPLAYED_HEADER],
        request=NothingSerializer,
        responses={
            200: OpenApiResponse(
                RedemptionSerializer,
                "It is released.",
                [OpenApiExample("released", value={**REDEMPTION_EXAMPLE, "status": "released", "applied": False})],
            ),
            **refusals(*OF_BODIES, *OF_KEYS, "server_key_required", "not_found", "state_conflict", "contention"),
        },
    )
    def post(self, request: Request, uid: UUID) -> HttpResponse:
        _read_nothing(request)

        def effect() -> tuple[int, Any]:
            release_redemption(channel=self.key.channel, uid=uid)
            return 200, redemption_body(_row(self.key.channel, uid))

        return self.once(effect)


class RollbacksView(EngineView):
    scopes = {"POST": Scope.WRITE_REDEMPTIONS}

    @extend_schema(
        operation_id="redemptions_roll_back",
        summary="Take a redeemed discount back, whole or in part",
        description=(
            "A part is worked out from the stored allocation of the lines. Money returns to the budget periods it came "
            "from; the use returns as the coupon's restore policy says."
        ),
        tags=["redemptions"],
        parameters=[IDEMPOTENCY_HEADER, REPLAYED_HEADER],
        request=RollbackRequestSerializer,
        examples=[OpenApiExample("cancel", value={"kind": "cancel", "reason": "out of stock"}, request_only=True)],
        responses={
            201: OpenApiResponse(
                RollbackSerializer, "It is taken back.", [OpenApiExample("cancelled", value=ROLLBACK_EXAMPLE)]
            ),
            **refusals(*OF_BODIES, *OF_KEYS, "server_key_required", "not_found", "state_conflict", "contention"),
        },
    )
    def post(self, request: Request, uid: UUID) -> HttpResponse:
        data = read_body(RollbackRequestSerializer, request.data)

        def effect() -> tuple[int, Any]:
            rollback = roll_back_redemption(
                channel=self.key.channel,
                uid=uid,
                kind=RollbackKind(data["kind"]),
                now=timezone.now(),
                lines=[ReturnedLine(line["line_ref"], line["quantity"]) for line in data.get("lines", [])],
                amount_minor=data.get("amount_minor"),
                reason=data.get("reason", ""),
                actor=self.actor,
            )
            return 201, rollback_body(rollback, _row(self.key.channel, uid))

        return self.once(effect)


def _row(channel: Channel, uid: UUID) -> Redemption:
    row = redemption_rows(Redemption.objects.filter(channel=channel, uid=uid)).first()
    if row is None:
        raise NotFound(f"There is no redemption {uid} here")
    return row


def _read_nothing(request: Request) -> None:
    """A POST without members: no body, or an empty object."""
    if request.data is not None:
        read_body(NothingSerializer, request.data)
