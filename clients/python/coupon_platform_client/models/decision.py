from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast
from uuid import UUID

if TYPE_CHECKING:
  from ..models.line_discount import LineDiscount
  from ..models.refusal_reason import RefusalReason





T = TypeVar("T", bound="Decision")



@_attrs_define
class Decision:
    """ One coupon's outcome: applied or not applied, nothing in between.

     """

    coupon: UUID
    title: str
    applied: bool
    position: int | None
    """ Its turn in the order of application, from 1. """
    step: None | str
    """ items, order or shipping """
    discount_minor: int
    """ What comes off for it, shipping included. """
    shipping_minor: int
    alone_minor: int
    """ What it would take off by itself. """
    lines: list[LineDiscount]
    gift: None | str
    """ The shop's own id of the product given. """
    reasons: list[RefusalReason]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.line_discount import LineDiscount # noqa: PLC0415
        from ..models.refusal_reason import RefusalReason # noqa: PLC0415
        coupon = str(self.coupon)

        title = self.title

        applied = self.applied

        position: int | None
        position = self.position

        step: None | str
        step = self.step

        discount_minor = self.discount_minor

        shipping_minor = self.shipping_minor

        alone_minor = self.alone_minor

        lines = []
        for lines_item_data in self.lines:
            lines_item = lines_item_data.to_dict()
            lines.append(lines_item)



        gift: None | str
        gift = self.gift

        reasons = []
        for reasons_item_data in self.reasons:
            reasons_item = reasons_item_data.to_dict()
            reasons.append(reasons_item)




        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "coupon": coupon,
            "title": title,
            "applied": applied,
            "position": position,
            "step": step,
            "discount_minor": discount_minor,
            "shipping_minor": shipping_minor,
            "alone_minor": alone_minor,
            "lines": lines,
            "gift": gift,
            "reasons": reasons,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.line_discount import LineDiscount # noqa: PLC0415
        from ..models.refusal_reason import RefusalReason # noqa: PLC0415
        d = dict(src_dict)
        coupon = UUID(d.pop("coupon"))




        title = d.pop("title")

        applied = d.pop("applied")

        def _parse_position(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        position = _parse_position(d.pop("position"))


        def _parse_step(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        step = _parse_step(d.pop("step"))


        discount_minor = d.pop("discount_minor")

        shipping_minor = d.pop("shipping_minor")

        alone_minor = d.pop("alone_minor")

        lines = []
        _lines = d.pop("lines")
        for lines_item_data in (_lines):
            lines_item = LineDiscount.from_dict(lines_item_data)



            lines.append(lines_item)


        def _parse_gift(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        gift = _parse_gift(d.pop("gift"))


        reasons = []
        _reasons = d.pop("reasons")
        for reasons_item_data in (_reasons):
            reasons_item = RefusalReason.from_dict(reasons_item_data)



            reasons.append(reasons_item)


        decision = cls(
            coupon=coupon,
            title=title,
            applied=applied,
            position=position,
            step=step,
            discount_minor=discount_minor,
            shipping_minor=shipping_minor,
            alone_minor=alone_minor,
            lines=lines,
            gift=gift,
            reasons=reasons,
        )


        decision.additional_properties = d
        return decision

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
