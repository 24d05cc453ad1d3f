from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.redemption_request_mode_enum import check_redemption_request_mode_enum
from ..models.redemption_request_mode_enum import RedemptionRequestModeEnum
from ..types import UNSET, Unset
from typing import cast
from uuid import UUID

if TYPE_CHECKING:
  from ..models.cart import Cart
  from ..models.location import Location





T = TypeVar("T", bound="RedemptionRequest")



@_attrs_define
class RedemptionRequest:
    """ All these coupons are used, or none of them.

     """

    order_ref: str
    """ The shop's own id of the order; an order uses a coupon once. """
    mode: RedemptionRequestModeEnum
    """ * `hold` - hold
    * `redeem` - redeem """
    cart: Cart
    """ A body or a part of one; a member that it does not have is a fault, not ignored. """
    shopper: str | Unset = UNSET
    """ The shop's own id; made known if new. """
    email: str | Unset = UNSET
    """ Of a guest: recognises a person across checkouts. """
    phone: str | Unset = UNSET
    coupons: list[UUID] | Unset = UNSET
    """ Public ids of coupons. """
    codes: list[str] | Unset = UNSET
    """ Codes as the shopper typed them. """
    place: None | str | Unset = UNSET
    """ External id of the place that the shopper is in, as a till sends it. Store coupons of other places are
    `too_far`, and those of a place that is closed `closed_now`. """
    location: Location | None | Unset = UNSET
    """ In place of `place`: where the shopper is. """
    expected_discount_minor: int | Unset = UNSET
    """ What the shopper was shown; refused if it differs. """
    slate_id: None | Unset | UUID = UNSET
    """ The recommendation that led here. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.cart import Cart # noqa: PLC0415
        from ..models.location import Location # noqa: PLC0415
        order_ref = self.order_ref

        mode: str = self.mode

        cart = self.cart.to_dict()

        shopper = self.shopper

        email = self.email

        phone = self.phone

        coupons: list[str] | Unset = UNSET
        if not isinstance(self.coupons, Unset):
            coupons = []
            for coupons_item_data in self.coupons:
                coupons_item = str(coupons_item_data)
                coupons.append(coupons_item)



        codes: list[str] | Unset = UNSET
        if not isinstance(self.codes, Unset):
            codes = self.codes



        place: None | str | Unset
        if isinstance(self.place, Unset):
            place = UNSET
        else:
            place = self.place

        location: dict[str, Any] | None | Unset
        if isinstance(self.location, Unset):
            location = UNSET
        elif isinstance(self.location, Location):
            location = self.location.to_dict()
        else:
            location = self.location

        expected_discount_minor = self.expected_discount_minor

        slate_id: None | str | Unset
        if isinstance(self.slate_id, Unset):
            slate_id = UNSET
        elif isinstance(self.slate_id, UUID):
            slate_id = str(self.slate_id)
        else:
            slate_id = self.slate_id


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "order_ref": order_ref,
            "mode": mode,
            "cart": cart,
        })
        if shopper is not UNSET:
            field_dict["shopper"] = shopper
        if email is not UNSET:
            field_dict["email"] = email
        if phone is not UNSET:
            field_dict["phone"] = phone
        if coupons is not UNSET:
            field_dict["coupons"] = coupons
        if codes is not UNSET:
            field_dict["codes"] = codes
        if place is not UNSET:
            field_dict["place"] = place
        if location is not UNSET:
            field_dict["location"] = location
        if expected_discount_minor is not UNSET:
            field_dict["expected_discount_minor"] = expected_discount_minor
        if slate_id is not UNSET:
            field_dict["slate_id"] = slate_id

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.cart import Cart # noqa: PLC0415
        from ..models.location import Location # noqa: PLC0415
        d = dict(src_dict)
        order_ref = d.pop("order_ref")

        mode = check_redemption_request_mode_enum(d.pop("mode"))




        cart = Cart.from_dict(d.pop("cart"))




        shopper = d.pop("shopper", UNSET)

        email = d.pop("email", UNSET)

        phone = d.pop("phone", UNSET)

        _coupons = d.pop("coupons", UNSET)
        coupons: list[UUID] | Unset = UNSET
        if _coupons is not UNSET:
            coupons = []
            for coupons_item_data in _coupons:
                coupons_item = UUID(coupons_item_data)



                coupons.append(coupons_item)


        codes = cast(list[str], d.pop("codes", UNSET))


        def _parse_place(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        place = _parse_place(d.pop("place", UNSET))


        def _parse_location(data: object) -> Location | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                location_type_1 = Location.from_dict(data)



                return location_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Location | None | Unset, data)

        location = _parse_location(d.pop("location", UNSET))


        expected_discount_minor = d.pop("expected_discount_minor", UNSET)

        def _parse_slate_id(data: object) -> None | Unset | UUID:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                slate_id_type_0 = UUID(data)



                return slate_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | UUID, data)

        slate_id = _parse_slate_id(d.pop("slate_id", UNSET))


        redemption_request = cls(
            order_ref=order_ref,
            mode=mode,
            cart=cart,
            shopper=shopper,
            email=email,
            phone=phone,
            coupons=coupons,
            codes=codes,
            place=place,
            location=location,
            expected_discount_minor=expected_discount_minor,
            slate_id=slate_id,
        )


        redemption_request.additional_properties = d
        return redemption_request

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
