"""POST and GET /api/v1/redemptions: hold or redeem an order's coupons, and what was used."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coupons.api.cart_input import CART_EXAMPLE, CartSerializer, cart_from, codes_field, coupon_ids_field
from coupons.api.documented import (
    IDEMPOTENCY_HEADER,
    OF_BODIES,
    OF_BROWSERS,
    OF_KEYS,
    OF_USES,
    REPLAYED_HEADER,
    SHOPPER_TOKEN_HEADER,
    refusals,
)
from coupons.api.endpoints import EngineView
from coupons.api.fields import Choice, ExternalId, Money, PublicId, StrictSerializer, Text, read_body
from coupons.api.filters import choice_filter, text_filter, uuid_filter
from coupons.api.guessing import count_wrong_code, refuse_guesser
from coupons.api.paging import PAGE_PARAMETERS, page_example, page_of, page_serializer
from coupons.api.problems import Fault, Problem, invalid_parameters
from coupons.api.redemption_body import (
    REDEMPTION_EXAMPLE,
    RedemptionSerializer,
    redemption_bodies,
    redemption_body,
    redemption_rows,
)
from coupons.api.where_input import location_field, location_from, place_field
from coupons.enums import RedemptionStatus, Scope
from coupons.errors import CodeUnusable, CouponError
from coupons.models import Redemption
from coupons.services import Checkout, hide_code_state, resolve_shopper, use_on_cart
from coupons.wallet_codes import holder_of, present_codes

_MODES = {"hold": RedemptionStatus.HELD, "redeem": RedemptionStatus.REDEEMED}


class RedemptionRequestSerializer(StrictSerializer):
    """All these coupons are used, or none of them."""

    order_ref = ExternalId(help_text="The shop's own id of the order; an order uses a coupon once.")
    shopper = ExternalId(required=False, help_text="The shop's own id; made known if new.")
    email = Text(max_length=254, required=False, help_text="Of a guest: recognises a person across checkouts.")
    phone = Text(max_length=40, required=False)
    mode = Choice(choices=list(_MODES), help_text="`hold` reserves the uses while the shopper pays.")
    cart = CartSerializer()
    coupons = coupon_ids_field()
    codes = codes_field()
    place = place_field()
    location = location_field()
    expected_discount_minor = Money(required=False, help_text="What the shopper was shown; refused if it differs.")
    slate_id = PublicId(required=False, allow_null=True, help_text="The recommendation that led here.")


class OrderSerializer(serializers.Serializer[object]):
    """What the order has now. `applied` is true for each: a use that cannot be had is refused as a whole."""

    order_ref = serializers.CharField()
    shopper = serializers.CharField()
    discount_minor = serializers.IntegerField()
    currency = serializers.CharField()
    redemptions = RedemptionSerializer(many=True)


_REQUEST = {
    "order_ref": "1001",
    "shopper": "1823",
    "mode": "redeem",
    "cart": CART_EXAMPLE,
    "coupons": ["b8c5bd44-8b7e-4f5e-a9f7-5f7f0a7f4f10"],
}
_ORDER = {
    "order_ref": "1001",
    "shopper": "1823",
    "discount_minor": 100,
    "currency": "USD",
    "redemptions": [REDEMPTION_EXAMPLE],
}


class RedemptionsView(EngineView):
    """Uses of coupons."""

    scopes = {"GET": Scope.READ_REDEMPTIONS, "POST": Scope.WRITE_REDEMPTIONS}
    open_to_browsers = True
    _with_codes = False

    @extend_schema(
        operation_id="redemptions_create",
        summary="Hold or redeem coupons for an order",
        description=(
            "Evaluates the cart and takes the uses for exactly what was found. The same order again gets the use it "
            "has, never a second one; a held use is redeemed out of its hold. A code from a wallet stands for its "
            "coupon and names its shopper. Keys that live in browsers can hold for their own shopper, and to them a "
            "code that cannot be used is one 404, whatever the cause."
        ),
        tags=["redemptions"],
        parameters=[SHOPPER_TOKEN_HEADER, IDEMPOTENCY_HEADER, REPLAYED_HEADER],
        request=RedemptionRequestSerializer,
        examples=[OpenApiExample("redeem", value=_REQUEST, request_only=True)],
        responses={
            201: OpenApiResponse(OrderSerializer, "Every coupon is used.", [OpenApiExample("redeemed", value=_ORDER)]),
            **refusals(*OF_BODIES, *OF_KEYS, *OF_BROWSERS, "server_key_required", *OF_USES),
        },
    )
    def post(self, request: Request) -> HttpResponse:
        data = read_body(RedemptionRequestSerializer, request.data)
        channel = self.key.channel
        self._with_codes = bool(data.get("codes"))
        if self.from_browser:
            data = self._of_browser(data)
            if self._with_codes:
                refuse_guesser(request, self.key)
        presented = present_codes(channel=channel, codes=data.get("codes", []), order_ref=data["order_ref"])
        if presented.grants:
            data = {**data, "shopper": holder_of(presented, data.get("shopper", ""))}
        _require_some(data)
        cart, location = cart_from(data["cart"]), location_from(data, channel)
        coupons = list(dict.fromkeys([*data.get("coupons", []), *presented.coupons]))

        def effect() -> tuple[int, Any]:
            shopper = resolve_shopper(
                channel=channel,
                external_id=data.get("shopper", ""),
                email=data.get("email", ""),
                phone=data.get("phone", ""),
            )
            done = use_on_cart(
                channel=channel,
                shopper=shopper,
                order_ref=data["order_ref"],
                cart=cart,
                mode=_MODES[data["mode"]],
                now=timezone.now(),
                coupons=coupons,
                codes=presented.codes,
                expected_minor=data.get("expected_discount_minor"),
                slate_id=data.get("slate_id"),
                location=location,
            )
            return 201, _order_body(done, data["order_ref"], shopper.external_id, channel.currency)

        return self.once(effect)

    def _of_browser(self, data: dict[str, Any]) -> dict[str, Any]:
        """A browser holds for its own shopper; whose address it is, and that it was paid, the shop's server says."""
        if data["mode"] != "hold" or "email" in data or "phone" in data:
            detail = "A browser's key can hold for its own shopper; redeeming, e-mail and phone need a server's key."
            raise Problem(status=403, code="server_key_required", detail=detail)
        return {**data, "shopper": self.own(data.get("shopper"))}

    def told(self, error: CouponError) -> CouponError:
        if not (self.from_browser and self._with_codes):
            return error
        hidden = hide_code_state(error)
        if isinstance(hidden, CodeUnusable):
            count_wrong_code(self.request, self.key)
        return hidden

    @extend_schema(
        operation_id="redemptions_list",
        summary="Redemptions, newest first",
        tags=["redemptions"],
        parameters=[
            *PAGE_PARAMETERS,
            OpenApiParameter("order_ref", str),
            OpenApiParameter("shopper", str, description="The shop's own id."),
            OpenApiParameter("coupon", UUID),
            OpenApiParameter("status", str, enum=RedemptionStatus.values),
        ],
        responses={
            200: OpenApiResponse(
                page_serializer("RedemptionPage", RedemptionSerializer),
                "One page.",
                [OpenApiExample("page", value=page_example(REDEMPTION_EXAMPLE))],
            ),
            **refusals("invalid_parameter", "server_key_required"),
        },
    )
    def get(self, request: Request) -> Response:
        if self.from_browser:
            raise Problem(status=403, code="server_key_required", detail="Orders are not shown to browsers.")
        given = request.query_params
        rows = Redemption.objects.filter(
            channel=self.key.channel,
            **text_filter(given, "order_ref", "order_ref"),
            **text_filter(given, "shopper", "shopper__external_id"),
            **uuid_filter(given, "coupon", "coupon__uid"),
            **choice_filter(given, "status", "status", RedemptionStatus.values),
        )
        return Response(page_of(redemption_rows(rows), given, redemption_body), headers={"Cache-Control": "no-store"})


def _require_some(data: dict[str, Any]) -> None:
    faults = []
    if not data.get("coupons") and not data.get("codes"):
        faults.append(Fault(field="coupons", value=data.get("coupons"), reason="name a coupon, or a code in `codes`"))
    if not data.get("shopper", data.get("email", data.get("phone", ""))).strip():
        reason = "name a shopper, or the e-mail address or phone number of a guest"
        faults.append(Fault(field="shopper", value=data.get("shopper"), reason=reason))
    if faults:
        raise invalid_parameters(faults)


def _order_body(done: Checkout, order_ref: str, shopper: str, currency: str) -> dict[str, Any]:
    bodies = redemption_bodies([use.id for use in done.uses])
    return {
        "order_ref": order_ref,
        "shopper": shopper,
        "discount_minor": sum(body["amount_minor"] for body in bodies),
        "currency": currency,
        "redemptions": bodies,
    }
