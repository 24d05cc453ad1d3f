from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="Interest")



@_attrs_define
class Interest:
    

    category: str
    """ Its path in the catalog, outermost first, joined by ` > `. """
    name: str
    """ Its last part alone. """
    before: float
    """ As last computed from everything: a probability from 0 to 1. """
    now: float
    """ With what the shopper did since. """
    change: float
    """ `now` less `before`. """
    acts: int
    """ Things the shopper did in this category since. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        category = self.category

        name = self.name

        before = self.before

        now = self.now

        change = self.change

        acts = self.acts


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "category": category,
            "name": name,
            "before": before,
            "now": now,
            "change": change,
            "acts": acts,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        category = d.pop("category")

        name = d.pop("name")

        before = d.pop("before")

        now = d.pop("now")

        change = d.pop("change")

        acts = d.pop("acts")

        interest = cls(
            category=category,
            name=name,
            before=before,
            now=now,
            change=change,
            acts=acts,
        )


        interest.additional_properties = d
        return interest

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
