from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.rollback_kind_enum import check_rollback_kind_enum
from ..models.rollback_kind_enum import RollbackKindEnum
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.returned_line import ReturnedLine





T = TypeVar("T", bound="RollbackRequest")



@_attrs_define
class RollbackRequest:
    """ Everything that still stands, unless lines or an amount are named.

     """

    kind: RollbackKindEnum
    """ * `cancel` - Order cancelled
    * `refund` - Items returned """
    lines: list[ReturnedLine] | Unset = UNSET
    amount_minor: int | Unset = UNSET
    """ Only for a redemption without lines. """
    reason: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.returned_line import ReturnedLine # noqa: PLC0415
        kind: str = self.kind

        lines: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.lines, Unset):
            lines = []
            for lines_item_data in self.lines:
                lines_item = lines_item_data.to_dict()
                lines.append(lines_item)



        amount_minor = self.amount_minor

        reason = self.reason


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "kind": kind,
        })
        if lines is not UNSET:
            field_dict["lines"] = lines
        if amount_minor is not UNSET:
            field_dict["amount_minor"] = amount_minor
        if reason is not UNSET:
            field_dict["reason"] = reason

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.returned_line import ReturnedLine # noqa: PLC0415
        d = dict(src_dict)
        kind = check_rollback_kind_enum(d.pop("kind"))




        _lines = d.pop("lines", UNSET)
        lines: list[ReturnedLine] | Unset = UNSET
        if _lines is not UNSET:
            lines = []
            for lines_item_data in _lines:
                lines_item = ReturnedLine.from_dict(lines_item_data)



                lines.append(lines_item)


        amount_minor = d.pop("amount_minor", UNSET)

        reason = d.pop("reason", UNSET)

        rollback_request = cls(
            kind=kind,
            lines=lines,
            amount_minor=amount_minor,
            reason=reason,
        )


        rollback_request.additional_properties = d
        return rollback_request

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
