"""GET /api/v1/recommendations: ranked coupons of one shopper, each with its benefit, validity and reason."""

import logging
from time import perf_counter
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coupons.api.benefit_body import BenefitSerializer
from coupons.api.documented import OF_BROWSERS, SHOPPER_TOKEN_HEADER, refusals
from coupons.api.schema import PROBLEM_MEDIA_TYPE, problem_response
from coupons.api.views import KeyedView
from coupons.api.where_input import location_in
from coupons.enums import Scope
from coupons.models import Channel
from coupons.nearby import DEFAULT_RADIUS_M, Location
from recommender.answer_times import clock
from recommender.api.parameters import MAX_SHOPPER_LENGTH, RecommendationQuery, read_recommendation_query
from recommender.api.quick import quick_answer
from recommender.api.slate_body import slate_body
from recommender.enums import Fallback
from recommender.selectors import Freshness, Source, recommend_for
from recommender.selectors.slate import DEFAULT_LIMIT, MAX_LIMIT
from recommender.services import record_impressions

logger = logging.getLogger(__name__)


class CampaignSerializer(serializers.Serializer[object]):
    external_id = serializers.CharField()
    name = serializers.CharField()


class ReasonSerializer(serializers.Serializer[object]):
    code = serializers.CharField(help_text="Stable; for programs.")
    text = serializers.CharField(help_text="For the shopper.")


class PlaceSerializer(serializers.Serializer[object]):
    external_id = serializers.CharField()
    name = serializers.CharField()
    distance_m = serializers.IntegerField(help_text="Metres from the location of the request, as the crow flies.")


class ItemSerializer(serializers.Serializer[object]):
    coupon = serializers.UUIDField(help_text="The coupon's public id; events name it.")
    external_id = serializers.CharField(help_text="The coupon's id in the shop's own system.")
    title = serializers.CharField()
    benefit = BenefitSerializer()
    campaign = CampaignSerializer()
    valid_from = serializers.DateTimeField()
    valid_until = serializers.DateTimeField(help_text="The first instant at which it is not valid any more.")
    min_spend_minor = serializers.IntegerField()
    min_quantity = serializers.IntegerField(help_text="Covered items that it asks for; 0 and 1 are no condition.")
    score = serializers.FloatField(
        allow_null=True, help_text="Probability of a redemption where `source` is personal; popularity otherwise."
    )
    position = serializers.IntegerField(help_text="1 is the first.")
    reason = ReasonSerializer()
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field of that name; Serializer collects it
        choices=[source.value for source in Source]
    )
    place = PlaceSerializer(required=False, help_text="The nearest open place, with a location and for store coupons.")


class SlateSerializer(serializers.Serializer[object]):
    """An answer. It has been written down under `slate_id`; send that with clicks, claims and redemptions."""

    slate_id = serializers.UUIDField()
    shopper = serializers.CharField()
    model_version = serializers.IntegerField(allow_null=True)
    fallback = serializers.ChoiceField(
        choices=[choice for choice in Fallback.choices if choice[0]],
        allow_null=True,
        help_text="Why no coupon is personal; null where at least one is.",
    )
    freshness = serializers.ChoiceField(
        choices=[freshness.value for freshness in Freshness],
        help_text=(
            "live: the personal places count what the shopper did since they were computed. published: nothing was "
            "done since. stale: something was, and could not be counted. none: no place is personal."
        ),
    )
    generated_at = serializers.DateTimeField()
    items = ItemSerializer(many=True)


EXAMPLE: dict[str, Any] = {
    "slate_id": "3f0f5c62-70a1-4a44-9c38-8d6f1f0f8f39",
    "shopper": "1823",
    "model_version": 4,
    "fallback": None,
    "freshness": "published",
    "generated_at": "2026-05-01T12:30:00Z",
    "items": [
        {
            "coupon": "b8c5bd44-8b7e-4f5e-a9f7-5f7f0a7f4f10",
            "external_id": "57940011075",
            "title": "$1.00 off yogurt",
            "benefit": {
                "type": "amount",
                "amount_minor": 100,
                "percent_bp": None,
                "currency": "USD",
                "text": "$1.00 off",
            },
            "campaign": {"external_id": "20", "name": "Spring saver"},
            "valid_from": "2026-04-20T00:00:00Z",
            "valid_until": "2026-05-18T00:00:00Z",
            "min_spend_minor": 0,
            "min_quantity": 1,
            "score": 0.041,
            "position": 1,
            "reason": {"code": "interest", "text": "Because you often shop for yogurt"},
            "source": "personal",
        }
    ],
}


class RecommendationsView(KeyedView):
    """Coupons for one shopper."""

    required_scope = Scope.READ_RECOMMENDATIONS
    open_to_browsers = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Nearly every call comes from a shop's server and has nothing wrong in it."""
        started = perf_counter()
        try:
            return _quick(request) or super().dispatch(request, *args, **kwargs)
        finally:
            clock.note(perf_counter() - started)

    @extend_schema(
        operation_id="recommendations_read",
        summary="Coupons for one shopper, best first",
        description=(
            "Every coupon was eligible for this shopper at the instant of the answer. A shopper that is not known "
            "gets what is popular, and `fallback` says why. The answer is logged as an impression."
        ),
        tags=["recommendations"],
        parameters=[
            SHOPPER_TOKEN_HEADER,
            OpenApiParameter(
                "shopper",
                str,
                description=(
                    f"The shopper's id in the shop's own system, at most {MAX_SHOPPER_LENGTH} characters. Needed with "
                    "a server's key; a browser's has its own."
                ),
            ),
            OpenApiParameter("limit", int, description=f"1 to {MAX_LIMIT} coupons; {DEFAULT_LIMIT} if left out."),
            OpenApiParameter(
                "cart_total",
                int,
                description="Minor units. Leaves out coupons that ask for a larger purchase.",
            ),
            OpenApiParameter(
                "lat",
                float,
                description=(
                    "Where the shopper is, in degrees, with `lon`. Leaves out store coupons whose places are closed or "
                    "too far, names the nearest place of the others, and puts near ones higher. Kept nowhere."
                ),
            ),
            OpenApiParameter("lon", float, description="Degrees, east positive."),
            OpenApiParameter(
                "radius_m", int, description=f"How far the shopper would go, in metres; {DEFAULT_RADIUS_M} if left out."
            ),
            OpenApiParameter("place", str, description="External id of the place the shopper is in."),
            OpenApiParameter("channel", str, description="Must be the key's own channel where it is given."),
        ],
        responses={
            200: OpenApiResponse(SlateSerializer, examples=[OpenApiExample("personal", value=EXAMPLE)]),
            (400, PROBLEM_MEDIA_TYPE): problem_response(
                "A parameter is wrong; `errors` names each with its value.",
                (400, "invalid_parameter", "limit: is not a whole number from 1 to 50"),
            ),
            **refusals(*OF_BROWSERS),
        },
    )
    def get(self, request: Request) -> Response:
        channel = self.key.channel
        query = read_recommendation_query(self._own_parameters(request), channel=channel.slug)
        slate = recommend_for(
            channel=channel,
            shopper_external_id=query.shopper,
            now=timezone.now(),
            limit=query.limit,
            cart_total_minor=query.cart_total_minor,
            location=_location(query, channel),
        )
        record_impressions(slate=slate)
        return Response(slate_body(slate, channel), headers={"Cache-Control": "no-store"})

    def _own_parameters(self, request: Request) -> dict[str, str]:
        """The query's parameters; a browser's own shopper is filled in."""
        given = request.query_params.dict()
        own = self.own(given.get("shopper"))
        return given if own is None else {**given, "shopper": own}


def _location(query: RecommendationQuery, channel: Channel) -> Location | None:
    """Raises Problem 400 for a place that is not the channel's."""
    if query.place is not None:
        return location_in(query.place, channel)
    if query.latitude is None or query.longitude is None:
        return None
    return Location(query.latitude, query.longitude, query.radius_m)


def _quick(request: HttpRequest) -> HttpResponse | None:
    """The quick answer; None where it failed: the view asks again, and knows how to say no."""
    # the first statement says whether the connection still stands; asking beforehand would be a round trip more
    connection.health_check_done = True  # type: ignore[attr-defined]  # Django's own, and not in its stubs
    try:
        return quick_answer(request)
    except (OperationalError, InterfaceError) as error:
        logger.warning("The quick way to an answer failed: %s", error)
        if not connection.in_atomic_block:
            connection.close()
        return None
    except Exception:
        # whatever it is, the view either answers or reports it as a problem document
        logger.exception("The quick way to an answer failed")
        return None
