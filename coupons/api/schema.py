"""What the OpenAPI document says about keys and refusals."""

from http import HTTPStatus

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers

from coupons.api.authentication import ApiKeyAuthentication

PROBLEM_MEDIA_TYPE = "application/problem+json"


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself by subclassing
    target_class = ApiKeyAuthentication
    name = ["ApiKey", "ApiKeyHeader"]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, str]]:
        return [
            {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "`Api-Key <key>`, the key as it was shown when it was made.",
            },
            {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "The key alone."},
        ]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[str]]]:
        """Either header; one entry with both names would ask for both."""
        return [{name: []} for name in self.name]


class FaultSerializer(serializers.Serializer[object]):
    field = serializers.CharField(help_text="The parameter or member that is wrong.")
    value = serializers.JSONField(help_text="The value that came.", allow_null=True)
    reason = serializers.CharField(help_text="What is wrong with it.")


class ProblemSerializer(serializers.Serializer[object]):
    """RFC 9457. Programs read `code`; people read `detail`."""

    type = serializers.CharField(help_text="Always about:blank: `code` tells problems apart.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable; part of the API.")
    detail = serializers.CharField()
    errors = FaultSerializer(many=True, required=False)  # type: ignore[assignment]  # the name is the RFC's


def problem_response(description: str, *examples: tuple[int, str, str]) -> OpenApiResponse:
    """A documented refusal; an example is (status, code, detail)."""
    return OpenApiResponse(
        ProblemSerializer,
        description,
        [
            OpenApiExample(
                code,
                value={
                    "type": "about:blank",
                    "title": HTTPStatus(status).phrase,
                    "status": status,
                    "code": code,
                    "detail": detail,
                },
                media_type=PROBLEM_MEDIA_TYPE,
            )
            for status, code, detail in examples
        ],
    )


def keyed_refusals() -> dict[tuple[int, str], OpenApiResponse]:
    """The refusals that every keyed endpoint shares."""
    return {
        (401, PROBLEM_MEDIA_TYPE): problem_response(
            "No key, or one that is unknown or revoked; from a browser, no good shopper token.",
            (401, "api_key_missing", "Send an API key: `Authorization: Api-Key <key>` or `X-Api-Key: <key>`."),
            (401, "invalid_api_key", "The API key is unknown or revoked."),
            (401, "shopper_token_missing", "A key that lives in a browser needs a Shopper-Token header."),
            (401, "invalid_shopper_token", "The shopper token is not valid for this key."),
            (401, "shopper_token_expired", "The shopper token has expired: get a new one."),
        ),
        (403, PROBLEM_MEDIA_TYPE): problem_response(
            "The key lacks the scope.", (403, "scope_missing", "This API key lacks the scope events:write.")
        ),
        (429, PROBLEM_MEDIA_TYPE): problem_response(
            "Too many calls in this minute; see Retry-After.",
            (429, "rate_limited", "Too many requests: try again in 12 seconds."),
        ),
    }
