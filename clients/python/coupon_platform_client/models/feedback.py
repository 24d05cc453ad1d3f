from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast
from uuid import UUID

if TYPE_CHECKING:
  from ..models.feedback_item import FeedbackItem





T = TypeVar("T", bound="Feedback")



@_attrs_define
class Feedback:
    """ Reactions to one answer. Sending them again is safe: each counts once.

     """

    slate_id: UUID
    """ The answer's id, as GET recommendations gave it. """
    feedback: list[FeedbackItem]
    shopper: None | str | Unset = UNSET
    """ Needed only where the answer was given to somebody unknown. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.feedback_item import FeedbackItem # noqa: PLC0415
        slate_id = str(self.slate_id)

        feedback = []
        for feedback_item_data in self.feedback:
            feedback_item = feedback_item_data.to_dict()
            feedback.append(feedback_item)



        shopper: None | str | Unset
        if isinstance(self.shopper, Unset):
            shopper = UNSET
        else:
            shopper = self.shopper


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "slate_id": slate_id,
            "feedback": feedback,
        })
        if shopper is not UNSET:
            field_dict["shopper"] = shopper

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.feedback_item import FeedbackItem # noqa: PLC0415
        d = dict(src_dict)
        slate_id = UUID(d.pop("slate_id"))




        feedback = []
        _feedback = d.pop("feedback")
        for feedback_item_data in (_feedback):
            feedback_item = FeedbackItem.from_dict(feedback_item_data)



            feedback.append(feedback_item)


        def _parse_shopper(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        shopper = _parse_shopper(d.pop("shopper", UNSET))


        feedback = cls(
            slate_id=slate_id,
            feedback=feedback,
            shopper=shopper,
        )


        feedback.additional_properties = d
        return feedback

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
