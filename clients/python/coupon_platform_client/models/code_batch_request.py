from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="CodeBatchRequest")



@_attrs_define
class CodeBatchRequest:
    """ A body or a part of one; a member that it does not have is a fault, not ignored.

     """

    name: str
    size: int
    """ How many codes. """
    prefix: str | Unset = UNSET
    uses_per_code: int | None | Unset = UNSET
    """ 1 if left out; null for any number. """
    usage_limit: int | None | Unset = UNSET
    """ Uses over the whole batch. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        name = self.name

        size = self.size

        prefix = self.prefix

        uses_per_code: int | None | Unset
        if isinstance(self.uses_per_code, Unset):
            uses_per_code = UNSET
        else:
            uses_per_code = self.uses_per_code

        usage_limit: int | None | Unset
        if isinstance(self.usage_limit, Unset):
            usage_limit = UNSET
        else:
            usage_limit = self.usage_limit


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "name": name,
            "size": size,
        })
        if prefix is not UNSET:
            field_dict["prefix"] = prefix
        if uses_per_code is not UNSET:
            field_dict["uses_per_code"] = uses_per_code
        if usage_limit is not UNSET:
            field_dict["usage_limit"] = usage_limit

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        size = d.pop("size")

        prefix = d.pop("prefix", UNSET)

        def _parse_uses_per_code(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        uses_per_code = _parse_uses_per_code(d.pop("uses_per_code", UNSET))


        def _parse_usage_limit(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        usage_limit = _parse_usage_limit(d.pop("usage_limit", UNSET))


        code_batch_request = cls(
            name=name,
            size=size,
            prefix=prefix,
            uses_per_code=uses_per_code,
            usage_limit=usage_limit,
        )


        code_batch_request.additional_properties = d
        return code_batch_request

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
