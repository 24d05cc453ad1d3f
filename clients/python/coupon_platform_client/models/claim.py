from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast
from uuid import UUID






T = TypeVar("T", bound="Claim")



@_attrs_define
class Claim:
    """ A body or a part of one; a member that it does not have is a fault, not ignored.

     """

    coupon: UUID
    """ The coupon's public id. """
    slate_id: None | Unset | UUID = UNSET
    """ The recommendation it was taken from. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        coupon = str(self.coupon)

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
            "coupon": coupon,
        })
        if slate_id is not UNSET:
            field_dict["slate_id"] = slate_id

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        coupon = UUID(d.pop("coupon"))




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


        claim = cls(
            coupon=coupon,
            slate_id=slate_id,
        )


        claim.additional_properties = d
        return claim

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
