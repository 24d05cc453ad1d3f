"""PUT /api/v1/shoppers/{external_id}/personalisation: "Stop personal coupons", and start them again."""

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coupons.api.documented import OF_BODIES, OF_BROWSERS, SHOPPER_TOKEN_HEADER, refusals
from coupons.api.endpoints import EngineView
from coupons.api.fields import StrictSerializer, YesNo, read_body
from coupons.enums import Scope
from coupons.errors import NotFound
from coupons.models import Shopper
from coupons.services.shoppers import set_personalised

_EXAMPLE = {"shopper": "1823", "personalised": False}


class PersonalisationRequestSerializer(StrictSerializer):
    personalised = YesNo(help_text="false: only popular coupons, and nothing is learnt.")


class PersonalisationSerializer(serializers.Serializer[object]):
    shopper = serializers.CharField()
    personalised = serializers.BooleanField()


class PersonalisationView(EngineView):
    """Whether what a shopper does is learnt from."""

    scopes = {"GET": Scope.READ_WALLET, "PUT": Scope.WRITE_WALLET}
    open_to_browsers = True

    @extend_schema(
        operation_id="personalisation_read",
        summary="Whether a shopper has personal coupons",
        tags=["shoppers"],
        parameters=[SHOPPER_TOKEN_HEADER],
        responses={
            200: OpenApiResponse(PersonalisationSerializer, "As it is.", [OpenApiExample("off", value=_EXAMPLE)]),
            **refusals("invalid_parameter", "not_found", *OF_BROWSERS),
        },
    )
    def get(self, request: Request, external_id: str) -> Response:
        shopper = Shopper.objects.filter(channel=self.key.channel, external_id=self.own(external_id)).first()
        if shopper is None:
            raise NotFound("There is no such shopper here")
        return _answer(shopper)

    @extend_schema(
        operation_id="personalisation_write",
        summary="Stop personal coupons, or start them again",
        description="Saying it twice is the same as once. A shopper who is not known yet is made known with the wish.",
        tags=["shoppers"],
        parameters=[SHOPPER_TOKEN_HEADER],
        request=PersonalisationRequestSerializer,
        examples=[OpenApiExample("stop", value={"personalised": False}, request_only=True)],
        responses={
            200: OpenApiResponse(PersonalisationSerializer, "As it is now.", [OpenApiExample("off", value=_EXAMPLE)]),
            **refusals(*OF_BODIES, *OF_BROWSERS, "contention"),
        },
    )
    def put(self, request: Request, external_id: str) -> Response:
        shopper = set_personalised(
            channel=self.key.channel,
            external_id=self.own(external_id) or external_id,
            personalised=read_body(PersonalisationRequestSerializer, request.data)["personalised"],
            actor=self.actor,
        )
        return _answer(shopper)


def _answer(shopper: Shopper) -> Response:
    body = {"shopper": shopper.external_id, "personalised": shopper.personalised}
    return Response(body, headers={"Cache-Control": "no-store"})
