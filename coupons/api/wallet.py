"""GET and POST /api/v1/shoppers/{external_id}/coupons: the wallet, and claiming a coupon into it."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coupons.api.documented import (
    IDEMPOTENCY_HEADER,
    OF_BODIES,
    OF_BROWSERS,
    OF_KEYS,
    REPLAYED_HEADER,
    SHOPPER_TOKEN_HEADER,
    refusals,
)
from coupons.api.endpoints import EngineView
from coupons.api.fields import PublicId, StrictSerializer, read_body
from coupons.api.filters import choice_filter
from coupons.api.paging import PAGE_PARAMETERS, page_example, page_of, page_serializer
from coupons.api.wallet_body import GRANT_EXAMPLE, GrantSerializer, grant_body, grant_rows
from coupons.enums import GrantSource, GrantStatus, Scope
from coupons.errors import NotFound
from coupons.models import CouponGrant, Shopper
from coupons.services import claim_coupon, resolve_shopper


class ClaimSerializer(StrictSerializer):
    coupon = PublicId(help_text="The coupon's public id.")
    slate_id = PublicId(required=False, allow_null=True, help_text="The recommendation it was taken from.")


class WalletView(EngineView):
    """A shopper's coupons."""

    scopes = {"GET": Scope.READ_WALLET, "POST": Scope.WRITE_WALLET}
    open_to_browsers = True

    @extend_schema(
        operation_id="wallet_list",
        summary="A shopper's coupons, newest first",
        tags=["wallet"],
        parameters=[SHOPPER_TOKEN_HEADER, *PAGE_PARAMETERS, OpenApiParameter("status", str, enum=GrantStatus.values)],
        responses={
            200: OpenApiResponse(
                page_serializer("WalletPage", GrantSerializer),
                "One page.",
                [OpenApiExample("page", value=page_example(GRANT_EXAMPLE))],
            ),
            **refusals("invalid_parameter", "not_found", *OF_BROWSERS),
        },
    )
    def get(self, request: Request, external_id: str) -> Response:
        self.own(external_id)
        shopper = Shopper.objects.filter(channel=self.key.channel, external_id=external_id).first()
        if shopper is None:
            raise NotFound("There is no such shopper here")
        chosen = choice_filter(request.query_params, "status", "status", GrantStatus.values)
        rows = grant_rows(CouponGrant.objects.filter(shopper=shopper, **chosen))
        return Response(page_of(rows, request.query_params, grant_body), headers={"Cache-Control": "no-store"})

    @extend_schema(
        operation_id="wallet_claim",
        summary="Claim a coupon",
        description="Puts it into the wallet, once while it is unused; 409 gives the one that is there already.",
        tags=["wallet"],
        parameters=[SHOPPER_TOKEN_HEADER, IDEMPOTENCY_HEADER, REPLAYED_HEADER],
        request=ClaimSerializer,
        examples=[OpenApiExample("claim", value={"coupon": "b8c5bd44-8b7e-4f5e-a9f7-5f7f0a7f4f10"}, request_only=True)],
        responses={
            201: OpenApiResponse(
                GrantSerializer, "It is in the wallet.", [OpenApiExample("claimed", value=GRANT_EXAMPLE)]
            ),
            **refusals(
                *OF_BODIES,
                *OF_KEYS,
                *OF_BROWSERS,
                *("not_found", "already_claimed", "campaign_ended", "pool_exhausted", "not_eligible"),
                *("usage_limit_reached", "shopper_limit_reached", "budget_exhausted", "contention"),
            ),
        },
    )
    def post(self, request: Request, external_id: str) -> HttpResponse:
        self.own(external_id)
        data = read_body(ClaimSerializer, request.data)
        channel = self.key.channel

        def effect() -> tuple[int, Any]:
            grant = claim_coupon(
                channel=channel,
                shopper=resolve_shopper(channel=channel, external_id=external_id),
                coupon_uid=data["coupon"],
                now=timezone.now(),
                source=GrantSource.CLAIM,
                slate_id=data.get("slate_id"),
            )
            return 201, grant_body(grant_rows(CouponGrant.objects.all()).get(pk=grant.pk))

        return self.once(effect)
