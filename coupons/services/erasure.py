"""What the platform holds of a shopper: handed out on request, and erased on request.

What stays is what the books need: redemptions, rollbacks and the shop's own id, by which the shop still knows the
order and by which an import knows that this shopper is not to come back.
"""

from datetime import datetime
from typing import Any

from coupons.enums import GrantStatus
from coupons.erasure_lock import wait_for_writers
from coupons.models import CampaignMember, CouponGrant, Redemption, Rollback, Shopper, ShopperIdentity
from coupons.personal_data import holders
from coupons.services.audit import write_audit
from coupons.services.transactions import in_ledger_transaction
from coupons.services.wallet import revoke_grant


def erase_shopper(*, shopper: Shopper, actor: str, now: datetime, request_id: str = "") -> Shopper:
    """Delete attributes, segments, identities, memberships and everything learnt; take unused coupons back.

    Erasing twice changes nothing. What other apps hold goes in the same transaction (coupons.personal_data).
    """

    def work() -> Shopper:
        wait_for_writers(channel_id=shopper.channel_id)
        row = Shopper.objects.select_for_update().select_related("channel").get(pk=shopper.pk)
        for uid in CouponGrant.objects.filter(shopper=row, status=GrantStatus.ISSUED).values_list("uid", flat=True):
            revoke_grant(channel=row.channel, uid=uid)
        erased = {
            "shopperidentity": ShopperIdentity.objects.filter(shopper=row).delete()[0],
            "campaignmember": CampaignMember.objects.filter(shopper=row).delete()[0],
        }
        for holder in holders():
            erased |= holder.erase(row)
        if row.erased_at is None:
            row.erased_at = now
            write_audit(
                actor=actor,
                action="erase",
                subject=row,
                before={},
                after={"erased_at": now, "rows": {name: rows for name, rows in erased.items() if rows}},
                request_id=request_id,
            )
        row.attributes, row.segments, row.personalised = {}, [], False
        row.save(update_fields=["attributes", "segments", "personalised", "erased_at"])
        return row

    return in_ledger_transaction(work)


def export_shopper(*, shopper: Shopper) -> dict[str, Any]:
    """Everything held of the shopper as plain values, each table's rows as a list."""
    mine = {"shopper": shopper}
    return {
        "shopper": {
            "external_id": shopper.external_id,
            "channel": shopper.channel.slug,
            "attributes": shopper.attributes,
            "segments": shopper.segments,
            "personalised": shopper.personalised,
            "created_at": shopper.created_at,
            "erased_at": shopper.erased_at,
        },
        "identities": list(ShopperIdentity.objects.filter(**mine).order_by("pk").values("kind", "value_hmac")),
        "campaigns": list(
            CampaignMember.objects.filter(**mine)
            .order_by("campaign__external_id")
            .values_list("campaign__external_id", flat=True)
        ),
        "wallet": list(
            CouponGrant.objects.filter(**mine)
            .order_by("pk")
            .values("uid", "coupon__uid", "coupon__title", "status", "source", "created_at")
        ),
        "redemptions": list(
            Redemption.objects.filter(**mine)
            .order_by("pk")
            .values(
                *("uid", "order_ref", "coupon__uid", "coupon__title", "status", "amount_minor", "rolled_back_minor"),
                *("currency", "created_at", "redeemed_at"),
            )
        ),
        "rollbacks": list(
            Rollback.objects.filter(redemption__shopper=shopper)
            .order_by("pk")
            .values("uid", "redemption__uid", "kind", "amount_minor", "reason", "created_at")
        ),
        "held_by": {holder.name: holder.export(shopper) for holder in holders()},
    }
