"""Codes by the million: ask for them, watch the job, stream them out."""

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from kombu.exceptions import OperationalError as BrokerError
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from coupons import tasks
from coupons.api.coupons import find_coupon
from coupons.api.documented import IDEMPOTENCY_HEADER, OF_BODIES, OF_KEYS, REPLAYED_HEADER, refusals
from coupons.api.endpoints import EngineView
from coupons.api.fields import MAX_INT, StrictSerializer, Text, WholeNumber, read_body
from coupons.api.json import OrjsonRenderer
from coupons.enums import BatchStatus, Scope
from coupons.errors import NotFound
from coupons.models import Channel, CodeBatch
from coupons.services import create_code_batch, export_codes

logger = logging.getLogger(__name__)

MAX_CODES = 5_000_000
LOCATION_HEADER = OpenApiParameter(
    "Location", str, OpenApiParameter.HEADER, response=[202], description="Where the job's progress is."
)


class CodeBatchRequestSerializer(StrictSerializer):
    name = Text(max_length=100)
    size = WholeNumber(min_value=1, max_value=MAX_CODES, help_text="How many codes.")
    prefix = Text(max_length=20, required=False, allow_blank=True)
    uses_per_code = WholeNumber(
        min_value=1, max_value=MAX_INT, required=False, allow_null=True, help_text="1 if left out; null for any number."
    )
    usage_limit = WholeNumber(
        min_value=1, max_value=MAX_INT, required=False, allow_null=True, help_text="Uses over the whole batch."
    )


class CodeBatchSerializer(serializers.Serializer[object]):
    """A job that makes codes, and how far it is."""

    batch = serializers.UUIDField()
    coupon = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField(allow_blank=True)
    size = serializers.IntegerField()
    generated = serializers.IntegerField()
    uses_per_code = serializers.IntegerField(allow_null=True)
    usage_limit = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(choices=BatchStatus.choices)
    error = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    self = serializers.CharField(help_text="Address of this job.")
    codes = serializers.CharField(help_text="Address of the codes as CSV.")


_EXAMPLE = {
    "batch": "7d8e9f0a-1b2c-4d3e-8f4a-5b6c7d8e9f0a",
    "coupon": "b8c5bd44-8b7e-4f5e-a9f7-5f7f0a7f4f10",
    "name": "Leaflet, May",
    "prefix": "MAY",
    "size": 100_000,
    "generated": 0,
    "uses_per_code": 1,
    "usage_limit": None,
    "status": "pending",
    "error": "",
    "created_at": "2026-05-01T12:30:00Z",
    "finished_at": None,
    "self": "/api/v1/code-batches/7d8e9f0a-1b2c-4d3e-8f4a-5b6c7d8e9f0a",
    "codes": "/api/v1/code-batches/7d8e9f0a-1b2c-4d3e-8f4a-5b6c7d8e9f0a/codes.csv",
}


class CsvRenderer(BaseRenderer):
    """Lets clients ask for text/csv; the stream is made by the view."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return str(data).encode()


class CodeBatchesView(EngineView):
    scopes = {"POST": Scope.WRITE_COUPONS}

    @extend_schema(
        operation_id="code_batches_create",
        summary="Have codes made",
        description="They are made in the background; the job's address is in Location.",
        tags=["codes"],
        parameters=[IDEMPOTENCY_HEADER, REPLAYED_HEADER, LOCATION_HEADER],
        request=CodeBatchRequestSerializer,
        examples=[
            OpenApiExample(
                "leaflet", value={"name": "Leaflet, May", "size": 100_000, "prefix": "MAY"}, request_only=True
            )
        ],
        responses={
            202: OpenApiResponse(CodeBatchSerializer, "Accepted.", [OpenApiExample("pending", value=_EXAMPLE)]),
            **refusals(*OF_BODIES, *OF_KEYS, "server_key_required", "not_found", "contention"),
        },
    )
    def post(self, request: Request, uid: UUID) -> HttpResponse:
        data = read_body(CodeBatchRequestSerializer, request.data)

        def effect() -> tuple[int, Any]:
            coupon = find_coupon(self.key.channel, uid)
            batch = create_code_batch(coupon=coupon, **data)
            batch.refresh_from_db(fields=["created_at", "generated_n"])
            transaction.on_commit(lambda: _enqueue(batch.pk))
            return 202, batch_body(batch)

        return self.once(effect, location=lambda body: str(body["self"]))


class CodeBatchView(EngineView):
    scopes = {"GET": Scope.READ_COUPONS}

    @extend_schema(
        operation_id="code_batches_read",
        summary="How far a job is",
        tags=["codes"],
        responses={
            200: OpenApiResponse(CodeBatchSerializer, "As it stands.", [OpenApiExample("pending", value=_EXAMPLE)]),
            **refusals("not_found", "server_key_required"),
        },
    )
    def get(self, request: Request, uid: UUID) -> Response:
        return Response(batch_body(_find(self.key.channel, uid)), headers={"Cache-Control": "no-store"})


class CodesView(EngineView):
    scopes = {"GET": Scope.WRITE_COUPONS}
    renderer_classes = [CsvRenderer, OrjsonRenderer]

    @extend_schema(
        operation_id="code_batches_codes",
        summary="The codes of a batch as CSV",
        description=(
            "Streamed, with the columns code, uses, held and redeemed. It gives codes away, so it asks for "
            "`coupons:write`."
        ),
        tags=["codes"],
        responses={
            (200, "text/csv"): OpenApiResponse(
                OpenApiTypes.STR,
                "One line per code.",
                [OpenApiExample("codes", value="code,uses,held,redeemed\r\nMAY4Q8ZK2M9T7XB,1,0,0\r\n")],
            ),
            **refusals("not_found", "server_key_required"),
        },
    )
    def get(self, request: Request, uid: UUID) -> StreamingHttpResponse:
        batch = _find(self.key.channel, uid)
        headers = {"Content-Disposition": f'attachment; filename="codes-{batch.uid}.csv"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(export_codes(batch=batch), content_type="text/csv; charset=utf-8", headers=headers)


def batch_body(batch: CodeBatch) -> dict[str, Any]:
    """CodeBatchSerializer documents it. Reads `coupon`: select it."""
    return {
        "batch": batch.uid,
        "coupon": batch.coupon.uid,
        "name": batch.name,
        "prefix": batch.prefix,
        "size": batch.size,
        "generated": batch.generated_n,
        "uses_per_code": batch.uses_per_code,
        "usage_limit": batch.usage_limit,
        "status": batch.status,
        "error": batch.error,
        "created_at": batch.created_at,
        "finished_at": batch.finished_at,
        "self": reverse("code-batch", args=[batch.uid]),
        "codes": reverse("codes-csv", args=[batch.uid]),
    }


def _find(channel: Channel, uid: UUID) -> CodeBatch:
    rows = CodeBatch.objects.select_related("coupon").filter(uid=uid, coupon__campaign__channel=channel)
    batch = rows.first()
    if batch is None:
        raise NotFound("There is no such batch here")
    return batch


def _enqueue(batch_id: int) -> None:
    """Without a task queue the batch stays pending, as its status says; the answer has been given already."""
    try:
        tasks.generate_codes.delay(batch_id)
    except (BrokerError, OSError):
        logger.exception("Code batch %s could not be queued; run the task again", batch_id)
