from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset






T = TypeVar("T", bound="ShopperTokenRequest")



@_attrs_define
class ShopperTokenRequest:
    """ A body or a part of one; a member that it does not have is a fault, not ignored.

     """

    shopper: str
    """ The shop's own id of who is logged in, or of the visit where nobody is. """
    expires_in: int | Unset = UNSET
    """ Seconds; 900 if left out. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        shopper = self.shopper

        expires_in = self.expires_in


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "shopper": shopper,
        })
        if expires_in is not UNSET:
            field_dict["expires_in"] = expires_in

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        shopper = d.pop("shopper")

        expires_in = d.pop("expires_in", UNSET)

        shopper_token_request = cls(
            shopper=shopper,
            expires_in=expires_in,
        )


        shopper_token_request.additional_properties = d
        return shopper_token_request

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
