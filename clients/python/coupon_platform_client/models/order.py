from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.redemption import Redemption





T = TypeVar("T", bound="Order")



@_attrs_define
class Order:
    """ What the order has now. `applied` is true for each: a use that cannot be had is refused as a whole.

     """

    order_ref: str
    shopper: str
    discount_minor: int
    currency: str
    redemptions: list[Redemption]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.redemption import Redemption # noqa: PLC0415
        order_ref = self.order_ref

        shopper = self.shopper

        discount_minor = self.discount_minor

        currency = self.currency

        redemptions = []
        for redemptions_item_data in self.redemptions:
            redemptions_item = redemptions_item_data.to_dict()
            redemptions.append(redemptions_item)




        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "order_ref": order_ref,
            "shopper": shopper,
            "discount_minor": discount_minor,
            "currency": currency,
            "redemptions": redemptions,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.redemption import Redemption # noqa: PLC0415
        d = dict(src_dict)
        order_ref = d.pop("order_ref")

        shopper = d.pop("shopper")

        discount_minor = d.pop("discount_minor")

        currency = d.pop("currency")

        redemptions = []
        _redemptions = d.pop("redemptions")
        for redemptions_item_data in (_redemptions):
            redemptions_item = Redemption.from_dict(redemptions_item_data)



            redemptions.append(redemptions_item)


        order = cls(
            order_ref=order_ref,
            shopper=shopper,
            discount_minor=discount_minor,
            currency=currency,
            redemptions=redemptions,
        )


        order.additional_properties = d
        return order

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
