"""POST /api/v1/surveys and /api/v1/surveys/{slate_id}/answer: one question about an answer, to a sample of shoppers."""

import uuid
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coupons.api.documented import OF_BODIES, OF_BROWSERS, SHOPPER_TOKEN_HEADER, refusals
from coupons.api.endpoints import EngineView
from coupons.api.fields import PublicId, StrictSerializer, read_body
from coupons.enums import Scope
from recommender.services.surveys import answer_survey, invite_to_survey


class SurveyAskSerializer(StrictSerializer):
    slate_id = PublicId(help_text="The answer that the shopper has in front of them.")


class SurveySerializer(serializers.Serializer[object]):
    """Show `question` with a scale from 1 to 5 where `ask` is true; nothing where it is false."""

    slate_id = serializers.UUIDField()
    ask = serializers.BooleanField()
    question = serializers.CharField(allow_null=True, help_text="In the caller's language (Accept-Language).")


class SurveyRatingSerializer(StrictSerializer):
    rating = serializers.IntegerField(min_value=1, max_value=5, help_text="1: not at all, 5: very much.")


class SurveyAnswerSerializer(serializers.Serializer[object]):
    slate_id = serializers.UUIDField()
    rating = serializers.IntegerField()


_SLATE = "3f0f5c62-70a1-4a44-9c38-8d6f1f0f8f39"


class SurveysView(EngineView):
    """Whether to ask."""

    scopes = {"POST": Scope.WRITE_EVENTS}
    open_to_browsers = True

    @extend_schema(
        operation_id="survey_ask",
        summary="Whether to put the one question about an answer",
        description="A share of the answers is drawn by a hash of their id; nobody is asked twice within a month.",
        tags=["recommendations"],
        parameters=[SHOPPER_TOKEN_HEADER],
        request=SurveyAskSerializer,
        examples=[OpenApiExample("about this answer", value={"slate_id": _SLATE}, request_only=True)],
        responses={
            200: OpenApiResponse(
                SurveySerializer,
                examples=[
                    OpenApiExample(
                        "ask",
                        value={"slate_id": _SLATE, "ask": True, "question": "How well do these coupons suit you?"},
                    ),
                    OpenApiExample("leave it", value={"slate_id": _SLATE, "ask": False, "question": None}),
                ],
            ),
            **refusals(*OF_BODIES, *OF_BROWSERS, "not_found"),
        },
    )
    def post(self, request: Request) -> Response:
        data = read_body(SurveyAskSerializer, request.data)
        invitation = invite_to_survey(
            channel=self.key.channel, slate_id=data["slate_id"], shopper=self.own(None), now=timezone.now()
        )
        asked = invitation is not None
        question = _("How well do these coupons suit you?") if asked else None
        return Response({"slate_id": data["slate_id"], "ask": asked, "question": question})


class SurveyAnswerView(EngineView):
    """What was said."""

    scopes = {"POST": Scope.WRITE_EVENTS}
    open_to_browsers = True

    @extend_schema(
        operation_id="survey_answer",
        summary="Answer the question",
        description="Only where it was put; another rating takes the place of the first.",
        tags=["recommendations"],
        parameters=[SHOPPER_TOKEN_HEADER],
        request=SurveyRatingSerializer,
        examples=[OpenApiExample("well", value={"rating": 4}, request_only=True)],
        responses={
            200: OpenApiResponse(
                SurveyAnswerSerializer, examples=[OpenApiExample("kept", value={"slate_id": _SLATE, "rating": 4})]
            ),
            **refusals(*OF_BODIES, *OF_BROWSERS, "not_found"),
        },
    )
    def post(self, request: Request, slate_id: uuid.UUID) -> Response:
        data: dict[str, Any] = read_body(SurveyRatingSerializer, request.data)
        answer_survey(
            channel=self.key.channel,
            slate_id=slate_id,
            shopper=self.own(None),
            rating=data["rating"],
            now=timezone.now(),
        )
        return Response({"slate_id": slate_id, "rating": data["rating"]})
