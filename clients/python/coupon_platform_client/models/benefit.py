from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.type_enum import check_type_enum
from ..models.type_enum import TypeEnum
from typing import cast






T = TypeVar("T", bound="Benefit")



@_attrs_define
class Benefit:
    

    type_: None | TypeEnum
    amount_minor: int | None
    """ In minor units of `currency`. """
    percent_bp: int | None
    """ In basis points: 1 % is 100. """
    currency: str
    """ ISO 4217. """
    text: str
    """ What the shopper gets, in words. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        type_: None | str
        if isinstance(self.type_, str):
            type_ = self.type_
        else:
            type_ = self.type_

        amount_minor: int | None
        amount_minor = self.amount_minor

        percent_bp: int | None
        percent_bp = self.percent_bp

        currency = self.currency

        text = self.text


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "type": type_,
            "amount_minor": amount_minor,
            "percent_bp": percent_bp,
            "currency": currency,
            "text": text,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        def _parse_type_(data: object) -> None | TypeEnum:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                type_type_0 = check_type_enum(data)



                return type_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | TypeEnum, data)

        type_ = _parse_type_(d.pop("type"))


        def _parse_amount_minor(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        amount_minor = _parse_amount_minor(d.pop("amount_minor"))


        def _parse_percent_bp(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        percent_bp = _parse_percent_bp(d.pop("percent_bp"))


        currency = d.pop("currency")

        text = d.pop("text")

        benefit = cls(
            type_=type_,
            amount_minor=amount_minor,
            percent_bp=percent_bp,
            currency=currency,
            text=text,
        )


        benefit.additional_properties = d
        return benefit

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
