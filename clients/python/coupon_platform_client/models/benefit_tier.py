from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="BenefitTier")



@_attrs_define
class BenefitTier:
    """ From a spend of `threshold_minor` on, an amount or a percentage: exactly one of the two.

     """

    threshold_minor: int
    amount_minor: int | None | Unset = UNSET
    percent_bp: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        threshold_minor = self.threshold_minor

        amount_minor: int | None | Unset
        if isinstance(self.amount_minor, Unset):
            amount_minor = UNSET
        else:
            amount_minor = self.amount_minor

        percent_bp: int | None | Unset
        if isinstance(self.percent_bp, Unset):
            percent_bp = UNSET
        else:
            percent_bp = self.percent_bp


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "threshold_minor": threshold_minor,
        })
        if amount_minor is not UNSET:
            field_dict["amount_minor"] = amount_minor
        if percent_bp is not UNSET:
            field_dict["percent_bp"] = percent_bp

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        threshold_minor = d.pop("threshold_minor")

        def _parse_amount_minor(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        amount_minor = _parse_amount_minor(d.pop("amount_minor", UNSET))


        def _parse_percent_bp(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        percent_bp = _parse_percent_bp(d.pop("percent_bp", UNSET))


        benefit_tier = cls(
            threshold_minor=threshold_minor,
            amount_minor=amount_minor,
            percent_bp=percent_bp,
        )


        benefit_tier.additional_properties = d
        return benefit_tier

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
