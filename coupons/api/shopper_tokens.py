"""/api/v1/shopper-tokens: what a page needs beside a browser's key, issued to the shop's backend."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coupons.api.documented import OF_BODIES, refusals
from coupons.api.endpoints import EngineView
from coupons.api.fields import ExternalId, StrictSerializer, WholeNumber, read_body
from coupons.api.problems import Fault, invalid_parameters
from coupons.enums import Scope
from coupons.shopper_tokens import ALGORITHM, DEFAULT_LIFETIME, MAX_LIFETIME, issue_shopper_token, signing_secret

_NO_STORE = {"Cache-Control": "no-store"}
_MAX_SECONDS = int(MAX_LIFETIME.total_seconds())
_DEFAULT_SECONDS = int(DEFAULT_LIFETIME.total_seconds())


class ShopperTokenRequestSerializer(StrictSerializer):
    shopper = ExternalId(help_text="The shop's own id of who is logged in, or of the visit where nobody is.")
    expires_in = WholeNumber(
        min_value=60, max_value=_MAX_SECONDS, required=False, help_text=f"Seconds; {_DEFAULT_SECONDS} if left out."
    )


class ShopperTokenSerializer(serializers.Serializer[object]):
    """Hand it to the page; it opens this shopper's coupons and nothing else."""

    token = serializers.CharField()
    shopper = serializers.CharField()
    channel = serializers.CharField()
    expires_at = serializers.DateTimeField()


class SigningSecretSerializer(serializers.Serializer[object]):
    """What a backend needs to sign shopper tokens itself, without a call for each."""

    algorithm = serializers.CharField()
    key_id = serializers.CharField(help_text="The `kid` of the JWT's header.")
    audience = serializers.CharField(help_text="The `aud` of its claims.")
    max_lifetime = serializers.IntegerField(help_text="Seconds that `exp` may be after `iat`.")
    secret = serializers.CharField(help_text="Keep it where the API key is. It ends when the key is revoked.")


_TOKEN = {
    "token": (
        "eyJhbGciOiJIUzI1NiIsImtpZCI6IjRmMWM5YTJlIn0.eyJzdWIiOiIxODIzIn0.fNCNHDqMCqN1KkPBu0ibnCYhU2CYcMYbHgCCvYpU5vo"
    ),
    "shopper": "1823",
    "channel": "web",
    "expires_at": "2026-05-01T12:45:00Z",
}
_SECRET = {
    "algorithm": ALGORITHM,
    "key_id": "4f1c9a2e",
    "audience": "web",
    "max_lifetime": _MAX_SECONDS,
    "secret": "0f8a2c61d7b94e35a1c06f4e8d2b7a93c5e1f07846bd29ac13f5e8d07b6a4c92",
}


class ShopperTokensView(EngineView):
    scopes = {"POST": Scope.ISSUE_SHOPPER_TOKENS}

    @extend_schema(
        operation_id="shopper_tokens_issue",
        summary="A token for one shopper's browser",
        description=(
            "A browser's key alone opens nothing. With this token in the `Shopper-Token` header it reads and claims "
            "for this shopper, until the token expires or the key that asked for it is revoked. Ask for it after your "
            "own log-in, on your server."
        ),
        tags=["shopper tokens"],
        request=ShopperTokenRequestSerializer,
        examples=[OpenApiExample("token", value={"shopper": "1823"}, request_only=True)],
        responses={
            201: OpenApiResponse(ShopperTokenSerializer, "Signed.", [OpenApiExample("issued", value=_TOKEN)]),
            **refusals(*OF_BODIES, "server_key_required"),
        },
    )
    def post(self, request: Request) -> Response:
        data: dict[str, Any] = read_body(ShopperTokenRequestSerializer, request.data)
        if not data["shopper"].strip():
            raise invalid_parameters([Fault(field="shopper", value=data["shopper"], reason="is empty")])
        issued = issue_shopper_token(
            key=self.key,
            shopper=data["shopper"],
            now=timezone.now(),
            lifetime=timedelta(seconds=data.get("expires_in", _DEFAULT_SECONDS)),
        )
        body = {
            "token": issued.token,
            "shopper": data["shopper"],
            "channel": self.key.channel.slug,
            "expires_at": issued.expires_at,
        }
        return Response(body, status=201, headers=_NO_STORE)


class SigningSecretView(EngineView):
    scopes = {"GET": Scope.ISSUE_SHOPPER_TOKENS}

    @extend_schema(
        operation_id="shopper_tokens_signing_secret",
        summary="What a backend needs to sign shopper tokens itself",
        description=(
            "A token is a JWT with the header `kid` and the claims `sub` (the shopper), `aud`, `iat` and `exp`, signed "
            "with HMAC-SHA256 over the secret's characters. The secret belongs to the key that asks."
        ),
        tags=["shopper tokens"],
        responses={
            200: OpenApiResponse(SigningSecretSerializer, "The secret.", [OpenApiExample("secret", value=_SECRET)]),
            **refusals("server_key_required"),
        },
    )
    def get(self, request: Request) -> Response:
        body = {
            "algorithm": ALGORITHM,
            "key_id": self.key.prefix,
            "audience": self.key.channel.slug,
            "max_lifetime": _MAX_SECONDS,
            "secret": signing_secret(self.key.prefix),
        }
        return Response(body, headers=_NO_STORE)
