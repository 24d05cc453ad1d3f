"""GET /api/v1/shoppers/{external_id}/interests: what was learnt of a shopper, and what just changed it."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coupons.api.documented import OF_BROWSERS, SHOPPER_TOKEN_HEADER, refusals
from coupons.api.endpoints import check_address
from coupons.api.views import KeyedView
from coupons.enums import Scope
from recommender.api.parameters import read_limit_of
from recommender.enums import EventKind, Fallback
from recommender.selectors.interests import InterestView, interests_of
from recommender.selectors.places import Freshness

DEFAULT_LIMIT = 12
MAX_LIMIT = 100


class InterestSerializer(serializers.Serializer[object]):
    category = serializers.CharField(help_text="Its path in the catalog, outermost first, joined by ` > `.")
    name = serializers.CharField(help_text="Its last part alone.")
    before = serializers.FloatField(help_text="As last computed from everything: a probability from 0 to 1.")
    now = serializers.FloatField(help_text="With what the shopper did since.")
    change = serializers.FloatField(help_text="`now` less `before`.")
    acts = serializers.IntegerField(help_text="Things the shopper did in this category since.")


class ActSerializer(serializers.Serializer[object]):
    kind = serializers.ChoiceField(choices=[kind.slug for kind in EventKind])
    product = serializers.CharField(allow_null=True)
    title = serializers.CharField(allow_null=True)
    category = serializers.CharField(allow_null=True, help_text="Null for one that the model does not know.")
    occurred_at = serializers.DateTimeField()


class InterestsSerializer(serializers.Serializer[object]):
    """Interests, strongest first, and the behaviour since the last computation, newest first."""

    shopper = serializers.CharField()
    model_version = serializers.IntegerField(allow_null=True)
    as_of = serializers.DateTimeField(allow_null=True, help_text="The last computation; null for somebody new.")
    freshness = serializers.ChoiceField(
        choices=[freshness.value for freshness in Freshness],
        help_text="live: what was done since is counted. published: nothing was done. none: there are no interests.",
    )
    fallback = serializers.ChoiceField(
        choices=[choice for choice in Fallback.choices if choice[0]],
        allow_null=True,
        help_text="Why there are no interests; null where there are.",
    )
    interests = InterestSerializer(many=True)
    acts = ActSerializer(many=True)


_EXAMPLE = {
    "shopper": "1823",
    "model_version": 4,
    "as_of": "2026-05-01T03:10:00Z",
    "freshness": "live",
    "fallback": None,
    "interests": [
        {
            "category": "GROCERY > YOGURT",
            "name": "YOGURT",
            "before": 0.214,
            "now": 0.381,
            "change": 0.167,
            "acts": 3,
        }
    ],
    "acts": [
        {
            "kind": "view",
            "product": "1029743",
            "title": "Strawberry yogurt",
            "category": "GROCERY > YOGURT",
            "occurred_at": "2026-05-01T12:29:58Z",
        }
    ],
}


class InterestsView(KeyedView):
    """A shopper's interests."""

    required_scope = Scope.READ_RECOMMENDATIONS
    open_to_browsers = True

    @extend_schema(
        operation_id="interests_read",
        summary="What was learnt of a shopper, and what just changed it",
        description="Half of the list are the interests that moved most since the last computation, where any did.",
        tags=["recommendations"],
        parameters=[
            SHOPPER_TOKEN_HEADER,
            OpenApiParameter("limit", int, description=f"1 to {MAX_LIMIT} interests; {DEFAULT_LIMIT} if left out."),
        ],
        responses={
            200: OpenApiResponse(InterestsSerializer, examples=[OpenApiExample("moved", value=_EXAMPLE)]),
            **refusals("invalid_parameter", *OF_BROWSERS),
        },
    )
    def get(self, request: Request, external_id: str) -> Response:
        check_address({"external_id": external_id})
        self.own(external_id)
        limit = read_limit_of(request.query_params, most=MAX_LIMIT, default=DEFAULT_LIMIT)
        view = interests_of(channel=self.key.channel, shopper_external_id=external_id, now=timezone.now(), limit=limit)
        return Response(_body(view), headers={"Cache-Control": "no-store"})


def _body(view: InterestView) -> dict[str, Any]:
    return {
        "shopper": view.shopper,
        "model_version": view.model_version,
        "as_of": view.as_of,
        "freshness": view.freshness.value,
        "fallback": view.fallback.value or None,
        "interests": [
            {
                "category": interest.category,
                "name": interest.category.rsplit(" > ", 1)[-1],
                "before": interest.before,
                "now": interest.now,
                "change": round(interest.now - interest.before, 6),
                "acts": interest.acts,
            }
            for interest in view.interests
        ],
        "acts": [
            {
                "kind": act.kind.slug,
                "product": act.product,
                "title": act.title,
                "category": act.category,
                "occurred_at": act.occurred_at,
            }
            for act in view.acts
        ],
    }
