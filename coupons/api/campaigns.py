"""/api/v1/campaigns: campaigns for machines, and the steps of their approval."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coupons import services
from coupons.api.campaign_body import (
    CAMPAIGN_EXAMPLE,
    CAMPAIGN_REQUEST_EXAMPLE,
    CampaignChangesSerializer,
    CampaignRequestSerializer,
    FullCampaignSerializer,
    campaign_body,
    campaign_fields,
)
from coupons.api.documented import ETAG_HEADER, IF_MATCH_HEADER, OF_BODIES, refusals
from coupons.api.endpoints import EngineView
from coupons.api.fields import NothingSerializer, read_body
from coupons.api.filters import choice_filter
from coupons.api.paging import PAGE_PARAMETERS, page_example, page_of, page_serializer
from coupons.api.versions import etag, expected_version
from coupons.enums import CampaignStatus, Scope
from coupons.errors import NotFound
from coupons.models import Campaign, Channel
from coupons.services.drafts import create_campaign, delete_draft_campaign

_ANSWER = OpenApiResponse(FullCampaignSerializer, "As it stands.", [OpenApiExample("draft", value=CAMPAIGN_EXAMPLE)])


class CampaignsView(EngineView):
    scopes = {"GET": Scope.READ_COUPONS, "POST": Scope.WRITE_CAMPAIGNS}

    @extend_schema(
        operation_id="campaigns_list",
        summary="Campaigns, newest first",
        tags=["campaigns"],
        parameters=[*PAGE_PARAMETERS, OpenApiParameter("status", str, enum=CampaignStatus.values)],
        responses={
            200: OpenApiResponse(
                page_serializer("CampaignPage", FullCampaignSerializer),
                "One page.",
                [OpenApiExample("page", value=page_example(CAMPAIGN_EXAMPLE))],
            ),
            **refusals("invalid_parameter", "server_key_required"),
        },
    )
    def get(self, request: Request) -> Response:
        now = timezone.now()
        chosen = choice_filter(request.query_params, "status", "status", CampaignStatus.values)
        rows = Campaign.objects.filter(channel=self.key.channel, **chosen).select_related("stacking_group")
        return Response(page_of(rows, request.query_params, lambda row: campaign_body(row, now)))

    @extend_schema(
        operation_id="campaigns_create",
        summary="Make a campaign, as a draft",
        tags=["campaigns"],
        parameters=[ETAG_HEADER],
        request=CampaignRequestSerializer,
        examples=[OpenApiExample("evenings", value=CAMPAIGN_REQUEST_EXAMPLE, request_only=True)],
        responses={
            201: OpenApiResponse(FullCampaignSerializer, "Made.", [OpenApiExample("draft", value=CAMPAIGN_EXAMPLE)]),
            **refusals(*OF_BODIES, "server_key_required", "already_exists"),
        },
    )
    def post(self, request: Request) -> Response:
        data = read_body(CampaignRequestSerializer, request.data)
        channel = self.key.channel
        campaign = create_campaign(channel=channel, fields=campaign_fields(data, channel=channel), actor=self.actor)
        return _answer(campaign, status=201)


class CampaignView(EngineView):
    scopes = {"GET": Scope.READ_COUPONS, "PATCH": Scope.WRITE_CAMPAIGNS, "DELETE": Scope.WRITE_CAMPAIGNS}

    @extend_schema(
        operation_id="campaigns_read",
        summary="One campaign",
        tags=["campaigns"],
        parameters=[ETAG_HEADER],
        responses={200: _ANSWER, **refusals("invalid_parameter", "not_found", "server_key_required")},
    )
    def get(self, request: Request, external_id: str) -> Response:
        return _answer(find_campaign(self.key.channel, external_id))

    @extend_schema(
        operation_id="campaigns_update",
        summary="Change what is named and nothing else",
        tags=["campaigns"],
        parameters=[IF_MATCH_HEADER, ETAG_HEADER],
        request=CampaignChangesSerializer,
        examples=[OpenApiExample("rename", value={"name": "Late saver"}, request_only=True)],
        responses={
            200: _ANSWER,
            **refusals(
                *OF_BODIES,
                *("server_key_required", "not_found", "state_conflict", "version_conflict", "if_match_missing"),
            ),
        },
    )
    def patch(self, request: Request, external_id: str) -> Response:
        expected = expected_version(request)
        data = read_body(CampaignChangesSerializer, request.data, partial=True)
        campaign = find_campaign(self.key.channel, external_id)
        changes = campaign_fields(data, channel=self.key.channel, now=campaign)
        services.update_campaign(campaign_id=campaign.pk, changes=changes, actor=self.actor, expected_version=expected)
        return _answer(find_campaign(self.key.channel, external_id))

    @extend_schema(
        operation_id="campaigns_delete",
        summary="Delete a draft without coupons",
        description="Anything else is archived.",
        tags=["campaigns"],
        parameters=[IF_MATCH_HEADER],
        responses={
            204: OpenApiResponse(description="It is gone."),
            **refusals(
                *("invalid_parameter", "server_key_required", "not_found", "state_conflict", "version_conflict"),
                "if_match_missing",
            ),
        },
    )
    def delete(self, request: Request, external_id: str) -> Response:
        expected = expected_version(request)
        campaign = find_campaign(self.key.channel, external_id)
        delete_draft_campaign(campaign=campaign, actor=self.actor, expected_version=expected)
        return Response(status=204)


def _step(action: str, scope: Scope, summary: str, *more: str) -> type[EngineView]:
    """The view of one step of the approval: POST /campaigns/{external_id}/{action}."""
    take: Callable[..., Campaign] = getattr(services, f"{action}_campaign")

    class StepView(EngineView):
        scopes = {"POST": scope}

        @extend_schema(
            operation_id=f"campaigns_{action}",
            summary=summary,
            tags=["campaigns"],
            parameters=[ETAG_HEADER],
            request=NothingSerializer,
            responses={
                200: _ANSWER,
                **refusals(*OF_BODIES, "server_key_required", "not_found", "state_conflict", *more),
            },
        )
        def post(self, request: Request, external_id: str) -> Response:
            read_body(NothingSerializer, request.data)
            campaign = find_campaign(self.key.channel, external_id)
            take(campaign_id=campaign.pk, actor=self.actor)
            return _answer(find_campaign(self.key.channel, external_id))

    StepView.__name__ = StepView.__qualname__ = f"{action.capitalize()}CampaignView"
    return StepView


STEPS: dict[str, type[EngineView]] = {
    "submit": _step("submit", Scope.WRITE_CAMPAIGNS, "Ask for approval"),
    "approve": _step(
        "approve", Scope.APPROVE_CAMPAIGNS, "Approve what another key or person submitted", "self_approval"
    ),
    "pause": _step("pause", Scope.WRITE_CAMPAIGNS, "Pause: no new uses from now on"),
    "resume": _step("resume", Scope.WRITE_CAMPAIGNS, "Run a paused campaign again"),
    "reopen": _step("reopen", Scope.WRITE_CAMPAIGNS, "Back to draft, to be edited and approved anew"),
    "archive": _step("archive", Scope.WRITE_CAMPAIGNS, "Archive for good"),
}


def find_campaign(channel: Channel, external_id: str) -> Campaign:
    """Raises NotFound, for a campaign of another channel too."""
    rows = Campaign.objects.filter(channel=channel, external_id=external_id).select_related("stacking_group")
    campaign = rows.first()
    if campaign is None:
        raise NotFound("There is no such campaign here")
    return campaign


def _answer(campaign: Campaign, *, status: int = 200) -> Response:
    body: dict[str, Any] = campaign_body(campaign, timezone.now())
    return Response(body, status=status, headers=etag(campaign.version))
