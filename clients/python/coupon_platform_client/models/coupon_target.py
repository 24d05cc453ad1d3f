from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.coupon_target_mode_enum import check_coupon_target_mode_enum
from ..models.coupon_target_mode_enum import CouponTargetModeEnum
from ..models.target_kind_enum import check_target_kind_enum
from ..models.target_kind_enum import TargetKindEnum
from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="CouponTarget")



@_attrs_define
class CouponTarget:
    """ A product, category (with all below it) or brand that the coupon covers or leaves out.

     """

    kind: TargetKindEnum
    """ * `product` - Product
    * `category` - Category
    * `brand` - Brand """
    external_id: str
    mode: CouponTargetModeEnum | Unset = UNSET
    """ * `include` - Include
    * `exclude` - Exclude """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        kind: str = self.kind

        external_id = self.external_id

        mode: str | Unset = UNSET
        if not isinstance(self.mode, Unset):
            mode = self.mode



        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "kind": kind,
            "external_id": external_id,
        })
        if mode is not UNSET:
            field_dict["mode"] = mode

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        kind = check_target_kind_enum(d.pop("kind"))




        external_id = d.pop("external_id")

        _mode = d.pop("mode", UNSET)
        mode: CouponTargetModeEnum | Unset
        if isinstance(_mode,  Unset):
            mode = UNSET
        else:
            mode = check_coupon_target_mode_enum(_mode)




        coupon_target = cls(
            kind=kind,
            external_id=external_id,
            mode=mode,
        )


        coupon_target.additional_properties = d
        return coupon_target

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
