from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.event_result_status_enum import check_event_result_status_enum
from ..models.event_result_status_enum import EventResultStatusEnum
from typing import cast






T = TypeVar("T", bound="EventResult")



@_attrs_define
class EventResult:
    

    index: int
    """ Place in the batch, from 0. """
    event_id: None | str
    status: EventResultStatusEnum
    """ * `accepted` - accepted
    * `duplicate` - duplicate
    * `rejected` - rejected """
    field: None | str
    reason: None | str
    value: Any
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        index = self.index

        event_id: None | str
        event_id = self.event_id

        status: str = self.status

        field: None | str
        field = self.field

        reason: None | str
        reason = self.reason

        value = self.value


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "index": index,
            "event_id": event_id,
            "status": status,
            "field": field,
            "reason": reason,
            "value": value,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        index = d.pop("index")

        def _parse_event_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        event_id = _parse_event_id(d.pop("event_id"))


        status = check_event_result_status_enum(d.pop("status"))




        def _parse_field(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        field = _parse_field(d.pop("field"))


        def _parse_reason(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        reason = _parse_reason(d.pop("reason"))


        value = d.pop("value")

        event_result = cls(
            index=index,
            event_id=event_id,
            status=status,
            field=field,
            reason=reason,
            value=value,
        )


        event_result.additional_properties = d
        return event_result

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
