"""POST /api/v1/feedback: what became of an answer, told by its `slate_id`."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coupons.api.documented import OF_BODIES, OF_BROWSERS, SHOPPER_TOKEN_HEADER, refusals
from coupons.api.endpoints import EngineView
from coupons.api.fields import PublicId, StrictSerializer, read_body
from coupons.api.problems import Fault, Problem, invalid_parameters
from coupons.enums import Scope
from recommender.api.events import BatchResultSerializer, batch_result_body
from recommender.event_input import MAX_ID_LENGTH
from recommender.services import record_feedback
from recommender.services.feedback import KINDS, MAX_FEEDBACK, FeedbackItem, ShopperNeededError

SERVER_KINDS = frozenset({"redemption"})


class FeedbackItemSerializer(StrictSerializer):
    kind = serializers.ChoiceField(
        choices=list(KINDS),
        help_text="dismiss: not for me. The coupon is never shown again to this person, in any channel.",
    )
    coupon = PublicId(help_text="A coupon of the answer.")
    rating = serializers.IntegerField(
        min_value=1, max_value=5, required=False, allow_null=True, help_text="1 to 5, with a rating."
    )
    order_ref = serializers.CharField(max_length=MAX_ID_LENGTH, required=False, allow_null=True)
    occurred_at = serializers.DateTimeField(required=False, allow_null=True, help_text="With its zone.")


class FeedbackSerializer(StrictSerializer):
    """Reactions to one answer. Sending them again is safe: each counts once."""

    slate_id = PublicId(help_text="The answer's id, as GET recommendations gave it.")
    shopper = serializers.CharField(
        max_length=MAX_ID_LENGTH,
        required=False,
        allow_null=True,
        help_text="Needed only where the answer was given to somebody unknown.",
    )
    feedback = serializers.ListField(child=FeedbackItemSerializer(), min_length=1, max_length=MAX_FEEDBACK)


_COUPON = "b8c5bd44-8b7e-4f5e-a9f7-5f7f0a7f4f10"
_REQUEST = {
    "slate_id": "3f0f5c62-70a1-4a44-9c38-8d6f1f0f8f39",
    "feedback": [{"kind": "seen", "coupon": _COUPON}, {"kind": "dismiss", "coupon": _COUPON}],
}
_RESULT = {"index": 0, "event_id": "fb:7c1d", "status": "accepted", "field": None, "reason": None, "value": None}
_ANSWER = {"accepted": 2, "duplicate": 0, "rejected": 0, "results": [_RESULT, {**_RESULT, "index": 1}]}


class FeedbackView(EngineView):
    """Reactions to answers."""

    scopes = {"POST": Scope.WRITE_EVENTS}
    open_to_browsers = True

    @extend_schema(
        operation_id="feedback_write",
        summary="Tell what became of an answer",
        description=(
            "seen, click, dismiss, claim, redemption and rating of the coupons of one answer. The next training reads "
            "them, and every measure of a model counts them. A browser does not tell of redemptions."
        ),
        tags=["recommendations"],
        parameters=[SHOPPER_TOKEN_HEADER],
        request=FeedbackSerializer,
        examples=[OpenApiExample("seen and put away", value=_REQUEST, request_only=True)],
        responses={
            200: OpenApiResponse(
                BatchResultSerializer,
                "Each reaction with what became of it; one that was not in the answer is rejected.",
                [OpenApiExample("accepted", value=_ANSWER)],
            ),
            **refusals(*OF_BODIES, *OF_BROWSERS, "server_key_required", "not_found"),
        },
    )
    def post(self, request: Request) -> Response:
        data = read_body(FeedbackSerializer, request.data)
        items = [_item(entry) for entry in data["feedback"]]
        self._refuse_untold(items)
        try:
            results = record_feedback(
                channel=self.key.channel,
                slate_id=data["slate_id"],
                shopper=self.own(data.get("shopper")),
                items=items,
                now=timezone.now(),
            )
        except ShopperNeededError as error:
            raise invalid_parameters([Fault(field="shopper", value=None, reason=str(error))]) from None
        return Response(batch_result_body(results))

    def _refuse_untold(self, items: list[FeedbackItem]) -> None:
        if self.from_browser and any(item.kind in SERVER_KINDS for item in items):
            detail = "A redemption is told by the shop's server, which knows that it happened."
            raise Problem(status=403, code="server_key_required", detail=detail)


def _item(entry: dict[str, Any]) -> FeedbackItem:
    moment = entry.get("occurred_at")
    return FeedbackItem(
        kind=entry["kind"],
        coupon=entry["coupon"],
        rating=entry.get("rating"),
        order_ref=entry.get("order_ref"),
        occurred_at=moment.isoformat() if moment else None,
    )
