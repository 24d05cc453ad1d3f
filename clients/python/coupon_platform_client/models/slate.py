from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.fallback_enum import check_fallback_enum
from ..models.fallback_enum import FallbackEnum
from ..models.freshness_enum import check_freshness_enum
from ..models.freshness_enum import FreshnessEnum
from typing import cast
from uuid import UUID
import datetime

if TYPE_CHECKING:
  from ..models.item import Item





T = TypeVar("T", bound="Slate")



@_attrs_define
class Slate:
    """ An answer. It has been written down under `slate_id`; send that with clicks, claims and redemptions.

     """

    slate_id: UUID
    shopper: str
    model_version: int | None
    fallback: FallbackEnum | None
    """ Why no coupon is personal; null where at least one is.

    * `unknown_shopper` - Unknown shopper
    * `not_personalised` - Shopper opted out
    * `held_out` - Shopper of the hold-out
    * `no_model` - No model is live yet
    * `model_expired` - The live model is too old
    * `model_unavailable` - The live model's files cannot be read
    * `not_precomputed` - No recommendations computed yet
    * `none_eligible` - No computed coupon is eligible now """
    freshness: FreshnessEnum
    """ * `published` - published
    * `live` - live
    * `stale` - stale
    * `none` - none """
    generated_at: datetime.datetime
    items: list[Item]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.item import Item # noqa: PLC0415
        slate_id = str(self.slate_id)

        shopper = self.shopper

        model_version: int | None
        model_version = self.model_version

        fallback: None | str
        if isinstance(self.fallback, str):
            fallback = self.fallback
        else:
            fallback = self.fallback

        freshness: str = self.freshness

        generated_at = self.generated_at.isoformat()

        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)




        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "slate_id": slate_id,
            "shopper": shopper,
            "model_version": model_version,
            "fallback": fallback,
            "freshness": freshness,
            "generated_at": generated_at,
            "items": items,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.item import Item # noqa: PLC0415
        d = dict(src_dict)
        slate_id = UUID(d.pop("slate_id"))




        shopper = d.pop("shopper")

        def _parse_model_version(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        model_version = _parse_model_version(d.pop("model_version"))


        def _parse_fallback(data: object) -> FallbackEnum | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                fallback_type_0 = check_fallback_enum(data)



                return fallback_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FallbackEnum | None, data)

        fallback = _parse_fallback(d.pop("fallback"))


        freshness = check_freshness_enum(d.pop("freshness"))




        generated_at = datetime.datetime.fromisoformat(d.pop("generated_at"))




        items = []
        _items = d.pop("items")
        for items_item_data in (_items):
            items_item = Item.from_dict(items_item_data)



            items.append(items_item)


        slate = cls(
            slate_id=slate_id,
            shopper=shopper,
            model_version=model_version,
            fallback=fallback,
            freshness=freshness,
            generated_at=generated_at,
            items=items,
        )


        slate.additional_properties = d
        return slate

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
