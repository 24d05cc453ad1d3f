from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.item_source_enum import check_item_source_enum
from ..models.item_source_enum import ItemSourceEnum
from ..types import UNSET, Unset
from typing import cast
from uuid import UUID
import datetime

if TYPE_CHECKING:
  from ..models.benefit import Benefit
  from ..models.campaign import Campaign
  from ..models.place import Place
  from ..models.reason import Reason





T = TypeVar("T", bound="Item")



@_attrs_define
class Item:
    

    coupon: UUID
    """ The coupon's public id; events name it. """
    external_id: str
    """ The coupon's id in the shop's own system. """
    title: str
    benefit: Benefit
    campaign: Campaign
    valid_from: datetime.datetime
    valid_until: datetime.datetime
    """ The first instant at which it is not valid any more. """
    min_spend_minor: int
    min_quantity: int
    """ Covered items that it asks for; 0 and 1 are no condition. """
    score: float | None
    """ Probability of a redemption where `source` is personal; popularity otherwise. """
    position: int
    """ 1 is the first. """
    reason: Reason
    source: ItemSourceEnum
    """ * `personal` - personal
    * `popular` - popular """
    place: Place | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.benefit import Benefit # noqa: PLC0415
        from ..models.campaign import Campaign # noqa: PLC0415
        from ..models.place import Place # noqa: PLC0415
        from ..models.reason import Reason # noqa: PLC0415
        coupon = str(self.coupon)

        external_id = self.external_id

        title = self.title

        benefit = self.benefit.to_dict()

        campaign = self.campaign.to_dict()

        valid_from = self.valid_from.isoformat()

        valid_until = self.valid_until.isoformat()

        min_spend_minor = self.min_spend_minor

        min_quantity = self.min_quantity

        score: float | None
        score = self.score

        position = self.position

        reason = self.reason.to_dict()

        source: str = self.source

        place: dict[str, Any] | Unset = UNSET
        if not isinstance(self.place, Unset):
            place = self.place.to_dict()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "coupon": coupon,
            "external_id": external_id,
            "title": title,
            "benefit": benefit,
            "campaign": campaign,
            "valid_from": valid_from,
            "valid_until": valid_until,
            "min_spend_minor": min_spend_minor,
            "min_quantity": min_quantity,
            "score": score,
            "position": position,
            "reason": reason,
            "source": source,
        })
        if place is not UNSET:
            field_dict["place"] = place

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.benefit import Benefit # noqa: PLC0415
        from ..models.campaign import Campaign # noqa: PLC0415
        from ..models.place import Place # noqa: PLC0415
        from ..models.reason import Reason # noqa: PLC0415
        d = dict(src_dict)
        coupon = UUID(d.pop("coupon"))




        external_id = d.pop("external_id")

        title = d.pop("title")

        benefit = Benefit.from_dict(d.pop("benefit"))




        campaign = Campaign.from_dict(d.pop("campaign"))




        valid_from = datetime.datetime.fromisoformat(d.pop("valid_from"))




        valid_until = datetime.datetime.fromisoformat(d.pop("valid_until"))




        min_spend_minor = d.pop("min_spend_minor")

        min_quantity = d.pop("min_quantity")

        def _parse_score(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        score = _parse_score(d.pop("score"))


        position = d.pop("position")

        reason = Reason.from_dict(d.pop("reason"))




        source = check_item_source_enum(d.pop("source"))




        _place = d.pop("place", UNSET)
        place: Place | Unset
        if isinstance(_place,  Unset):
            place = UNSET
        else:
            place = Place.from_dict(_place)




        item = cls(
            coupon=coupon,
            external_id=external_id,
            title=title,
            benefit=benefit,
            campaign=campaign,
            valid_from=valid_from,
            valid_until=valid_until,
            min_spend_minor=min_spend_minor,
            min_quantity=min_quantity,
            score=score,
            position=position,
            reason=reason,
            source=source,
            place=place,
        )


        item.additional_properties = d
        return item

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
