from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.group_mode_enum import check_group_mode_enum
from ..models.group_mode_enum import GroupModeEnum
from typing import cast
from uuid import UUID






T = TypeVar("T", bound="Group")



@_attrs_define
class Group:
    """ How one stacking group was settled.

     """

    name: str
    """ Empty for coupons of no group. """
    mode: GroupModeEnum
    """ * `stackable` - All that apply
    * `list_order` - The first that applies, by priority
    * `best_for_shopper` - The best combination for the shopper
    * `best_for_shop` - The one that costs the shop least """
    text: str
    considered: list[UUID]
    chosen: list[UUID]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        name = self.name

        mode: str = self.mode

        text = self.text

        considered = []
        for considered_item_data in self.considered:
            considered_item = str(considered_item_data)
            considered.append(considered_item)



        chosen = []
        for chosen_item_data in self.chosen:
            chosen_item = str(chosen_item_data)
            chosen.append(chosen_item)




        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "name": name,
            "mode": mode,
            "text": text,
            "considered": considered,
            "chosen": chosen,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        mode = check_group_mode_enum(d.pop("mode"))




        text = d.pop("text")

        considered = []
        _considered = d.pop("considered")
        for considered_item_data in (_considered):
            considered_item = UUID(considered_item_data)



            considered.append(considered_item)


        chosen = []
        _chosen = d.pop("chosen")
        for chosen_item_data in (_chosen):
            chosen_item = UUID(chosen_item_data)



            chosen.append(chosen_item)


        group = cls(
            name=name,
            mode=mode,
            text=text,
            considered=considered,
            chosen=chosen,
        )


        group.additional_properties = d
        return group

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
