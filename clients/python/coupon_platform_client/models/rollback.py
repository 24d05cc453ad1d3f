from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.rollback_kind_enum import check_rollback_kind_enum
from ..models.rollback_kind_enum import RollbackKindEnum
from typing import cast
from uuid import UUID
import datetime

if TYPE_CHECKING:
  from ..models.redemption import Redemption





T = TypeVar("T", bound="Rollback")



@_attrs_define
class Rollback:
    """ What was taken back, and how the redemption stands now.

     """

    rollback: UUID
    kind: RollbackKindEnum
    """ * `cancel` - Order cancelled
    * `refund` - Items returned """
    amount_minor: int
    """ Discount that no longer stands. """
    clawback_minor: int
    """ Part of it that kept items lost. """
    use_restored: bool
    reason: str
    created_at: datetime.datetime
    redemption: Redemption
    """ One use of one coupon on one order. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.redemption import Redemption # noqa: PLC0415
        rollback = str(self.rollback)

        kind: str = self.kind

        amount_minor = self.amount_minor

        clawback_minor = self.clawback_minor

        use_restored = self.use_restored

        reason = self.reason

        created_at = self.created_at.isoformat()

        redemption = self.redemption.to_dict()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "rollback": rollback,
            "kind": kind,
            "amount_minor": amount_minor,
            "clawback_minor": clawback_minor,
            "use_restored": use_restored,
            "reason": reason,
            "created_at": created_at,
            "redemption": redemption,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.redemption import Redemption # noqa: PLC0415
        d = dict(src_dict)
        rollback = UUID(d.pop("rollback"))




        kind = check_rollback_kind_enum(d.pop("kind"))




        amount_minor = d.pop("amount_minor")

        clawback_minor = d.pop("clawback_minor")

        use_restored = d.pop("use_restored")

        reason = d.pop("reason")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))




        redemption = Redemption.from_dict(d.pop("redemption"))




        rollback = cls(
            rollback=rollback,
            kind=kind,
            amount_minor=amount_minor,
            clawback_minor=clawback_minor,
            use_restored=use_restored,
            reason=reason,
            created_at=created_at,
            redemption=redemption,
        )


        rollback.additional_properties = d
        return rollback

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
