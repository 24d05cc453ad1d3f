from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast
from uuid import UUID

if TYPE_CHECKING:
  from ..models.cart import Cart
  from ..models.location import Location





T = TypeVar("T", bound="EvaluationRequest")



@_attrs_define
class EvaluationRequest:
    """ A body or a part of one; a member that it does not have is a fault, not ignored.

     """

    cart: Cart
    """ A body or a part of one; a member that it does not have is a fault, not ignored. """
    shopper: None | str | Unset = UNSET
    """ The shop's own id; left out for somebody unknown. """
    coupons: list[UUID] | Unset = UNSET
    """ Public ids of coupons. """
    codes: list[str] | Unset = UNSET
    """ Codes as the shopper typed them. """
    place: None | str | Unset = UNSET
    """ External id of the place that the shopper is in, as a till sends it. Store coupons of other places are
    `too_far`, and those of a place that is closed `closed_now`. """
    location: Location | None | Unset = UNSET
    """ In place of `place`: where the shopper is. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.cart import Cart # noqa: PLC0415
        from ..models.location import Location # noqa: PLC0415
        cart = self.cart.to_dict()

        shopper: None | str | Unset
        if isinstance(self.shopper, Unset):
            shopper = UNSET
        else:
            shopper = self.shopper

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


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "cart": cart,
        })
        if shopper is not UNSET:
            field_dict["shopper"] = shopper
        if coupons is not UNSET:
            field_dict["coupons"] = coupons
        if codes is not UNSET:
            field_dict["codes"] = codes
        if place is not UNSET:
            field_dict["place"] = place
        if location is not UNSET:
            field_dict["location"] = location

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.cart import Cart # noqa: PLC0415
        from ..models.location import Location # noqa: PLC0415
        d = dict(src_dict)
        cart = Cart.from_dict(d.pop("cart"))




        def _parse_shopper(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        shopper = _parse_shopper(d.pop("shopper", UNSET))


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


        evaluation_request = cls(
            cart=cart,
            shopper=shopper,
            coupons=coupons,
            codes=codes,
            place=place,
            location=location,
        )


        evaluation_request.additional_properties = d
        return evaluation_request

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
