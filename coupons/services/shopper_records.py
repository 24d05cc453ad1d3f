"""A shopper as the shop's own files say: made or changed, never erased and never brought back."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from coupons.errors import StateConflict
from coupons.models import Channel, Shopper
from coupons.services.audit import values_of, write_audit


def save_shopper(
    *, channel: Channel, external_id: str, personalised: bool, segments: Sequence[str], actor: str
) -> Shopper:
    """By external id. Raises StateConflict for a shopper whose data was erased."""
    with transaction.atomic():
        shopper, made = Shopper.objects.select_for_update().get_or_create(
            channel=channel,
            external_id=external_id,
            defaults={"personalised": personalised, "segments": list(segments)},
        )
        if made:
            write_audit(actor=actor, action="create", subject=shopper, before={}, after={"external_id": external_id})
            return shopper
        if shopper.erased_at is not None:
            raise StateConflict(_("The shopper's data was erased and stays so"))
        before = values_of(shopper)
        shopper.personalised, shopper.segments = personalised, list(segments)
        shopper.save(update_fields=["personalised", "segments"])
        write_audit(actor=actor, action="edit", subject=shopper, before=before, after=values_of(shopper))
        return shopper
