from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.shopper_export_held_by import ShopperExportHeldBy
  from ..models.shopper_export_identities_item import ShopperExportIdentitiesItem
  from ..models.shopper_export_redemptions_item import ShopperExportRedemptionsItem
  from ..models.shopper_export_rollbacks_item import ShopperExportRollbacksItem
  from ..models.shopper_export_shopper import ShopperExportShopper
  from ..models.shopper_export_wallet_item import ShopperExportWalletItem





T = TypeVar("T", bound="ShopperExport")



@_attrs_define
class ShopperExport:
    """ Everything held of a shopper, one list of rows for each kind of data.

     """

    shopper: ShopperExportShopper
    """ The account itself. """
    identities: list[ShopperExportIdentitiesItem]
    """ Keyed hashes, never addresses. """
    campaigns: list[str]
    """ Campaigns sent to this shopper. """
    wallet: list[ShopperExportWalletItem]
    redemptions: list[ShopperExportRedemptionsItem]
    rollbacks: list[ShopperExportRollbacksItem]
    held_by: ShopperExportHeldBy
    """ What other parts hold: behaviour, interests, recommendations. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.shopper_export_held_by import ShopperExportHeldBy # noqa: PLC0415
        from ..models.shopper_export_identities_item import ShopperExportIdentitiesItem # noqa: PLC0415
        from ..models.shopper_export_redemptions_item import ShopperExportRedemptionsItem # noqa: PLC0415
        from ..models.shopper_export_rollbacks_item import ShopperExportRollbacksItem # noqa: PLC0415
        from ..models.shopper_export_shopper import ShopperExportShopper # noqa: PLC0415
        from ..models.shopper_export_wallet_item import ShopperExportWalletItem # noqa: PLC0415
        shopper = self.shopper.to_dict()

        identities = []
        for identities_item_data in self.identities:
            identities_item = identities_item_data.to_dict()
            identities.append(identities_item)



        campaigns = self.campaigns



        wallet = []
        for wallet_item_data in self.wallet:
            wallet_item = wallet_item_data.to_dict()
            wallet.append(wallet_item)



        redemptions = []
        for redemptions_item_data in self.redemptions:
            redemptions_item = redemptions_item_data.to_dict()
            redemptions.append(redemptions_item)



        rollbacks = []
        for rollbacks_item_data in self.rollbacks:
            rollbacks_item = rollbacks_item_data.to_dict()
            rollbacks.append(rollbacks_item)



        held_by = self.held_by.to_dict()


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "shopper": shopper,
            "identities": identities,
            "campaigns": campaigns,
            "wallet": wallet,
            "redemptions": redemptions,
            "rollbacks": rollbacks,
            "held_by": held_by,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.shopper_export_held_by import ShopperExportHeldBy # noqa: PLC0415
        from ..models.shopper_export_identities_item import ShopperExportIdentitiesItem # noqa: PLC0415
        from ..models.shopper_export_redemptions_item import ShopperExportRedemptionsItem # noqa: PLC0415
        from ..models.shopper_export_rollbacks_item import ShopperExportRollbacksItem # noqa: PLC0415
        from ..models.shopper_export_shopper import ShopperExportShopper # noqa: PLC0415
        from ..models.shopper_export_wallet_item import ShopperExportWalletItem # noqa: PLC0415
        d = dict(src_dict)
        shopper = ShopperExportShopper.from_dict(d.pop("shopper"))




        identities = []
        _identities = d.pop("identities")
        for identities_item_data in (_identities):
            identities_item = ShopperExportIdentitiesItem.from_dict(identities_item_data)



            identities.append(identities_item)


        campaigns = cast(list[str], d.pop("campaigns"))


        wallet = []
        _wallet = d.pop("wallet")
        for wallet_item_data in (_wallet):
            wallet_item = ShopperExportWalletItem.from_dict(wallet_item_data)



            wallet.append(wallet_item)


        redemptions = []
        _redemptions = d.pop("redemptions")
        for redemptions_item_data in (_redemptions):
            redemptions_item = ShopperExportRedemptionsItem.from_dict(redemptions_item_data)



            redemptions.append(redemptions_item)


        rollbacks = []
        _rollbacks = d.pop("rollbacks")
        for rollbacks_item_data in (_rollbacks):
            rollbacks_item = ShopperExportRollbacksItem.from_dict(rollbacks_item_data)



            rollbacks.append(rollbacks_item)


        held_by = ShopperExportHeldBy.from_dict(d.pop("held_by"))




        shopper_export = cls(
            shopper=shopper,
            identities=identities,
            campaigns=campaigns,
            wallet=wallet,
            redemptions=redemptions,
            rollbacks=rollbacks,
            held_by=held_by,
        )


        shopper_export.additional_properties = d
        return shopper_export

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
