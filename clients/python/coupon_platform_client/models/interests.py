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
import datetime

if TYPE_CHECKING:
  from ..models.act import Act
  from ..models.interest import Interest





T = TypeVar("T", bound="Interests")



@_attrs_define
class Interests:
    """ Interests, strongest first, and the behaviour since the last computation, newest first.

     """

    shopper: str
    model_version: int | None
    as_of: datetime.datetime | None
    """ The last computation; null for somebody new. """
    freshness: FreshnessEnum
    """ * `published` - published
    * `live` - live
    * `stale` - stale
    * `none` - none """
    fallback: FallbackEnum | None
    """ Why there are no interests; null where there are.

    * `unknown_shopper` - Unknown shopper
    * `not_personalised` - Shopper opted out
    * `held_out` - Shopper of the hold-out
    * `no_model` - No model is live yet
    * `model_expired` - The live model is too old
    * `model_unavailable` - The live model's files cannot be read
    * `not_precomputed` - No recommendations computed yet
    * `none_eligible` - No computed coupon is eligible now """
    interests: list[Interest]
    acts: list[Act]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.act import Act # noqa: PLC0415
        from ..models.interest import Interest # noqa: PLC0415
        shopper = self.shopper

        model_version: int | None
        model_version = self.model_version

        as_of: None | str
        if isinstance(self.as_of, datetime.datetime):
            as_of = self.as_of.isoformat()
        else:
            as_of = self.as_of

        freshness: str = self.freshness

        fallback: None | str
        if isinstance(self.fallback, str):
            fallback = self.fallback
        else:
            fallback = self.fallback

        interests = []
        for interests_item_data in self.interests:
            interests_item = interests_item_data.to_dict()
            interests.append(interests_item)



        acts = []
        for acts_item_data in self.acts:
            acts_item = acts_item_data.to_dict()
            acts.append(acts_item)




        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "shopper": shopper,
            "model_version": model_version,
            "as_of": as_of,
            "freshness": freshness,
            "fallback": fallback,
            "interests": interests,
            "acts": acts,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.act import Act # noqa: PLC0415
        from ..models.interest import Interest # noqa: PLC0415
        d = dict(src_dict)
        shopper = d.pop("shopper")

        def _parse_model_version(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        model_version = _parse_model_version(d.pop("model_version"))


        def _parse_as_of(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                as_of_type_0 = datetime.datetime.fromisoformat(data)



                return as_of_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        as_of = _parse_as_of(d.pop("as_of"))


        freshness = check_freshness_enum(d.pop("freshness"))




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


        interests = []
        _interests = d.pop("interests")
        for interests_item_data in (_interests):
            interests_item = Interest.from_dict(interests_item_data)



            interests.append(interests_item)


        acts = []
        _acts = d.pop("acts")
        for acts_item_data in (_acts):
            acts_item = Act.from_dict(acts_item_data)



            acts.append(acts_item)


        interests = cls(
            shopper=shopper,
            model_version=model_version,
            as_of=as_of,
            freshness=freshness,
            fallback=fallback,
            interests=interests,
            acts=acts,
        )


        interests.additional_properties = d
        return interests

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
