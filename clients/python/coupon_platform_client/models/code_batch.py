from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.code_batch_status_enum import check_code_batch_status_enum
from ..models.code_batch_status_enum import CodeBatchStatusEnum
from typing import cast
from uuid import UUID
import datetime






T = TypeVar("T", bound="CodeBatch")



@_attrs_define
class CodeBatch:
    """ A job that makes codes, and how far it is.

     """

    batch: UUID
    coupon: UUID
    name: str
    prefix: str
    size: int
    generated: int
    uses_per_code: int | None
    usage_limit: int | None
    status: CodeBatchStatusEnum
    """ * `pending` - Pending
    * `running` - Running
    * `done` - Done
    * `failed` - Failed """
    error: str
    created_at: datetime.datetime
    finished_at: datetime.datetime | None
    self_: str
    """ Address of this job. """
    codes: str
    """ Address of the codes as CSV. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        batch = str(self.batch)

        coupon = str(self.coupon)

        name = self.name

        prefix = self.prefix

        size = self.size

        generated = self.generated

        uses_per_code: int | None
        uses_per_code = self.uses_per_code

        usage_limit: int | None
        usage_limit = self.usage_limit

        status: str = self.status

        error = self.error

        created_at = self.created_at.isoformat()

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        self_ = self.self_

        codes = self.codes


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "batch": batch,
            "coupon": coupon,
            "name": name,
            "prefix": prefix,
            "size": size,
            "generated": generated,
            "uses_per_code": uses_per_code,
            "usage_limit": usage_limit,
            "status": status,
            "error": error,
            "created_at": created_at,
            "finished_at": finished_at,
            "self": self_,
            "codes": codes,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        batch = UUID(d.pop("batch"))




        coupon = UUID(d.pop("coupon"))




        name = d.pop("name")

        prefix = d.pop("prefix")

        size = d.pop("size")

        generated = d.pop("generated")

        def _parse_uses_per_code(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        uses_per_code = _parse_uses_per_code(d.pop("uses_per_code"))


        def _parse_usage_limit(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        usage_limit = _parse_usage_limit(d.pop("usage_limit"))


        status = check_code_batch_status_enum(d.pop("status"))




        error = d.pop("error")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))




        def _parse_finished_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finished_at_type_0 = datetime.datetime.fromisoformat(data)



                return finished_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        finished_at = _parse_finished_at(d.pop("finished_at"))


        self_ = d.pop("self")

        codes = d.pop("codes")

        code_batch = cls(
            batch=batch,
            coupon=coupon,
            name=name,
            prefix=prefix,
            size=size,
            generated=generated,
            uses_per_code=uses_per_code,
            usage_limit=usage_limit,
            status=status,
            error=error,
            created_at=created_at,
            finished_at=finished_at,
            self_=self_,
            codes=codes,
        )


        code_batch.additional_properties = d
        return code_batch

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
