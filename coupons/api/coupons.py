"""/api/v1/coupons: coupons for machines."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coupons.api.campaigns import find_campaign
from coupons.api.coupon_body import (
    COUPON_EXAMPLE,
    COUPON_REQUEST_EXAMPLE,
    CouponChangesSerializer,
    CouponRequestSerializer,
    CouponSerializer,
    benefit_spec,
    coupon_body,
    coupon_rows,
    target_specs,
)
from coupons.api.documented import ETAG_HEADER, IF_MATCH_HEADER, OF_BODIES, refusals
from coupons.api.endpoints import EngineView
from coupons.api.fields import read_body
from coupons.api.filters import text_filter
from coupons.api.paging import PAGE_PARAMETERS, page_example, page_of, page_serializer
from coupons.api.versions import etag, expected_version
from coupons.enums import Scope
from coupons.errors import NotFound
from coupons.models import Channel, Coupon
from coupons.services.drafts import create_coupon, delete_draft_coupon, update_coupon_terms

_ANSWER = OpenApiResponse(CouponSerializer, "As it stands.", [OpenApiExample("tiers", value=COUPON_EXAMPLE)])


class CouponsView(EngineView):
    scopes = {"GET": Scope.READ_COUPONS, "POST": Scope.WRITE_COUPONS}

    @extend_schema(
        operation_id="coupons_list",
        summary="Coupons, newest first",
        tags=["coupons"],
        parameters=[
            *PAGE_PARAMETERS,
            OpenApiParameter("campaign", str, description="The campaign's external id."),
            OpenApiParameter("external_id", str),
        ],
        responses={
            200: OpenApiResponse(
                page_serializer("CouponPage", CouponSerializer),
                "One page.",
                [OpenApiExample("page", value=page_example(COUPON_EXAMPLE))],
            ),
            **refusals("invalid_parameter", "server_key_required"),
        },
    )
    def get(self, request: Request) -> Response:
        given = request.query_params
        rows = Coupon.objects.filter(
            campaign__channel=self.key.channel,
            **text_filter(given, "campaign", "campaign__external_id"),
            **text_filter(given, "external_id", "external_id"),
        )
        return Response(page_of(coupon_rows(rows), given, coupon_body))

    @extend_schema(
        operation_id="coupons_create",
        summary="Make a coupon of a draft campaign",
        tags=["coupons"],
        parameters=[ETAG_HEADER],
        request=CouponRequestSerializer,
        examples=[OpenApiExample("tiers", value=COUPON_REQUEST_EXAMPLE, request_only=True)],
        responses={
            201: OpenApiResponse(CouponSerializer, "Made.", [OpenApiExample("tiers", value=COUPON_EXAMPLE)]),
            **refusals(*OF_BODIES, "server_key_required", "not_found", "already_exists", "state_conflict"),
        },
    )
    def post(self, request: Request) -> Response:
        data = read_body(CouponRequestSerializer, request.data)
        campaign = find_campaign(self.key.channel, data.pop("campaign"))
        benefit, targets = benefit_spec(data.pop("benefit")), target_specs(data.pop("targets", []))
        coupon = create_coupon(campaign=campaign, fields=data, benefit=benefit, targets=targets, actor=self.actor)
        return _answer(find_coupon(self.key.channel, coupon.uid), status=201)


class CouponView(EngineView):
    scopes = {"GET": Scope.READ_COUPONS, "PATCH": Scope.WRITE_COUPONS, "DELETE": Scope.WRITE_COUPONS}

    @extend_schema(
        operation_id="coupons_read",
        summary="One coupon",
        tags=["coupons"],
        parameters=[ETAG_HEADER],
        responses={200: _ANSWER, **refusals("not_found", "server_key_required")},
    )
    def get(self, request: Request, uid: UUID) -> Response:
        return _answer(find_coupon(self.key.channel, uid))

    @extend_schema(
        operation_id="coupons_update",
        summary="Change what is named and nothing else",
        description="`benefit` and `targets` are replaced as a whole where they are named.",
        tags=["coupons"],
        parameters=[IF_MATCH_HEADER, ETAG_HEADER],
        request=CouponChangesSerializer,
        examples=[OpenApiExample("deactivate", value={"active": False}, request_only=True)],
        responses={
            200: _ANSWER,
            **refusals(
                *OF_BODIES,
                *("server_key_required", "not_found", "state_conflict", "version_conflict", "limit_below_use"),
                "if_match_missing",
            ),
        },
    )
    def patch(self, request: Request, uid: UUID) -> Response:
        expected = expected_version(request)
        changes: dict[str, Any] = read_body(CouponChangesSerializer, request.data, partial=True)
        benefit, targets = changes.pop("benefit", None), changes.pop("targets", None)
        update_coupon_terms(
            coupon=find_coupon(self.key.channel, uid),
            changes=changes,
            benefit=None if benefit is None else benefit_spec(benefit),
            targets=None if targets is None else target_specs(targets),
            actor=self.actor,
            expected_version=expected,
        )
        return _answer(find_coupon(self.key.channel, uid))

    @extend_schema(
        operation_id="coupons_delete",
        summary="Delete a coupon of a draft that nobody has used",
        description="Anything else is deactivated.",
        tags=["coupons"],
        parameters=[IF_MATCH_HEADER],
        responses={
            204: OpenApiResponse(description="It is gone."),
            **refusals(
                *("invalid_parameter", "server_key_required", "not_found", "state_conflict", "version_conflict"),
                "if_match_missing",
            ),
        },
    )
    def delete(self, request: Request, uid: UUID) -> Response:
        expected = expected_version(request)
        coupon = find_coupon(self.key.channel, uid)
        delete_draft_coupon(coupon=coupon, actor=self.actor, expected_version=expected)
        return Response(status=204)


def find_coupon(channel: Channel, uid: UUID) -> Coupon:
    """Raises NotFound, for a coupon of another channel too."""
    coupon = coupon_rows(Coupon.objects.filter(campaign__channel=channel, uid=uid)).first()
    if coupon is None:
        raise NotFound("There is no such coupon here")
    return coupon


def _answer(coupon: Coupon, *, status: int = 200) -> Response:
    return Response(coupon_body(coupon), status=status, headers=etag(coupon.version))
