from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.code_enum import check_code_enum
from ..models.code_enum import CodeEnum
from ..models.unit_enum import check_unit_enum
from ..models.unit_enum import UnitEnum
from typing import cast
from uuid import UUID






T = TypeVar("T", bound="RefusalReason")



@_attrs_define
class RefusalReason:
    """ Why a coupon does not apply, and how much is missing.

     """

    code: CodeEnum
    """ * `campaign_not_approved` - campaign_not_approved
    * `campaign_paused` - campaign_paused
    * `campaign_not_started` - campaign_not_started
    * `campaign_ended` - campaign_ended
    * `outside_hours` - outside_hours
    * `coupon_inactive` - coupon_inactive
    * `not_in_audience` - not_in_audience
    * `held_out` - held_out
    * `not_in_segment` - not_in_segment
    * `not_first_order` - not_first_order
    * `not_granted` - not_granted
    * `code_required` - code_required
    * `too_far` - too_far
    * `closed_now` - closed_now
    * `usage_limit_reached` - usage_limit_reached
    * `shopper_limit_reached` - shopper_limit_reached
    * `budget_exhausted` - budget_exhausted
    * `no_matching_items` - no_matching_items
    * `min_spend` - min_spend
    * `min_quantity` - min_quantity
    * `buy_more` - buy_more
    * `tier_not_reached` - tier_not_reached
    * `no_effect` - no_effect
    * `not_combinable` - not_combinable """
    text: str
    distance: int | None
    """ How much is missing, in `unit`. """
    unit: None | UnitEnum
    by: list[UUID]
    """ Coupons that were applied instead. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        code: str = self.code

        text = self.text

        distance: int | None
        distance = self.distance

        unit: None | str
        if isinstance(self.unit, str):
            unit = self.unit
        else:
            unit = self.unit

        by = []
        for by_item_data in self.by:
            by_item = str(by_item_data)
            by.append(by_item)




        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "code": code,
            "text": text,
            "distance": distance,
            "unit": unit,
            "by": by,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        code = check_code_enum(d.pop("code"))




        text = d.pop("text")

        def _parse_distance(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        distance = _parse_distance(d.pop("distance"))


        def _parse_unit(data: object) -> None | UnitEnum:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                unit_type_0 = check_unit_enum(data)



                return unit_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UnitEnum, data)

        unit = _parse_unit(d.pop("unit"))


        by = []
        _by = d.pop("by")
        for by_item_data in (_by):
            by_item = UUID(by_item_data)



            by.append(by_item)


        refusal_reason = cls(
            code=code,
            text=text,
            distance=distance,
            unit=unit,
            by=by,
        )


        refusal_reason.additional_properties = d
        return refusal_reason

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
