from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="RedemptionLine")



@_attrs_define
class RedemptionLine:
    """ What the discount took off one line; returns are worked out from it.

     """

    line_ref: str
    quantity: int
    spend_minor: int
    """ The line's price before coupons. """
    amount_minor: int
    returned_quantity: int
    rolled_back_minor: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        line_ref = self.line_ref

        quantity = self.quantity

        spend_minor = self.spend_minor

        amount_minor = self.amount_minor

        returned_quantity = self.returned_quantity

        rolled_back_minor = self.rolled_back_minor


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "line_ref": line_ref,
            "quantity": quantity,
            "spend_minor": spend_minor,
            "amount_minor": amount_minor,
            "returned_quantity": returned_quantity,
            "rolled_back_minor": rolled_back_minor,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        line_ref = d.pop("line_ref")

        quantity = d.pop("quantity")

        spend_minor = d.pop("spend_minor")

        amount_minor = d.pop("amount_minor")

        returned_quantity = d.pop("returned_quantity")

        rolled_back_minor = d.pop("rolled_back_minor")

        redemption_line = cls(
            line_ref=line_ref,
            quantity=quantity,
            spend_minor=spend_minor,
            amount_minor=amount_minor,
            returned_quantity=returned_quantity,
            rolled_back_minor=rolled_back_minor,
        )


        redemption_line.additional_properties = d
        return redemption_line

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
