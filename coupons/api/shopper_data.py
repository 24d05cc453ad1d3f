"""DELETE /api/v1/shoppers/{external_id} and GET .../export: requests for erasure and for access."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coupons.api.documented import refusals
from coupons.api.endpoints import EngineView
from coupons.enums import Scope
from coupons.errors import NotFound
from coupons.models import Channel, Shopper
from coupons.services.erasure import erase_shopper, export_shopper


class ShopperExportSerializer(serializers.Serializer[object]):
    """Everything held of a shopper, one list of rows for each kind of data."""

    shopper = serializers.DictField(help_text="The account itself.")
    identities = serializers.ListField(child=serializers.DictField(), help_text="Keyed hashes, never addresses.")
    campaigns = serializers.ListField(child=serializers.CharField(), help_text="Campaigns sent to this shopper.")
    wallet = serializers.ListField(child=serializers.DictField())
    redemptions = serializers.ListField(child=serializers.DictField())
    rollbacks = serializers.ListField(child=serializers.DictField())
    held_by = serializers.DictField(
        child=serializers.DictField(), help_text="What other parts hold: behaviour, interests, recommendations."
    )


_EXAMPLE = {
    "shopper": {"external_id": "1823", "channel": "web", "attributes": {}, "segments": ["vip"], "personalised": True},
    "identities": [],
    "campaigns": ["spring"],
    "wallet": [],
    "redemptions": [],
    "rollbacks": [],
    "held_by": {"recommender": {"behaviorevent": [], "impression": []}},
}
_REFUSALS = refusals("invalid_parameter", "server_key_required", "not_found")


class ShopperView(EngineView):
    scopes = {"DELETE": Scope.ERASE_SHOPPERS}

    @extend_schema(
        operation_id="shoppers_erase",
        summary="Erase a shopper",
        description=(
            "Deletes attributes, segments, identities, memberships, behaviour and everything learnt, and takes unused "
            "coupons back. Redemptions stay as the books need them, under the shop's own id. Erasing twice changes "
            "nothing; an import does not bring the shopper back."
        ),
        tags=["shoppers"],
        responses={204: OpenApiResponse(description="It is erased."), **_REFUSALS},
    )
    def delete(self, request: Request, external_id: str) -> Response:
        shopper = _find(self.key.channel, external_id)
        erase_shopper(shopper=shopper, actor=self.actor, now=timezone.now())
        return Response(status=204)


class ShopperExportView(EngineView):
    scopes = {"GET": Scope.EXPORT_SHOPPERS}

    @extend_schema(
        operation_id="shoppers_export",
        summary="Everything held of a shopper",
        tags=["shoppers"],
        responses={
            200: OpenApiResponse(ShopperExportSerializer, "As it stands.", [OpenApiExample("shopper", value=_EXAMPLE)]),
            **_REFUSALS,
        },
    )
    def get(self, request: Request, external_id: str) -> Response:
        shopper = _find(self.key.channel, external_id)
        return Response(export_shopper(shopper=shopper), headers={"Cache-Control": "no-store"})


def _find(channel: Channel, external_id: str) -> Shopper:
    shopper = Shopper.objects.select_related("channel").filter(channel=channel, external_id=external_id).first()
    if shopper is None:
        raise NotFound("There is no such shopper here")
    return shopper
