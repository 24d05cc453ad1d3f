"""POST /api/v1/events: what shoppers did, in batches, each event once."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coupons.api.documented import OF_BROWSERS, SHOPPER_TOKEN_HEADER, refusals
from coupons.api.problems import Problem
from coupons.api.schema import PROBLEM_MEDIA_TYPE, problem_response
from coupons.api.views import KeyedView
from coupons.enums import Scope
from recommender.event_input import KINDS, MAX_ID_LENGTH
from recommender.services import EventResult, EventStatus, record_events
from recommender.services.events import MAX_EVENTS

SERVER_KINDS = {"purchase", "redemption"}
"""What a browser could only claim: trained on, it would let anybody invent sales."""


class EventSerializer(serializers.Serializer[object]):
    """One thing a shopper did. Money is in minor units of the channel's currency."""

    event_id = serializers.CharField(max_length=MAX_ID_LENGTH, help_text="The client's own; counts once.")
    shopper = serializers.CharField(max_length=MAX_ID_LENGTH, help_text="The shop's own id; made known if new.")
    kind = serializers.ChoiceField(choices=list(KINDS))
    occurred_at = serializers.DateTimeField(required=False, help_text="With its zone; now if left out.")
    product = serializers.CharField(required=False, allow_null=True, help_text="The shop's own id of a product.")
    coupon = serializers.UUIDField(required=False, allow_null=True)
    order_ref = serializers.CharField(max_length=MAX_ID_LENGTH, required=False, allow_null=True)
    quantity = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False, allow_null=True)
    value_minor = serializers.IntegerField(required=False, allow_null=True)
    discount_minor = serializers.IntegerField(
        min_value=0, required=False, allow_null=True, help_text="The shop's own price cut."
    )
    coupon_discount_minor = serializers.IntegerField(min_value=0, required=False, allow_null=True)
    rating = serializers.IntegerField(min_value=1, max_value=5, required=False, allow_null=True)
    slate_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="The recommendation that the shopper acted on."
    )
    properties = serializers.DictField(required=False, allow_null=True, help_text="Anything else, at most 8 KiB.")


class BatchSerializer(serializers.Serializer[object]):
    events = serializers.ListField(child=EventSerializer(), min_length=1, max_length=MAX_EVENTS)


class EventResultSerializer(serializers.Serializer[object]):
    index = serializers.IntegerField(help_text="Place in the batch, from 0.")
    event_id = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(choices=[status.value for status in EventStatus])
    field = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    value = serializers.JSONField(allow_null=True)


class BatchResultSerializer(serializers.Serializer[object]):
    accepted = serializers.IntegerField()
    duplicate = serializers.IntegerField(help_text="Had been accepted before: nothing was stored again.")
    rejected = serializers.IntegerField(help_text="Kept aside whole, for the operator to look at.")
    results = EventResultSerializer(many=True)


_REQUEST = {
    "events": [
        {
            "event_id": "order-1001-1",
            "shopper": "1823",
            "kind": "purchase",
            "occurred_at": "2026-05-01T12:30:00Z",
            "product": "1029743",
            "order_ref": "1001",
            "quantity": 2,
            "value_minor": 598,
        }
    ]
}
_ACCEPTED = {
    "accepted": 1,
    "duplicate": 0,
    "rejected": 0,
    "results": [
        {"index": 0, "event_id": "order-1001-1", "status": "accepted", "field": None, "reason": None, "value": None}
    ],
}
_REJECTED = {
    "accepted": 0,
    "duplicate": 0,
    "rejected": 1,
    "results": [
        {
            "index": 0,
            "event_id": "order-1001-1",
            "status": "rejected",
            "field": "product",
            "reason": "is not in the catalog",
            "value": "1029743x",
        }
    ],
}


class EventsView(KeyedView):
    """Behaviour events."""

    required_scope = Scope.WRITE_EVENTS
    open_to_browsers = True

    @extend_schema(
        operation_id="events_write",
        summary="Send behaviour events",
        description=(
            f"1 to {MAX_EVENTS} events; a bare list is accepted too. Sending a batch again is safe: an `event_id` "
            "counts once in its channel. Good events are stored even where others of the batch are rejected."
        ),
        tags=["events"],
        parameters=[SHOPPER_TOKEN_HEADER],
        request=BatchSerializer,
        examples=[OpenApiExample("purchase", value=_REQUEST, request_only=True)],
        responses={
            200: OpenApiResponse(
                BatchResultSerializer,
                "Every event is stored, now or before.",
                [OpenApiExample("accepted", value=_ACCEPTED)],
            ),
            207: OpenApiResponse(
                BatchResultSerializer,
                "At least one event was rejected.",
                [OpenApiExample("rejected", value=_REJECTED)],
            ),
            (400, PROBLEM_MEDIA_TYPE): problem_response(
                "The body is not a batch.",
                (400, "malformed", "The body is not JSON: unexpected end of data"),
                (400, "too_many_events", "1200 events; at most 1000 fit in one call."),
            ),
            (413, PROBLEM_MEDIA_TYPE): problem_response(
                "The body is too large.", (413, "body_too_large", "The body is larger than 5000000 bytes.")
            ),
            **refusals(*OF_BROWSERS, "server_key_required"),
        },
    )
    def post(self, request: Request) -> Response:
        items = read_batch(request.data)
        if self.from_browser:
            items = [self._own_event(item) for item in items]
        results = record_events(channel=self.key.channel, items=items, now=timezone.now())
        body = batch_result_body(results)
        return Response(body, status=207 if body[EventStatus.REJECTED.value] else 200)

    def _own_event(self, item: Any) -> Any:
        """A browser tells of its own shopper, whom it need not name, and only what happens in a browser."""
        if not isinstance(item, dict):
            return item
        kind = item.get("kind")
        if isinstance(kind, str) and kind in SERVER_KINDS:
            detail = f"A {kind} is told by the shop's server, which knows that it happened."
            raise Problem(status=403, code="server_key_required", detail=detail)
        named = item.get("shopper")
        return {**item, "shopper": self.own(named if isinstance(named, str) or named is None else repr(named))}


def read_batch(body: Any) -> list[Any]:
    """The batch's elements, unchecked. Raises Problem 400 where the body holds no list of 1 to MAX_EVENTS."""
    items = body.get("events") if isinstance(body, dict) else body
    if not isinstance(items, list):
        raise Problem(status=400, code="malformed", detail='Send {"events": [...]} or a list of events.')
    if not items:
        raise Problem(status=400, code="no_events", detail="The batch is empty.")
    if len(items) > MAX_EVENTS:
        raise Problem(
            status=400, code="too_many_events", detail=f"{len(items)} events; at most {MAX_EVENTS} fit in one call."
        )
    return items


def batch_result_body(results: Sequence[EventResult]) -> dict[str, Any]:
    """How many of each status, and each element's result."""
    counts = Counter(result.status for result in results)
    body: dict[str, Any] = {status.value: counts[status] for status in EventStatus}
    return {**body, "results": [_result_body(result) for result in results]}


def _result_body(result: EventResult) -> dict[str, Any]:
    return {
        "index": result.index,
        "event_id": result.event_id,
        "status": result.status.value,
        "field": result.field,
        "reason": result.reason,
        "value": result.value,
    }
