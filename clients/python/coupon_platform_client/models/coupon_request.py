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
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.coupon_benefit import CouponBenefit
  from ..models.coupon_target import CouponTarget





T = TypeVar("T", bound="CouponRequest")



@_attrs_define
class CouponRequest:
    """ What is left out of a PATCH stays as it is. Only `title` and `active` can be changed outside draft.

     """

    title: str
    benefit: CouponBenefit
    """ percent needs `percent_bp`; amount `amount_minor`; buy_x_get_y both quantities; gift `gift`; tiers `tiers`.
    """
    campaign: str
    """ The campaign's external id. """
    external_id: str
    trigger: TriggerEnum | Unset = UNSET
    """ * `code` - By code
    * `automatic` - Automatic
    * `granted` - From the wallet """
    active: bool | Unset = UNSET
    usage_limit: int | None | Unset = UNSET
    per_shopper_limit: int | None | Unset = UNSET
    claim_limit: int | None | Unset = UNSET
    min_spend_minor: int | Unset = UNSET
    min_quantity: int | Unset = UNSET
    restore_policy: RestorePolicyEnum | Unset = UNSET
    """ * `never` - Never
    * `on_cancel` - When the order is cancelled
    * `on_full_refund` - When the order is cancelled or wholly refunded """
    below_minimum_policy: BelowMinimumPolicyEnum | Unset = UNSET
    """ * `keep` - The kept items keep their discount
    * `revoke` - The discount on the kept items is taken back """
    hold_ttl_s: int | Unset = UNSET
    """ Seconds; 900 by default. """
    margin_minor: int | None | Unset = UNSET
    segments: list[str] | Unset = UNSET
    first_order_only: bool | Unset = UNSET
    counter_slots: int | Unset = UNSET
    targets: list[CouponTarget] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.coupon_benefit import CouponBenefit # noqa: PLC0415
        from ..models.coupon_target import CouponTarget # noqa: PLC0415
        title = self.title

        benefit = self.benefit.to_dict()

        campaign = self.campaign

        external_id = self.external_id

        trigger: str | Unset = UNSET
        if not isinstance(self.trigger, Unset):
            trigger = self.trigger


        active = self.active

        usage_limit: int | None | Unset
        if isinstance(self.usage_limit, Unset):
            usage_limit = UNSET
        else:
            usage_limit = self.usage_limit

        per_shopper_limit: int | None | Unset
        if isinstance(self.per_shopper_limit, Unset):
            per_shopper_limit = UNSET
        else:
            per_shopper_limit = self.per_shopper_limit

        claim_limit: int | None | Unset
        if isinstance(self.claim_limit, Unset):
            claim_limit = UNSET
        else:
            claim_limit = self.claim_limit

        min_spend_minor = self.min_spend_minor

        min_quantity = self.min_quantity

        restore_policy: str | Unset = UNSET
        if not isinstance(self.restore_policy, Unset):
            restore_policy = self.restore_policy


        below_minimum_policy: str | Unset = UNSET
        if not isinstance(self.below_minimum_policy, Unset):
            below_minimum_policy = self.below_minimum_policy


        hold_ttl_s = self.hold_ttl_s

        margin_minor: int | None | Unset
        if isinstance(self.margin_minor, Unset):
            margin_minor = UNSET
        else:
            margin_minor = self.margin_minor

        segments: list[str] | Unset = UNSET
        if not isinstance(self.segments, Unset):
            segments = self.segments



        first_order_only = self.first_order_only

        counter_slots = self.counter_slots

        targets: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.targets, Unset):
            targets = []
            for targets_item_data in self.targets:
                targets_item = targets_item_data.to_dict()
                targets.append(targets_item)




        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "title": title,
            "benefit": benefit,
            "campaign": campaign,
            "external_id": external_id,
        })
        if trigger is not UNSET:
            field_dict["trigger"] = trigger
        if active is not UNSET:
            field_dict["active"] = active
        if usage_limit is not UNSET:
            field_dict["usage_limit"] = usage_limit
        if per_shopper_limit is not UNSET:
            field_dict["per_shopper_limit"] = per_shopper_limit
        if claim_limit is not UNSET:
            field_dict["claim_limit"] = claim_limit
        if min_spend_minor is not UNSET:
            field_dict["min_spend_minor"] = min_spend_minor
        if min_quantity is not UNSET:
            field_dict["min_quantity"] = min_quantity
        if restore_policy is not UNSET:
            field_dict["restore_policy"] = restore_policy
        if below_minimum_policy is not UNSET:
            field_dict["below_minimum_policy"] = below_minimum_policy
        if hold_ttl_s is not UNSET:
            field_dict["hold_ttl_s"] = hold_ttl_s
        if margin_minor is not UNSET:
            field_dict["margin_minor"] = margin_minor
        if segments is not UNSET:
            field_dict["segments"] = segments
        if first_order_only is not UNSET:
            field_dict["first_order_only"] = first_order_only
        if counter_slots is not UNSET:
            field_dict["counter_slots"] = counter_slots
        if targets is not UNSET:
            field_dict["targets"] = targets

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.coupon_benefit import CouponBenefit # noqa: PLC0415
        from ..models.coupon_target import CouponTarget # noqa: PLC0415
        d = dict(src_dict)
        title = d.pop("title")

        benefit = CouponBenefit.from_dict(d.pop("benefit"))




        campaign = d.pop("campaign")

        external_id = d.pop("external_id")

        _trigger = d.pop("trigger", UNSET)
        trigger: TriggerEnum | Unset
        if isinstance(_trigger,  Unset):
            trigger = UNSET
        else:
            trigger = check_trigger_enum(_trigger)




        active = d.pop("active", UNSET)

        def _parse_usage_limit(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        usage_limit = _parse_usage_limit(d.pop("usage_limit", UNSET))


        def _parse_per_shopper_limit(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        per_shopper_limit = _parse_per_shopper_limit(d.pop("per_shopper_limit", UNSET))


        def _parse_claim_limit(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        claim_limit = _parse_claim_limit(d.pop("claim_limit", UNSET))


        min_spend_minor = d.pop("min_spend_minor", UNSET)

        min_quantity = d.pop("min_quantity", UNSET)

        _restore_policy = d.pop("restore_policy", UNSET)
        restore_policy: RestorePolicyEnum | Unset
        if isinstance(_restore_policy,  Unset):
            restore_policy = UNSET
        else:
            restore_policy = check_restore_policy_enum(_restore_policy)




        _below_minimum_policy = d.pop("below_minimum_policy", UNSET)
        below_minimum_policy: BelowMinimumPolicyEnum | Unset
        if isinstance(_below_minimum_policy,  Unset):
            below_minimum_policy = UNSET
        else:
            below_minimum_policy = check_below_minimum_policy_enum(_below_minimum_policy)




        hold_ttl_s = d.pop("hold_ttl_s", UNSET)

        def _parse_margin_minor(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        margin_minor = _parse_margin_minor(d.pop("margin_minor", UNSET))


        segments = cast(list[str], d.pop("segments", UNSET))


        first_order_only = d.pop("first_order_only", UNSET)

        counter_slots = d.pop("counter_slots", UNSET)

        _targets = d.pop("targets", UNSET)
        targets: list[CouponTarget] | Unset = UNSET
        if _targets is not UNSET:
            targets = []
            for targets_item_data in _targets:
                targets_item = CouponTarget.from_dict(targets_item_data)



                targets.append(targets_item)


        coupon_request = cls(
            title=title,
            benefit=benefit,
            campaign=campaign,
            external_id=external_id,
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
            targets=targets,
        )


        coupon_request.additional_properties = d
        return coupon_request

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
