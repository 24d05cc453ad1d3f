"""Who is one person: accounts over channels, anonymous sessions at login. Consent: coupons.api.personalisation."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coupons.api.documented import OF_BODIES, refusals
from coupons.api.endpoints import EngineView
from coupons.api.fields import StrictSerializer, read_body
from coupons.enums import Scope
from coupons.errors import NotFound
from coupons.models import Channel, Shopper
from coupons.persons import accounts_of, owner_id
from coupons.services import identify_shopper, merge_shoppers, split_shopper

_MAX_ID = 64


class AccountSerializer(serializers.Serializer[object]):
    channel = serializers.CharField(help_text="The channel's slug.")
    shopper = serializers.CharField(help_text="The shop's own id in that channel.")
    personalised = serializers.BooleanField(help_text="What the shopper agreed to in that channel.")


class PersonSerializer(serializers.Serializer[object]):
    """All accounts of one person. They share limits; each channel's consent is its own."""

    shopper = serializers.CharField()
    personalised = serializers.BooleanField()
    accounts = AccountSerializer(many=True)


class IdentifySerializer(StrictSerializer):
    anonymous = serializers.CharField(max_length=_MAX_ID, help_text="The id that the session had before the login.")


class MergeSerializer(StrictSerializer):
    shopper = serializers.CharField(max_length=_MAX_ID, help_text="The other account's id.")
    channel = serializers.CharField(
        max_length=50, required=False, help_text="Its channel's slug; the key's own if left out."
    )
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


class SplitSerializer(StrictSerializer):
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


_EXAMPLE = {
    "shopper": "1823",
    "personalised": True,
    "accounts": [
        {"channel": "web", "shopper": "1823", "personalised": True},
        {"channel": "app", "shopper": "u-55", "personalised": False},
    ],
}
_ANSWER = {200: OpenApiResponse(PersonSerializer, "The person.", [OpenApiExample("person", value=_EXAMPLE)])}


class _PersonView(EngineView):
    server_only = True

    def _shopper(self, external_id: str) -> Shopper:
        found = Shopper.objects.filter(channel=self.key.channel, external_id=external_id).first()
        if found is None:
            raise NotFound("There is no such shopper here")
        return found


class PersonView(_PersonView):
    """A shopper's accounts."""

    scopes = {"GET": Scope.READ_SHOPPERS}

    @extend_schema(
        operation_id="person_read",
        summary="A shopper and all accounts of the same person",
        tags=["shoppers"],
        responses={**_ANSWER, **refusals("invalid_parameter", "not_found", "server_key_required")},
    )
    def get(self, request: Request, external_id: str) -> Response:
        return Response(_body(self._shopper(external_id)), headers={"Cache-Control": "no-store"})


class IdentifyView(_PersonView):
    """Login."""

    scopes = {"POST": Scope.WRITE_SHOPPERS}

    @extend_schema(
        operation_id="shopper_identify",
        summary="Fold an anonymous session into the shopper who has logged in",
        description="What the session did and used counts for the shopper from now on. Safe at every login.",
        tags=["shoppers"],
        request=IdentifySerializer,
        examples=[OpenApiExample("login", value={"anonymous": "anon-7c1d"}, request_only=True)],
        responses={**_ANSWER, **refusals(*OF_BODIES, "not_found", "state_conflict", "server_key_required")},
    )
    def post(self, request: Request, external_id: str) -> Response:
        data = read_body(IdentifySerializer, request.data)
        identify_shopper(
            channel=self.key.channel, external_id=external_id, anonymous_id=data["anonymous"], actor=self.actor
        )
        return Response(_body(self._shopper(external_id)))


class MergeView(_PersonView):
    """Two accounts, one person."""

    scopes = {"POST": Scope.WRITE_SHOPPERS}

    @extend_schema(
        operation_id="shopper_merge",
        summary="Tell that another account, in this channel or another, is the same person",
        tags=["shoppers"],
        request=MergeSerializer,
        examples=[OpenApiExample("the app's account", value={"channel": "app", "shopper": "u-55"}, request_only=True)],
        responses={**_ANSWER, **refusals(*OF_BODIES, "not_found", "state_conflict", "server_key_required")},
    )
    def post(self, request: Request, external_id: str) -> Response:
        data = read_body(MergeSerializer, request.data)
        keep = self._shopper(external_id)
        channel = Channel.objects.filter(slug=data.get("channel", self.key.channel.slug)).first()
        other = Shopper.objects.filter(channel=channel, external_id=data["shopper"]).first() if channel else None
        if other is None:
            raise NotFound(_("There is no such other account"))
        merge_shoppers(keep=keep, other=other, actor=self.actor, reason=data.get("reason", ""))
        return Response(_body(self._shopper(external_id)))


class SplitView(_PersonView):
    """Not one person after all."""

    scopes = {"POST": Scope.WRITE_SHOPPERS}

    @extend_schema(
        operation_id="shopper_split",
        summary="Make the account a person of its own again",
        tags=["shoppers"],
        request=SplitSerializer,
        examples=[OpenApiExample("a shared tablet", value={"reason": "shared tablet"}, request_only=True)],
        responses={**_ANSWER, **refusals(*OF_BODIES, "not_found", "state_conflict", "server_key_required")},
    )
    def post(self, request: Request, external_id: str) -> Response:
        data = read_body(SplitSerializer, request.data)
        split_shopper(shopper=self._shopper(external_id), actor=self.actor, reason=data.get("reason", ""))
        return Response(_body(self._shopper(external_id)))


def _body(shopper: Shopper) -> dict[str, Any]:
    accounts = Shopper.objects.filter(accounts_of(owner_id(shopper))).order_by("channel__slug", "external_id")
    return {
        "shopper": shopper.external_id,
        "personalised": shopper.personalised,
        "accounts": [
            {"channel": slug, "shopper": external_id, "personalised": personalised}
            for slug, external_id, personalised in accounts.values_list("channel__slug", "external_id", "personalised")
        ],
    }
