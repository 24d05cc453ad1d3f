"""POST /api/v1/evaluations: what a cart would get, and why not more. Nothing is written."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from coupons.api.authentication import ApiKeyAuthentication, KeptKeyAuthentication
from coupons.api.cart_input import CART_EXAMPLE, CartSerializer, cart_from, codes_field, coupon_ids_field
from coupons.api.documented import OF_BODIES, OF_BROWSERS, SHOPPER_TOKEN_HEADER, RefusalReasonSerializer, refusals
from coupons.api.endpoints import EngineView
from coupons.api.fields import ExternalId, StrictSerializer, read_body
from coupons.api.guessing import count_wrong_code, refuse_guesser
from coupons.api.refusals import reason_body
from coupons.api.where_input import location_field, location_from, place_field
from coupons.enums import Scope, StackingMode
from coupons.errors import CodeUnusable, CouponError
from coupons.evaluation import Cart, Decision, Evaluation, ReasonCode
from coupons.models import Product
from coupons.selectors import known_shopper
from coupons.services import evaluate_cart, evaluate_everything, find_codes, hide_code_state
from coupons.wallet_codes import holder_of, present_codes

_OF_THE_CART = {
    ReasonCode.NO_MATCHING_ITEMS,
    ReasonCode.MIN_SPEND,
    ReasonCode.MIN_QUANTITY,
    ReasonCode.BUY_MORE,
    ReasonCode.TIER_NOT_REACHED,
    ReasonCode.NO_EFFECT,
    ReasonCode.NOT_COMBINABLE,
    ReasonCode.TOO_FAR,
    ReasonCode.CLOSED_NOW,
}
"""What a shopper with a good code can do something about; a browser may know these."""


class EvaluationRequestSerializer(StrictSerializer):
    shopper = ExternalId(required=False, allow_null=True, help_text="The shop's own id; left out for somebody unknown.")
    cart = CartSerializer()
    coupons = coupon_ids_field()
    codes = codes_field()
    place = place_field()
    location = location_field()


class LineDiscountSerializer(serializers.Serializer[object]):
    ref = serializers.CharField()
    amount_minor = serializers.IntegerField()


class DecisionSerializer(serializers.Serializer[object]):
    """One coupon's outcome: applied or not applied, nothing in between."""

    coupon = serializers.UUIDField()
    title = serializers.CharField()
    applied = serializers.BooleanField()
    position = serializers.IntegerField(allow_null=True, help_text="Its turn in the order of application, from 1.")
    step = serializers.CharField(allow_null=True, help_text="items, order or shipping")
    discount_minor = serializers.IntegerField(help_text="What comes off for it, shipping included.")
    shipping_minor = serializers.IntegerField()
    alone_minor = serializers.IntegerField(help_text="What it would take off by itself.")
    lines = LineDiscountSerializer(many=True)
    gift = serializers.CharField(allow_null=True, help_text="The shop's own id of the product given.")
    reasons = RefusalReasonSerializer(many=True)


class GroupSerializer(serializers.Serializer[object]):
    """How one stacking group was settled."""

    name = serializers.CharField(help_text="Empty for coupons of no group.")
    mode = serializers.ChoiceField(choices=StackingMode.choices)
    text = serializers.CharField()
    considered = serializers.ListField(child=serializers.UUIDField())
    chosen = serializers.ListField(child=serializers.UUIDField())


class EvaluationSerializer(serializers.Serializer[object]):
    currency = serializers.CharField(help_text="ISO 4217.")
    spend_minor = serializers.IntegerField()
    shipping_minor = serializers.IntegerField()
    discount_minor = serializers.IntegerField()
    payable_minor = serializers.IntegerField()
    coupons = DecisionSerializer(many=True)
    groups = GroupSerializer(many=True)


_COUPON = "b8c5bd44-8b7e-4f5e-a9f7-5f7f0a7f4f10"
_EXAMPLE = {
    "currency": "USD",
    "spend_minor": 598,
    "shipping_minor": 0,
    "discount_minor": 100,
    "payable_minor": 498,
    "coupons": [
        {
            "coupon": _COUPON,
            "title": "$1.00 off yogurt",
            "applied": True,
            "position": 1,
            "step": "order",
            "discount_minor": 100,
            "shipping_minor": 0,
            "alone_minor": 100,
            "lines": [{"ref": "1", "amount_minor": 100}],
            "gift": None,
            "reasons": [],
        }
    ],
    "groups": [
        {
            "name": "",
            "mode": "stackable",
            "text": "every coupon that takes something off",
            "considered": [_COUPON],
            "chosen": [_COUPON],
        }
    ],
}


class EvaluationsView(EngineView):
    """What-if."""

    scopes = {"POST": Scope.READ_EVALUATIONS}
    authentication_classes = [KeptKeyAuthentication]
    open_to_browsers = True
    _with_codes = False

    def get_authenticators(self) -> list[BaseAuthentication]:
        """In the API's document the two ways of checking a key are one."""
        if getattr(self, "swagger_fake_view", False):
            return [ApiKeyAuthentication()]
        return super().get_authenticators()

    @extend_schema(
        operation_id="evaluations_create",
        summary="What a cart would get",
        description=(
            "Decides on the coupons and codes named, or on every coupon the shopper may use now where none is. "
            "Takes nothing and writes nothing. For keys that live in browsers, a code that cannot be used is one 404, "
            "whatever the cause."
        ),
        tags=["evaluations"],
        parameters=[SHOPPER_TOKEN_HEADER],
        request=EvaluationRequestSerializer,
        examples=[OpenApiExample("cart", value={"shopper": "1823", "cart": CART_EXAMPLE}, request_only=True)],
        responses={
            200: OpenApiResponse(EvaluationSerializer, "Decided.", [OpenApiExample("applied", value=_EXAMPLE)]),
            **refusals(*OF_BODIES, *OF_BROWSERS, "not_found", "code_unusable", "not_combinable", "contention"),
        },
    )
    def post(self, request: Request) -> Response:
        data = read_body(EvaluationRequestSerializer, request.data)
        asked = self.own(data.get("shopper"))
        codes, cart = data.get("codes", []), cart_from(data["cart"])
        self._with_codes = bool(codes)
        if self.from_browser and codes:
            refuse_guesser(request, self.key)
        channel = self.key.channel
        if not (codes or data.get("coupons") or data.get("place") or data.get("location")):
            found = evaluate_everything(channel=channel, external_id=asked or "", cart=cart, now=timezone.now())
        else:
            found = self._of_named(data, asked or "", cart)
        return Response(evaluation_body(found, channel.currency), headers={"Cache-Control": "no-store"})

    def _of_named(self, data: Mapping[str, Any], asked: str, cart: Cart) -> Evaluation:
        channel = self.key.channel
        presented = present_codes(channel=channel, codes=data.get("codes", []))
        codes = list(presented.codes)
        evaluation = evaluate_cart(
            channel=channel,
            shopper=known_shopper(channel=channel, external_id=holder_of(presented, asked)),
            cart=cart,
            now=timezone.now(),
            coupons=[*data.get("coupons", []), *presented.coupons],
            codes=codes,
            location=location_from(data, channel),
        )
        if self.from_browser and codes:
            by_code = set(find_codes(channel=channel, codes=codes))
            if any(
                _is_hidden(decision) for decision in evaluation.decisions if decision.candidate.coupon_id in by_code
            ):
                raise CodeUnusable
        return evaluation

    def told(self, error: CouponError) -> CouponError:
        if not (self.from_browser and self._with_codes):
            return error
        hidden = hide_code_state(error)
        if isinstance(hidden, CodeUnusable):
            count_wrong_code(self.request, self.key)
        return hidden


def _is_hidden(decision: Decision) -> bool:
    """Whether the decision says something about the code itself rather than the cart."""
    return any(reason.code not in _OF_THE_CART for reason in decision.reasons)


def evaluation_body(evaluation: Evaluation, currency: str) -> dict[str, Any]:
    """EvaluationSerializer documents it."""
    uids = {decision.candidate.coupon_id: decision.candidate.uid for decision in evaluation.decisions}
    gifts = _gift_ids(evaluation)
    # one that gives way does so for the same reason as the others of its group
    reasons = {id(reason): reason_body(reason, uids) for each in evaluation.decisions for reason in each.reasons}
    return {
        "currency": currency,
        "spend_minor": evaluation.spend_minor,
        "shipping_minor": evaluation.shipping_minor,
        "discount_minor": evaluation.discount_minor,
        "payable_minor": evaluation.payable_minor,
        "coupons": [_decision_body(decision, gifts, reasons) for decision in evaluation.decisions],
        "groups": [
            {
                "name": settled.group.name,
                "mode": settled.group.mode.value,
                "text": settled.text,
                "considered": [uids[coupon_id] for coupon_id in settled.considered],
                "chosen": [uids[coupon_id] for coupon_id in settled.chosen],
            }
            for settled in evaluation.groups
        ],
    }


def _decision_body(
    decision: Decision, gifts: Mapping[int, str], reasons: Mapping[int, dict[str, Any]]
) -> dict[str, Any]:
    """`reasons` are the bodies of its reasons, by the id of the object."""
    return {
        "coupon": decision.candidate.uid,
        "title": decision.candidate.title,
        "applied": decision.applied,
        "position": decision.position,
        "step": decision.step or None,
        "discount_minor": decision.discount_minor,
        "shipping_minor": decision.shipping_minor,
        "alone_minor": decision.alone_minor,
        "lines": [{"ref": ref, "amount_minor": off} for ref, off in decision.lines],
        "gift": gifts.get(decision.gift_product_id) if decision.gift_product_id else None,
        "reasons": [reasons[id(reason)] for reason in decision.reasons],
    }


def _gift_ids(evaluation: Evaluation) -> dict[int, str]:
    wanted = {decision.gift_product_id for decision in evaluation.decisions if decision.gift_product_id}
    if not wanted:
        return {}
    return dict(Product.objects.filter(pk__in=wanted).values_list("pk", "external_id"))
