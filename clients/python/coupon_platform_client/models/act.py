from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.event_kind_enum import check_event_kind_enum
from ..models.event_kind_enum import EventKindEnum
from typing import cast
import datetime






T = TypeVar("T", bound="Act")



@_attrs_define
class Act:
    

    kind: EventKindEnum
    """ * `view` - view
    * `click` - click
    * `cart` - cart
    * `purchase` - purchase
    * `impression` - impression
    * `claim` - claim
    * `redemption` - redemption
    * `rating` - rating
    * `dismissal` - dismissal """
    product: None | str
    title: None | str
    category: None | str
    """ Null for one that the model does not know. """
    occurred_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        kind: str = self.kind

        product: None | str
        product = self.product

        title: None | str
        title = self.title

        category: None | str
        category = self.category

        occurred_at = self.occurred_at.isoformat()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "kind": kind,
            "product": product,
            "title": title,
            "category": category,
            "occurred_at": occurred_at,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        kind = check_event_kind_enum(d.pop("kind"))




        def _parse_product(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        product = _parse_product(d.pop("product"))


        def _parse_title(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        title = _parse_title(d.pop("title"))


        def _parse_category(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        category = _parse_category(d.pop("category"))


        occurred_at = datetime.datetime.fromisoformat(d.pop("occurred_at"))




        act = cls(
            kind=kind,
            product=product,
            title=title,
            category=category,
            occurred_at=occurred_at,
        )


        act.additional_properties = d
        return act

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
