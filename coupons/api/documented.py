"""Refusals and headers of the coupon engine for the OpenAPI document."""

from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from coupons.api.schema import PROBLEM_MEDIA_TYPE, ProblemSerializer, keyed_refusals
from coupons.evaluation import ReasonCode
from coupons.evaluation.reasons import Unit


class RefusalReasonSerializer(serializers.Serializer[object]):
    """Why a coupon does not apply, and how much is missing."""

    code = serializers.ChoiceField(choices=[code.value for code in ReasonCode])
    text = serializers.CharField()
    distance = serializers.IntegerField(allow_null=True, help_text="How much is missing, in `unit`.")
    unit = serializers.ChoiceField(choices=[unit.value for unit in Unit], allow_null=True)
    by = serializers.ListField(child=serializers.UUIDField(), help_text="Coupons that were applied instead.")


class RefusalSerializer(ProblemSerializer):
    """RFC 9457. Further members depend on `code`: the wallet's coupon, the amount found, the coupons refused."""

    reasons = RefusalReasonSerializer(many=True, required=False)


IDEMPOTENCY_HEADER = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description=(
        "The client's own, 1 to 255 printable ASCII characters. The same request with the same key has one effect and "
        "gets the same answer for 24 hours; the replay carries `Idempotent-Replayed: true`."
    ),
)
SHOPPER_TOKEN_HEADER = OpenApiParameter(
    "Shopper-Token",
    str,
    OpenApiParameter.HEADER,
    description=(
        "Needed with a key that lives in a browser, which then acts for that token's shopper alone; ignored with "
        "others. See `POST /api/v1/shopper-tokens`."
    ),
)
IF_MATCH_HEADER = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="The `ETag` of the version that was read, or `*`.",
)
REPLAYED_HEADER = OpenApiParameter(
    "Idempotent-Replayed",
    str,
    OpenApiParameter.HEADER,
    response=[200, 201, 202],
    description="`true` where the answer was given before and nothing was done now.",
)
ETAG_HEADER = OpenApiParameter(
    "ETag", str, OpenApiParameter.HEADER, response=[200, 201], description="The version; send it back as If-Match."
)

_DETAILS: dict[str, tuple[int, str]] = {
    "malformed": (400, "The body is not JSON: unexpected end of data"),
    "invalid_parameter": (400, "limit: is not a whole number from 1 to 100"),
    "idempotency_key_missing": (400, "The Idempotency-Key header is missing."),
    "server_key_required": (403, "This is not offered to keys that live in browsers."),
    "other_shopper": (403, "The shopper token is another shopper's."),
    "origin_not_allowed": (403, "This key is not for pages of that origin."),
    "self_approval": (403, "A campaign is approved by somebody other than who submitted it."),
    "not_found": (404, "There is no such thing."),
    "code_unusable": (404, "This code cannot be used."),
    "already_redeemed": (409, "Another shopper used this coupon on this order."),
    "already_claimed": (409, "The shopper has this coupon in the wallet already."),
    "already_exists": (409, "There is one with this external id already."),
    "hold_expired": (409, "The hold is over and the use was given back."),
    "idempotency_in_flight": (409, "The first request with this Idempotency-Key is still being answered."),
    "not_combinable": (409, "These coupons do not go together."),
    "state_conflict": (409, "Not possible in the present state."),
    "campaign_ended": (410, "The campaign has ended."),
    "pool_exhausted": (410, "No more of these coupons are given out."),
    "version_conflict": (412, "Somebody else changed it in the meantime."),
    "body_too_large": (413, "The body is larger than 5000000 bytes; send it in parts."),
    "unsupported_media_type": (415, 'Unsupported media type "text/plain" in request.'),
    "not_eligible": (422, "8.00 short of the minimum spend"),
    "usage_limit_reached": (422, "All uses of the coupon are taken."),
    "shopper_limit_reached": (422, "The shopper has used the coupon as often as allowed."),
    "budget_exhausted": (422, "The budget of this period does not cover it."),
    "too_far": (422, "Main Street, the nearest place that takes the coupon, is too far away"),
    "closed_now": (422, "Main Street is closed now"),
    "amount_mismatch": (422, "500 expected, 450 found"),
    "limit_below_use": (422, "A limit cannot be set below the uses already taken."),
    "idempotency_key_reused": (422, "The Idempotency-Key came with another request before."),
    "if_match_missing": (428, "Send If-Match with the ETag of the version you read."),
    "contention": (503, "Too many requests for the same thing at once; try again."),
}

OF_BODIES = ("malformed", "invalid_parameter", "body_too_large", "unsupported_media_type")
OF_KEYS = ("idempotency_key_missing", "idempotency_key_reused", "idempotency_in_flight")
OF_BROWSERS = ("other_shopper", "origin_not_allowed")
OF_USES = (
    *("code_unusable", "not_found", "already_redeemed", "not_combinable", "campaign_ended", "not_eligible"),
    *("usage_limit_reached", "shopper_limit_reached", "budget_exhausted", "too_far", "closed_now", "amount_mismatch"),
    "contention",
)

RefusalResponses = dict[tuple[int, str], OpenApiResponse]


def refusals(*codes: str) -> RefusalResponses:
    """The documented refusals of an operation by their codes, with those that every keyed endpoint shares."""
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(_DETAILS[code][0], []).append(code)
    responses: Any = dict(keyed_refusals())
    for status, named in sorted(by_status.items()):
        before = responses.get((status, PROBLEM_MEDIA_TYPE))
        examples = [*(before.examples if before else ()), *map(_example, named)]
        texts = [before.description] if before else []
        text = " ".join([*texts, f"Codes: {', '.join(named)}."])
        responses[status, PROBLEM_MEDIA_TYPE] = OpenApiResponse(RefusalSerializer, text, examples)
    return dict(sorted(responses.items()))


def _example(code: str) -> OpenApiExample:
    status, detail = _DETAILS[code]
    value: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if code == "not_eligible":
        value["reasons"] = [{"code": "min_spend", "text": detail, "distance": 800, "unit": "minor", "by": []}]
    return OpenApiExample(code, value=value, media_type=PROBLEM_MEDIA_TYPE, response_only=True)
