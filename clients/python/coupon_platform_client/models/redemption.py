from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.redemption_status_enum import check_redemption_status_enum
from ..models.redemption_status_enum import RedemptionStatusEnum
from typing import cast
from uuid import UUID
import datetime

if TYPE_CHECKING:
  from ..models.redemption_line import RedemptionLine





T = TypeVar("T", bound="Redemption")



@_attrs_define
class Redemption:
    """ One use of one coupon on one order.

     """

    redemption: UUID
    order_ref: str
    shopper: str
    """ The shop's own id. """
    coupon: UUID
    status: RedemptionStatusEnum
    """ * `held` - Held
    * `redeemed` - Redeemed
    * `partially_rolled_back` - Partly rolled back
    * `rolled_back` - Rolled back
    * `released` - Released
    * `expired` - Expired """
    applied: bool
    """ Whether the discount stands, held or redeemed. """
    amount_minor: int
    rolled_back_minor: int
    currency: str
    """ ISO 4217. """
    slate_id: None | UUID
    hold_expires_at: datetime.datetime | None
    redeemed_at: datetime.datetime | None
    created_at: datetime.datetime
    lines: list[RedemptionLine]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.redemption_line import RedemptionLine # noqa: PLC0415
        redemption = str(self.redemption)

        order_ref = self.order_ref

        shopper = self.shopper

        coupon = str(self.coupon)

        status: str = self.status

        applied = self.applied

        amount_minor = self.amount_minor

        rolled_back_minor = self.rolled_back_minor

        currency = self.currency

        slate_id: None | str
        if isinstance(self.slate_id, UUID):
            slate_id = str(self.slate_id)
        else:
            slate_id = self.slate_id

        hold_expires_at: None | str
        if isinstance(self.hold_expires_at, datetime.datetime):
            hold_expires_at = self.hold_expires_at.isoformat()
        else:
            hold_expires_at = self.hold_expires_at

        redeemed_at: None | str
        if isinstance(self.redeemed_at, datetime.datetime):
            redeemed_at = self.redeemed_at.isoformat()
        else:
            redeemed_at = self.redeemed_at

        created_at = self.created_at.isoformat()

        lines = []
        for lines_item_data in self.lines:
            lines_item = lines_item_data.to_dict()
            lines.append(lines_item)




        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "redemption": redemption,
            "order_ref": order_ref,
            "shopper": shopper,
            "coupon": coupon,
            "status": status,
            "applied": applied,
            "amount_minor": amount_minor,
            "rolled_back_minor": rolled_back_minor,
            "currency": currency,
            "slate_id": slate_id,
            "hold_expires_at": hold_expires_at,
            "redeemed_at": redeemed_at,
            "created_at": created_at,
            "lines": lines,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.redemption_line import RedemptionLine # noqa: PLC0415
        d = dict(src_dict)
        redemption = UUID(d.pop("redemption"))




        order_ref = d.pop("order_ref")

        shopper = d.pop("shopper")

        coupon = UUID(d.pop("coupon"))




        status = check_redemption_status_enum(d.pop("status"))




        applied = d.pop("applied")

        amount_minor = d.pop("amount_minor")

        rolled_back_minor = d.pop("rolled_back_minor")

        currency = d.pop("currency")

        def _parse_slate_id(data: object) -> None | UUID:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                slate_id_type_0 = UUID(data)



                return slate_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        slate_id = _parse_slate_id(d.pop("slate_id"))


        def _parse_hold_expires_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                hold_expires_at_type_0 = datetime.datetime.fromisoformat(data)



                return hold_expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        hold_expires_at = _parse_hold_expires_at(d.pop("hold_expires_at"))


        def _parse_redeemed_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                redeemed_at_type_0 = datetime.datetime.fromisoformat(data)



                return redeemed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        redeemed_at = _parse_redeemed_at(d.pop("redeemed_at"))


        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))




        lines = []
        _lines = d.pop("lines")
        for lines_item_data in (_lines):
            lines_item = RedemptionLine.from_dict(lines_item_data)



            lines.append(lines_item)


        redemption = cls(
            redemption=redemption,
            order_ref=order_ref,
            shopper=shopper,
            coupon=coupon,
            status=status,
            applied=applied,
            amount_minor=amount_minor,
            rolled_back_minor=rolled_back_minor,
            currency=currency,
            slate_id=slate_id,
            hold_expires_at=hold_expires_at,
            redeemed_at=redeemed_at,
            created_at=created_at,
            lines=lines,
        )


        redemption.additional_properties = d
        return redemption

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
