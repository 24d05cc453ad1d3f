"""GET /api/v1/recommendations/popular: what stands in where a personal answer is late, the same for everybody."""

import logging
from contextlib import suppress
from typing import Any

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coupons.api.documented import OF_BROWSERS, SHOPPER_TOKEN_HEADER, refusals
from coupons.api.throttling import NO_ANSWER
from coupons.api.views import KeyedView
from coupons.enums import Scope
from coupons.models import Channel
from recommender.api.parameters import read_limit
from recommender.api.recommendations import EXAMPLE, ItemSerializer
from recommender.api.slate_body import slate_body
from recommender.selectors import recommend_for
from recommender.selectors.deciding import hidden_by_history
from recommender.selectors.rules import channel_rules
from recommender.selectors.slate import DEFAULT_LIMIT, MAX_LIMIT

logger = logging.getLogger(__name__)

KEPT_SECONDS = 60
_POPULAR = {"code": "popular", "text": "Popular with other shoppers"}


class PopularSerializer(serializers.Serializer[object]):
    """No `slate_id`: nothing was written down, so nothing can be attributed to it."""

    generated_at = serializers.DateTimeField()
    items = ItemSerializer(many=True)


class PopularView(KeyedView):
    """Popular coupons."""

    required_scope = Scope.READ_RECOMMENDATIONS
    open_to_browsers = True

    @extend_schema(
        operation_id="recommendations_popular",
        summary="Coupons that are popular now",
        description=(
            f"For anybody: eligible without an account. At most {KEPT_SECONDS} seconds old. Nothing is logged. A "
            "browser's own shopper does not see what they dismissed or, by the live policy, were shown often enough."
        ),
        tags=["recommendations"],
        parameters=[
            SHOPPER_TOKEN_HEADER,
            OpenApiParameter("limit", int, description=f"1 to {MAX_LIMIT} coupons; {DEFAULT_LIMIT} if left out."),
        ],
        responses={
            200: OpenApiResponse(
                PopularSerializer,
                "Best first.",
                [
                    OpenApiExample(
                        "popular",
                        value={
                            "generated_at": EXAMPLE["generated_at"],
                            "items": [{**EXAMPLE["items"][0], "source": "popular", "reason": _POPULAR}],
                        },
                    )
                ],
            ),
            **refusals("invalid_parameter", *OF_BROWSERS),
        },
    )
    def get(self, request: Request) -> Response:
        body = popular_body(self.key.channel, read_limit(request.query_params), self.shopper or "")
        return Response(body, headers={"Cache-Control": "no-store"})


def popular_body(channel: Channel, limit: int, shopper: str = "") -> dict[str, Any]:
    """The list that is kept for all, without what a named `shopper` (external id) put away or saw often enough.

    Another policy that goes live is another list at once: what it excludes is gone.
    """
    kept = _kept(channel, MAX_LIMIT if shopper else limit)
    items, coupons = kept["items"], kept["coupons"]
    if shopper and coupons:
        hidden = hidden_by_history(channel=channel, shopper=shopper, coupons=coupons, now=timezone.now())
        items = [item for item, coupon in zip(items, coupons, strict=True) if coupon not in hidden]
        items = [{**item, "position": place} for place, item in enumerate(items[:limit], start=1)]
    return {"generated_at": kept["generated_at"], "items": items}


def _kept(channel: Channel, limit: int) -> dict[str, Any]:
    """The list for everybody, kept for KEPT_SECONDS in each language; anew where Redis does not answer."""
    live = channel_rules(channel.pk).live
    name = f"popular:{channel.pk}:{live.policy_id if live else 0}:{limit}:{get_language()}"
    try:
        kept: dict[str, Any] | None = cache.get(name)
    except NO_ANSWER as error:
        logger.warning("Popular coupons are not cached, Redis does not answer: %s", error)
        return _worked_out(channel, limit)
    if kept is None:
        kept = _worked_out(channel, limit)
        with suppress(*NO_ANSWER):  # gone meanwhile: the next answer says so
            cache.set(name, kept, KEPT_SECONDS)
    return kept


def _worked_out(channel: Channel, limit: int) -> dict[str, Any]:
    slate = recommend_for(channel=channel, shopper_external_id="", now=timezone.now(), limit=limit)
    return {
        "generated_at": slate.generated_at,
        "items": slate_body(slate, channel)["items"],
        "coupons": [item.coupon.pk for item in slate.items],
    }
