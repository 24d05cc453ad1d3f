from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.grant_source_enum import check_grant_source_enum
from ..models.grant_source_enum import GrantSourceEnum
from ..models.grant_status_enum import check_grant_status_enum
from ..models.grant_status_enum import GrantStatusEnum
from typing import cast
from uuid import UUID
import datetime

if TYPE_CHECKING:
  from ..models.benefit import Benefit





T = TypeVar("T", bound="Grant")



@_attrs_define
class Grant:
    """ One coupon in one shopper's wallet.

     """

    grant: UUID
    coupon: UUID
    title: str
    benefit: Benefit
    code: str
    """ What a till scans or types; `codes` of a redemption takes it. """
    campaign: str
    """ The campaign's external id. """
    status: GrantStatusEnum
    """ * `issued` - Issued
    * `held` - Held
    * `redeemed` - Redeemed
    * `expired` - Expired
    * `revoked` - Revoked """
    source: GrantSourceEnum
    """ * `claim` - Claimed by the shopper
    * `recommendation` - Given by the recommender
    * `operator` - Given by an operator
    * `import` - Imported """
    slate_id: None | UUID
    """ The recommendation it was taken from. """
    valid_from: datetime.datetime
    valid_until: datetime.datetime
    """ The first instant at which it is not valid any more. """
    created_at: datetime.datetime
    used_at: datetime.datetime | None
    saved_minor: int
    """ What it took off, returns aside; 0 while it is unused. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.benefit import Benefit # noqa: PLC0415
        grant = str(self.grant)

        coupon = str(self.coupon)

        title = self.title

        benefit = self.benefit.to_dict()

        code = self.code

        campaign = self.campaign

        status: str = self.status

        source: str = self.source

        slate_id: None | str
        if isinstance(self.slate_id, UUID):
            slate_id = str(self.slate_id)
        else:
            slate_id = self.slate_id

        valid_from = self.valid_from.isoformat()

        valid_until = self.valid_until.isoformat()

        created_at = self.created_at.isoformat()

        used_at: None | str
        if isinstance(self.used_at, datetime.datetime):
            used_at = self.used_at.isoformat()
        else:
            used_at = self.used_at

        saved_minor = self.saved_minor


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "grant": grant,
            "coupon": coupon,
            "title": title,
            "benefit": benefit,
            "code": code,
            "campaign": campaign,
            "status": status,
            "source": source,
            "slate_id": slate_id,
            "valid_from": valid_from,
            "valid_until": valid_until,
            "created_at": created_at,
            "used_at": used_at,
            "saved_minor": saved_minor,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.benefit import Benefit # noqa: PLC0415
        d = dict(src_dict)
        grant = UUID(d.pop("grant"))




        coupon = UUID(d.pop("coupon"))




        title = d.pop("title")

        benefit = Benefit.from_dict(d.pop("benefit"))




        code = d.pop("code")

        campaign = d.pop("campaign")

        status = check_grant_status_enum(d.pop("status"))




        source = check_grant_source_enum(d.pop("source"))




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


        valid_from = datetime.datetime.fromisoformat(d.pop("valid_from"))




        valid_until = datetime.datetime.fromisoformat(d.pop("valid_until"))




        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))




        def _parse_used_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                used_at_type_0 = datetime.datetime.fromisoformat(data)



                return used_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        used_at = _parse_used_at(d.pop("used_at"))


        saved_minor = d.pop("saved_minor")

        grant = cls(
            grant=grant,
            coupon=coupon,
            title=title,
            benefit=benefit,
            code=code,
            campaign=campaign,
            status=status,
            source=source,
            slate_id=slate_id,
            valid_from=valid_from,
            valid_until=valid_until,
            created_at=created_at,
            used_at=used_at,
            saved_minor=saved_minor,
        )


        grant.additional_properties = d
        return grant

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
