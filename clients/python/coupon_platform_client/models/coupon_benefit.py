from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.allocation_enum import AllocationEnum
from ..models.allocation_enum import check_allocation_enum
from ..models.type_enum import check_type_enum
from ..models.type_enum import TypeEnum
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.benefit_tier import BenefitTier





T = TypeVar("T", bound="CouponBenefit")



@_attrs_define
class CouponBenefit:
    """ percent needs `percent_bp`; amount `amount_minor`; buy_x_get_y both quantities; gift `gift`; tiers `tiers`.

     """

    type_: TypeEnum
    """ * `percent` - Percent off
    * `amount` - Amount off
    * `free_shipping` - Free shipping
    * `buy_x_get_y` - Buy X, get Y
    * `gift` - Gift
    * `tiers` - Spend thresholds """
    percent_bp: int | None | Unset = UNSET
    """ 1 % is 100. """
    amount_minor: int | None | Unset = UNSET
    max_discount_minor: int | None | Unset = UNSET
    allocation: AllocationEnum | Unset = UNSET
    """ * `each` - Each item
    * `across` - The order, split over its items """
    buy_quantity: int | None | Unset = UNSET
    get_quantity: int | None | Unset = UNSET
    gift: None | str | Unset = UNSET
    """ The shop's own id of the product given. """
    tiers: list[BenefitTier] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.benefit_tier import BenefitTier # noqa: PLC0415
        type_: str = self.type_

        percent_bp: int | None | Unset
        if isinstance(self.percent_bp, Unset):
            percent_bp = UNSET
        else:
            percent_bp = self.percent_bp

        amount_minor: int | None | Unset
        if isinstance(self.amount_minor, Unset):
            amount_minor = UNSET
        else:
            amount_minor = self.amount_minor

        max_discount_minor: int | None | Unset
        if isinstance(self.max_discount_minor, Unset):
            max_discount_minor = UNSET
        else:
            max_discount_minor = self.max_discount_minor

        allocation: str | Unset = UNSET
        if not isinstance(self.allocation, Unset):
            allocation = self.allocation


        buy_quantity: int | None | Unset
        if isinstance(self.buy_quantity, Unset):
            buy_quantity = UNSET
        else:
            buy_quantity = self.buy_quantity

        get_quantity: int | None | Unset
        if isinstance(self.get_quantity, Unset):
            get_quantity = UNSET
        else:
            get_quantity = self.get_quantity

        gift: None | str | Unset
        if isinstance(self.gift, Unset):
            gift = UNSET
        else:
            gift = self.gift

        tiers: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.tiers, Unset):
            tiers = []
            for tiers_item_data in self.tiers:
                tiers_item = tiers_item_data.to_dict()
                tiers.append(tiers_item)




        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "type": type_,
        })
        if percent_bp is not UNSET:
            field_dict["percent_bp"] = percent_bp
        if amount_minor is not UNSET:
            field_dict["amount_minor"] = amount_minor
        if max_discount_minor is not UNSET:
            field_dict["max_discount_minor"] = max_discount_minor
        if allocation is not UNSET:
            field_dict["allocation"] = allocation
        if buy_quantity is not UNSET:
            field_dict["buy_quantity"] = buy_quantity
        if get_quantity is not UNSET:
            field_dict["get_quantity"] = get_quantity
        if gift is not UNSET:
            field_dict["gift"] = gift
        if tiers is not UNSET:
            field_dict["tiers"] = tiers

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.benefit_tier import BenefitTier # noqa: PLC0415
        d = dict(src_dict)
        type_ = check_type_enum(d.pop("type"))




        def _parse_percent_bp(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        percent_bp = _parse_percent_bp(d.pop("percent_bp", UNSET))


        def _parse_amount_minor(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        amount_minor = _parse_amount_minor(d.pop("amount_minor", UNSET))


        def _parse_max_discount_minor(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        max_discount_minor = _parse_max_discount_minor(d.pop("max_discount_minor", UNSET))


        _allocation = d.pop("allocation", UNSET)
        allocation: AllocationEnum | Unset
        if isinstance(_allocation,  Unset):
            allocation = UNSET
        else:
            allocation = check_allocation_enum(_allocation)




        def _parse_buy_quantity(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        buy_quantity = _parse_buy_quantity(d.pop("buy_quantity", UNSET))


        def _parse_get_quantity(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        get_quantity = _parse_get_quantity(d.pop("get_quantity", UNSET))


        def _parse_gift(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        gift = _parse_gift(d.pop("gift", UNSET))


        _tiers = d.pop("tiers", UNSET)
        tiers: list[BenefitTier] | Unset = UNSET
        if _tiers is not UNSET:
            tiers = []
            for tiers_item_data in _tiers:
                tiers_item = BenefitTier.from_dict(tiers_item_data)



                tiers.append(tiers_item)


        coupon_benefit = cls(
            type_=type_,
            percent_bp=percent_bp,
            amount_minor=amount_minor,
            max_discount_minor=max_discount_minor,
            allocation=allocation,
            buy_quantity=buy_quantity,
            get_quantity=get_quantity,
            gift=gift,
            tiers=tiers,
        )


        coupon_benefit.additional_properties = d
        return coupon_benefit

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
