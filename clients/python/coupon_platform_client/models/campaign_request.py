from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.audience_enum import AudienceEnum
from ..models.audience_enum import check_audience_enum
from ..types import UNSET, Unset
from typing import cast
import datetime

if TYPE_CHECKING:
  from ..models.window import Window





T = TypeVar("T", bound="CampaignRequest")



@_attrs_define
class CampaignRequest:
    """ What is left out of a PATCH stays as it is. Only `name` can be changed outside draft.

     """

    name: str
    starts_at: datetime.datetime
    ends_at: datetime.datetime
    """ The first instant after it; a date alone means the end of that day. """
    external_id: str
    """ Part of its address. """
    kind: str | Unset = UNSET
    """ The shop's own label. """
    timezone: str | Unset = UNSET
    """ IANA name; the channel's if left out. """
    audience: AudienceEnum | Unset = UNSET
    """ * `everyone` - Everyone
    * `members` - Only the shoppers it was sent to """
    priority: int | Unset = UNSET
    """ Higher applies first. """
    weekly_windows: list[Window] | Unset = UNSET
    """ Empty: always. """
    stacking_group: None | str | Unset = UNSET
    """ The group's name. """
    exclusive: bool | Unset = UNSET
    holdout_percent: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.window import Window # noqa: PLC0415
        name = self.name

        starts_at = self.starts_at.isoformat()

        ends_at = self.ends_at.isoformat()

        external_id = self.external_id

        kind = self.kind

        timezone = self.timezone

        audience: str | Unset = UNSET
        if not isinstance(self.audience, Unset):
            audience = self.audience


        priority = self.priority

        weekly_windows: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.weekly_windows, Unset):
            weekly_windows = []
            for weekly_windows_item_data in self.weekly_windows:
                weekly_windows_item = weekly_windows_item_data.to_dict()
                weekly_windows.append(weekly_windows_item)



        stacking_group: None | str | Unset
        if isinstance(self.stacking_group, Unset):
            stacking_group = UNSET
        else:
            stacking_group = self.stacking_group

        exclusive = self.exclusive

        holdout_percent = self.holdout_percent


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "name": name,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "external_id": external_id,
        })
        if kind is not UNSET:
            field_dict["kind"] = kind
        if timezone is not UNSET:
            field_dict["timezone"] = timezone
        if audience is not UNSET:
            field_dict["audience"] = audience
        if priority is not UNSET:
            field_dict["priority"] = priority
        if weekly_windows is not UNSET:
            field_dict["weekly_windows"] = weekly_windows
        if stacking_group is not UNSET:
            field_dict["stacking_group"] = stacking_group
        if exclusive is not UNSET:
            field_dict["exclusive"] = exclusive
        if holdout_percent is not UNSET:
            field_dict["holdout_percent"] = holdout_percent

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.window import Window # noqa: PLC0415
        d = dict(src_dict)
        name = d.pop("name")

        starts_at = datetime.datetime.fromisoformat(d.pop("starts_at"))




        ends_at = datetime.datetime.fromisoformat(d.pop("ends_at"))




        external_id = d.pop("external_id")

        kind = d.pop("kind", UNSET)

        timezone = d.pop("timezone", UNSET)

        _audience = d.pop("audience", UNSET)
        audience: AudienceEnum | Unset
        if isinstance(_audience,  Unset):
            audience = UNSET
        else:
            audience = check_audience_enum(_audience)




        priority = d.pop("priority", UNSET)

        _weekly_windows = d.pop("weekly_windows", UNSET)
        weekly_windows: list[Window] | Unset = UNSET
        if _weekly_windows is not UNSET:
            weekly_windows = []
            for weekly_windows_item_data in _weekly_windows:
                weekly_windows_item = Window.from_dict(weekly_windows_item_data)



                weekly_windows.append(weekly_windows_item)


        def _parse_stacking_group(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        stacking_group = _parse_stacking_group(d.pop("stacking_group", UNSET))


        exclusive = d.pop("exclusive", UNSET)

        holdout_percent = d.pop("holdout_percent", UNSET)

        campaign_request = cls(
            name=name,
            starts_at=starts_at,
            ends_at=ends_at,
            external_id=external_id,
            kind=kind,
            timezone=timezone,
            audience=audience,
            priority=priority,
            weekly_windows=weekly_windows,
            stacking_group=stacking_group,
            exclusive=exclusive,
            holdout_percent=holdout_percent,
        )


        campaign_request.additional_properties = d
        return campaign_request

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
