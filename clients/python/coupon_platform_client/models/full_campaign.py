from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.audience_enum import AudienceEnum
from ..models.audience_enum import check_audience_enum
from ..models.full_campaign_status_enum import check_full_campaign_status_enum
from ..models.full_campaign_status_enum import FullCampaignStatusEnum
from ..models.phase_enum import check_phase_enum
from ..models.phase_enum import PhaseEnum
from typing import cast
import datetime

if TYPE_CHECKING:
  from ..models.window import Window





T = TypeVar("T", bound="FullCampaign")



@_attrs_define
class FullCampaign:
    """ A campaign with its stored status and its phase at this instant.

     """

    external_id: str
    name: str
    kind: str
    status: FullCampaignStatusEnum
    """ * `draft` - Draft
    * `in_review` - In review
    * `approved` - Approved
    * `paused` - Paused
    * `archived` - Archived """
    phase: PhaseEnum
    """ * `draft` - Draft
    * `in_review` - In review
    * `scheduled` - Scheduled
    * `running` - Running
    * `paused` - Paused
    * `ended` - Ended
    * `archived` - Archived """
    starts_at: datetime.datetime
    ends_at: datetime.datetime
    timezone: str
    audience: AudienceEnum
    """ * `everyone` - Everyone
    * `members` - Only the shoppers it was sent to """
    priority: int
    weekly_windows: list[Window]
    stacking_group: None | str
    exclusive: bool
    holdout_percent: int
    submitted_by: str
    approved_by: str
    version: int
    """ The ETag without its quotes. """
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.window import Window # noqa: PLC0415
        external_id = self.external_id

        name = self.name

        kind = self.kind

        status: str = self.status

        phase: str = self.phase

        starts_at = self.starts_at.isoformat()

        ends_at = self.ends_at.isoformat()

        timezone = self.timezone

        audience: str = self.audience

        priority = self.priority

        weekly_windows = []
        for weekly_windows_item_data in self.weekly_windows:
            weekly_windows_item = weekly_windows_item_data.to_dict()
            weekly_windows.append(weekly_windows_item)



        stacking_group: None | str
        stacking_group = self.stacking_group

        exclusive = self.exclusive

        holdout_percent = self.holdout_percent

        submitted_by = self.submitted_by

        approved_by = self.approved_by

        version = self.version

        created_at = self.created_at.isoformat()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "external_id": external_id,
            "name": name,
            "kind": kind,
            "status": status,
            "phase": phase,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "timezone": timezone,
            "audience": audience,
            "priority": priority,
            "weekly_windows": weekly_windows,
            "stacking_group": stacking_group,
            "exclusive": exclusive,
            "holdout_percent": holdout_percent,
            "submitted_by": submitted_by,
            "approved_by": approved_by,
            "version": version,
            "created_at": created_at,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.window import Window # noqa: PLC0415
        d = dict(src_dict)
        external_id = d.pop("external_id")

        name = d.pop("name")

        kind = d.pop("kind")

        status = check_full_campaign_status_enum(d.pop("status"))




        phase = check_phase_enum(d.pop("phase"))




        starts_at = datetime.datetime.fromisoformat(d.pop("starts_at"))




        ends_at = datetime.datetime.fromisoformat(d.pop("ends_at"))




        timezone = d.pop("timezone")

        audience = check_audience_enum(d.pop("audience"))




        priority = d.pop("priority")

        weekly_windows = []
        _weekly_windows = d.pop("weekly_windows")
        for weekly_windows_item_data in (_weekly_windows):
            weekly_windows_item = Window.from_dict(weekly_windows_item_data)



            weekly_windows.append(weekly_windows_item)


        def _parse_stacking_group(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        stacking_group = _parse_stacking_group(d.pop("stacking_group"))


        exclusive = d.pop("exclusive")

        holdout_percent = d.pop("holdout_percent")

        submitted_by = d.pop("submitted_by")

        approved_by = d.pop("approved_by")

        version = d.pop("version")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))




        full_campaign = cls(
            external_id=external_id,
            name=name,
            kind=kind,
            status=status,
            phase=phase,
            starts_at=starts_at,
            ends_at=ends_at,
            timezone=timezone,
            audience=audience,
            priority=priority,
            weekly_windows=weekly_windows,
            stacking_group=stacking_group,
            exclusive=exclusive,
            holdout_percent=holdout_percent,
            submitted_by=submitted_by,
            approved_by=approved_by,
            version=version,
            created_at=created_at,
        )


        full_campaign.additional_properties = d
        return full_campaign

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
