from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.decision import Decision
  from ..models.group import Group





T = TypeVar("T", bound="Evaluation")



@_attrs_define
class Evaluation:
    

    currency: str
    """ ISO 4217. """
    spend_minor: int
    shipping_minor: int
    discount_minor: int
    payable_minor: int
    coupons: list[Decision]
    groups: list[Group]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.decision import Decision # noqa: PLC0415
        from ..models.group import Group # noqa: PLC0415
        currency = self.currency

        spend_minor = self.spend_minor

        shipping_minor = self.shipping_minor

        discount_minor = self.discount_minor

        payable_minor = self.payable_minor

        coupons = []
        for coupons_item_data in self.coupons:
            coupons_item = coupons_item_data.to_dict()
            coupons.append(coupons_item)



        groups = []
        for groups_item_data in self.groups:
            groups_item = groups_item_data.to_dict()
            groups.append(groups_item)




        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "currency": currency,
            "spend_minor": spend_minor,
            "shipping_minor": shipping_minor,
            "discount_minor": discount_minor,
            "payable_minor": payable_minor,
            "coupons": coupons,
            "groups": groups,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.decision import Decision # noqa: PLC0415
        from ..models.group import Group # noqa: PLC0415
        d = dict(src_dict)
        currency = d.pop("currency")

        spend_minor = d.pop("spend_minor")

        shipping_minor = d.pop("shipping_minor")

        discount_minor = d.pop("discount_minor")

        payable_minor = d.pop("payable_minor")

        coupons = []
        _coupons = d.pop("coupons")
        for coupons_item_data in (_coupons):
            coupons_item = Decision.from_dict(coupons_item_data)



            coupons.append(coupons_item)


        groups = []
        _groups = d.pop("groups")
        for groups_item_data in (_groups):
            groups_item = Group.from_dict(groups_item_data)



            groups.append(groups_item)


        evaluation = cls(
            currency=currency,
            spend_minor=spend_minor,
            shipping_minor=shipping_minor,
            discount_minor=discount_minor,
            payable_minor=payable_minor,
            coupons=coupons,
            groups=groups,
        )


        evaluation.additional_properties = d
        return evaluation

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
