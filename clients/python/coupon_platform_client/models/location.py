from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset






T = TypeVar("T", bound="Location")



@_attrs_define
class Location:
    """ A point on earth. Used for the answer and kept nowhere.

     """

    lat: float
    """ Degrees, north positive. """
    lon: float
    """ Degrees, east positive. """
    radius_m: int | Unset = UNSET
    """ How far the shopper would go, in metres; 25000 if left out. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        lat = self.lat

        lon = self.lon

        radius_m = self.radius_m


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "lat": lat,
            "lon": lon,
        })
        if radius_m is not UNSET:
            field_dict["radius_m"] = radius_m

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        lat = d.pop("lat")

        lon = d.pop("lon")

        radius_m = d.pop("radius_m", UNSET)

        location = cls(
            lat=lat,
            lon=lon,
            radius_m=radius_m,
        )


        location.additional_properties = d
        return location

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
