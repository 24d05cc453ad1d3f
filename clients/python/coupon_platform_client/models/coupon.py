from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.below_minimum_policy_enum import BelowMinimumPolicyEnum
from ..models.below_minimum_policy_enum import check_below_minimum_policy_enum
from ..models.restore_policy_enum import check_restore_policy_enum
from ..models.restore_policy_enum import RestorePolicyEnum
from ..models.trigger_enum import check_trigger_enum
from ..models.trigger_enum import TriggerEnum
from typing import cast
from uuid import UUID

if TYPE_CHECKING:
  from ..models.coupon_benefit import CouponBenefit
  from ..models.coupon_target import CouponTarget





T = TypeVar("T", bound="Coupon")



@_attrs_define
class Coupon:
    

    coupon: UUID
    """ The public id. """
    external_id: str
    campaign: str
    """ The campaign's external id. """
    title: str
    trigger: TriggerEnum
    """ * `code` - By code
    * `automatic` - Automatic
    * `granted` - From the wallet """
    active: bool
    usage_limit: int | None
    per_shopper_limit: int | None
    claim_limit: int | None
    min_spend_minor: int
    min_quantity: int
    restore_policy: RestorePolicyEnum
    """ * `never` - Never
    * `on_cancel` - When the order is cancelled
    * `on_full_refund` - When the order is cancelled or wholly refunded """
    below_minimum_policy: BelowMinimumPolicyEnum
    """ * `keep` - The kept items keep their discount
    * `revoke` - The discount on the kept items is taken back """
    hold_ttl_s: int
    margin_minor: int | None
    segments: list[str]
    first_order_only: bool
    counter_slots: int
    benefit: CouponBenefit | None
    targets: list[CouponTarget]
    version: int
    """ The ETag without its quotes. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.coupon_benefit import CouponBenefit # noqa: PLC0415
        from ..models.coupon_target import CouponTarget # noqa: PLC0415
        coupon = str(self.coupon)

        external_id = self.external_id

        campaign = self.campaign

        title = self.title

        trigger: str = self.trigger

        active = self.active

        usage_limit: int | None
        usage_limit = self.usage_limit

        per_shopper_limit: int | None
        per_shopper_limit = self.per_shopper_limit

        claim_limit: int | None
        claim_limit = self.claim_limit

        min_spend_minor = self.min_spend_minor

        min_quantity = self.min_quantity

        restore_policy: str = self.restore_policy

        below_minimum_policy: str = self.below_minimum_policy

        hold_ttl_s = self.hold_ttl_s

        margin_minor: int | None
        margin_minor = self.margin_minor

        segments = self.segments



        first_order_only = self.first_order_only

        counter_slots = self.counter_slots

        benefit: dict[str, Any] | None
        if isinstance(self.benefit, CouponBenefit):
            benefit = self.benefit.to_dict()
        else:
            benefit = self.benefit

        targets = []
        for targets_item_data in self.targets:
            targets_item = targets_item_data.to_dict()
            targets.append(targets_item)



        version = self.version


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "coupon": coupon,
            "external_id": external_id,
            "campaign": campaign,
            "title": title,
            "trigger": trigger,
            "active": active,
            "usage_limit": usage_limit,
            "per_shopper_limit": per_shopper_limit,
            "claim_limit": claim_limit,
            "min_spend_minor": min_spend_minor,
            "min_quantity": min_quantity,
            "restore_policy": restore_policy,
            "below_minimum_policy": below_minimum_policy,
            "hold_ttl_s": hold_ttl_s,
            "margin_minor": margin_minor,
            "segments": segments,
            "first_order_only": first_order_only,
            "counter_slots": counter_slots,
            "benefit": benefit,
            "targets": targets,
            "version": version,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.coupon_benefit import CouponBenefit # noqa: PLC0415
        from ..models.coupon_target import CouponTarget # noqa: PLC0415
        d = dict(src_dict)
        coupon = UUID(d.pop("coupon"))




        external_id = d.pop("external_id")

        campaign = d.pop("campaign")

        title = d.pop("title")

        trigger = check_trigger_enum(d.pop("trigger"))




        active = d.pop("active")

        def _parse_usage_limit(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        usage_limit = _parse_usage_limit(d.pop("usage_limit"))


        def _parse_per_shopper_limit(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        per_shopper_limit = _parse_per_shopper_limit(d.pop("per_shopper_limit"))


        def _parse_claim_limit(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        claim_limit = _parse_claim_limit(d.pop("claim_limit"))


        min_spend_minor = d.pop("min_spend_minor")

        min_quantity = d.pop("min_quantity")

        restore_policy = check_restore_policy_enum(d.pop("restore_policy"))




        below_minimum_policy = check_below_minimum_policy_enum(d.pop("below_minimum_policy"))




        hold_ttl_s = d.pop("hold_ttl_s")

        def _parse_margin_minor(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        margin_minor = _parse_margin_minor(d.pop("margin_minor"))


        segments = cast(list[str], d.pop("segments"))


        first_order_only = d.pop("first_order_only")

        counter_slots = d.pop("counter_slots")

        def _parse_benefit(data: object) -> CouponBenefit | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                benefit_type_1 = CouponBenefit.from_dict(data)



                return benefit_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(CouponBenefit | None, data)

        benefit = _parse_benefit(d.pop("benefit"))


        targets = []
        _targets = d.pop("targets")
        for targets_item_data in (_targets):
            targets_item = CouponTarget.from_dict(targets_item_data)



            targets.append(targets_item)


        version = d.pop("version")

        coupon = cls(
            coupon=coupon,
            external_id=external_id,
            campaign=campaign,
            title=title,
            trigger=trigger,
            active=active,
            usage_limit=usage_limit,
            per_shopper_limit=per_shopper_limit,
            claim_limit=claim_limit,
            min_spend_minor=min_spend_minor,
            min_quantity=min_quantity,
            restore_policy=restore_policy,
            below_minimum_policy=below_minimum_policy,
            hold_ttl_s=hold_ttl_s,
            margin_minor=margin_minor,
            segments=segments,
            first_order_only=first_order_only,
            counter_slots=counter_slots,
            benefit=benefit,
            targets=targets,
            version=version,
        )


        coupon.additional_properties = d
        return coupon

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
