from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.event_kind_enum import check_event_kind_enum
from ..models.event_kind_enum import EventKindEnum
from ..types import UNSET, Unset
from typing import cast
from uuid import UUID
import datetime

if TYPE_CHECKING:
  from ..models.event_properties_type_0 import EventPropertiesType0





T = TypeVar("T", bound="Event")



@_attrs_define
class Event:
    """ One thing a shopper did. Money is in minor units of the channel's currency.

     """

    event_id: str
    """ The client's own; counts once. """
    shopper: str
    """ The shop's own id; made known if new. """
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
    occurred_at: datetime.datetime | Unset = UNSET
    """ With its zone; now if left out. """
    product: None | str | Unset = UNSET
    """ The shop's own id of a product. """
    coupon: None | Unset | UUID = UNSET
    order_ref: None | str | Unset = UNSET
    quantity: int | None | Unset = UNSET
    value_minor: int | None | Unset = UNSET
    discount_minor: int | None | Unset = UNSET
    """ The shop's own price cut. """
    coupon_discount_minor: int | None | Unset = UNSET
    rating: int | None | Unset = UNSET
    slate_id: None | Unset | UUID = UNSET
    """ The recommendation that the shopper acted on. """
    properties: EventPropertiesType0 | None | Unset = UNSET
    """ Anything else, at most 8 KiB. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.event_properties_type_0 import EventPropertiesType0 # noqa: PLC0415
        event_id = self.event_id

        shopper = self.shopper

        kind: str = self.kind

        occurred_at: str | Unset = UNSET
        if not isinstance(self.occurred_at, Unset):
            occurred_at = self.occurred_at.isoformat()

        product: None | str | Unset
        if isinstance(self.product, Unset):
            product = UNSET
        else:
            product = self.product

        coupon: None | str | Unset
        if isinstance(self.coupon, Unset):
            coupon = UNSET
        elif isinstance(self.coupon, UUID):
            coupon = str(self.coupon)
        else:
            coupon = self.coupon

        order_ref: None | str | Unset
        if isinstance(self.order_ref, Unset):
            order_ref = UNSET
        else:
            order_ref = self.order_ref

        quantity: int | None | Unset
        if isinstance(self.quantity, Unset):
            quantity = UNSET
        else:
            quantity = self.quantity

        value_minor: int | None | Unset
        if isinstance(self.value_minor, Unset):
            value_minor = UNSET
        else:
            value_minor = self.value_minor

        discount_minor: int | None | Unset
        if isinstance(self.discount_minor, Unset):
            discount_minor = UNSET
        else:
            discount_minor = self.discount_minor

        coupon_discount_minor: int | None | Unset
        if isinstance(self.coupon_discount_minor, Unset):
            coupon_discount_minor = UNSET
        else:
            coupon_discount_minor = self.coupon_discount_minor

        rating: int | None | Unset
        if isinstance(self.rating, Unset):
            rating = UNSET
        else:
            rating = self.rating

        slate_id: None | str | Unset
        if isinstance(self.slate_id, Unset):
            slate_id = UNSET
        elif isinstance(self.slate_id, UUID):
            slate_id = str(self.slate_id)
        else:
            slate_id = self.slate_id

        properties: dict[str, Any] | None | Unset
        if isinstance(self.properties, Unset):
            properties = UNSET
        elif isinstance(self.properties, EventPropertiesType0):
            properties = self.properties.to_dict()
        else:
            properties = self.properties


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "event_id": event_id,
            "shopper": shopper,
            "kind": kind,
        })
        if occurred_at is not UNSET:
            field_dict["occurred_at"] = occurred_at
        if product is not UNSET:
            field_dict["product"] = product
        if coupon is not UNSET:
            field_dict["coupon"] = coupon
        if order_ref is not UNSET:
            field_dict["order_ref"] = order_ref
        if quantity is not UNSET:
            field_dict["quantity"] = quantity
        if value_minor is not UNSET:
            field_dict["value_minor"] = value_minor
        if discount_minor is not UNSET:
            field_dict["discount_minor"] = discount_minor
        if coupon_discount_minor is not UNSET:
            field_dict["coupon_discount_minor"] = coupon_discount_minor
        if rating is not UNSET:
            field_dict["rating"] = rating
        if slate_id is not UNSET:
            field_dict["slate_id"] = slate_id
        if properties is not UNSET:
            field_dict["properties"] = properties

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.event_properties_type_0 import EventPropertiesType0 # noqa: PLC0415
        d = dict(src_dict)
        event_id = d.pop("event_id")

        shopper = d.pop("shopper")

        kind = check_event_kind_enum(d.pop("kind"))




        _occurred_at = d.pop("occurred_at", UNSET)
        occurred_at: datetime.datetime | Unset
        if isinstance(_occurred_at,  Unset):
            occurred_at = UNSET
        else:
            occurred_at = datetime.datetime.fromisoformat(_occurred_at)




        def _parse_product(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        product = _parse_product(d.pop("product", UNSET))


        def _parse_coupon(data: object) -> None | Unset | UUID:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                coupon_type_0 = UUID(data)



                return coupon_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | UUID, data)

        coupon = _parse_coupon(d.pop("coupon", UNSET))


        def _parse_order_ref(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        order_ref = _parse_order_ref(d.pop("order_ref", UNSET))


        def _parse_quantity(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        quantity = _parse_quantity(d.pop("quantity", UNSET))


        def _parse_value_minor(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        value_minor = _parse_value_minor(d.pop("value_minor", UNSET))


        def _parse_discount_minor(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        discount_minor = _parse_discount_minor(d.pop("discount_minor", UNSET))


        def _parse_coupon_discount_minor(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        coupon_discount_minor = _parse_coupon_discount_minor(d.pop("coupon_discount_minor", UNSET))


        def _parse_rating(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        rating = _parse_rating(d.pop("rating", UNSET))


        def _parse_slate_id(data: object) -> None | Unset | UUID:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                slate_id_type_0 = UUID(data)



                return slate_id_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | UUID, data)

        slate_id = _parse_slate_id(d.pop("slate_id", UNSET))


        def _parse_properties(data: object) -> EventPropertiesType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                properties_type_0 = EventPropertiesType0.from_dict(data)



                return properties_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(EventPropertiesType0 | None | Unset, data)

        properties = _parse_properties(d.pop("properties", UNSET))


        event = cls(
            event_id=event_id,
            shopper=shopper,
            kind=kind,
            occurred_at=occurred_at,
            product=product,
            coupon=coupon,
            order_ref=order_ref,
            quantity=quantity,
            value_minor=value_minor,
            discount_minor=discount_minor,
            coupon_discount_minor=coupon_discount_minor,
            rating=rating,
            slate_id=slate_id,
            properties=properties,
        )


        event.additional_properties = d
        return event

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
