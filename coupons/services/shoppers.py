"""Who is who: accounts and guest checkouts of one person, told by keyed hashes of what they typed."""

import hashlib
import hmac
import unicodedata

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from coupons.enums import IdentityKind
from coupons.errors import Malformed
from coupons.models import Channel, Shopper, ShopperIdentity
from coupons.persons import owner_id
from coupons.selectors import known_shopper
from coupons.services.audit import write_audit
from coupons.services.transactions import in_ledger_transaction

_DOTLESS = {"gmail.com", "googlemail.com"}


def resolve_shopper(*, channel: Channel, external_id: str = "", email: str = "", phone: str = "") -> Shopper:
    """The shopper of a checkout, made if new. A known e-mail address or phone joins the accounts of one person.

    Letter case, "+alias" and, at Gmail, dots do not make another person. Raises Malformed without anything to go by.
    """
    identities = [
        (kind, hash_identity(kind, value))
        for kind, value in ((IdentityKind.EMAIL, email), (IdentityKind.PHONE, phone))
        if value.strip()
    ]
    if not external_id and not identities:
        raise Malformed(_("A shopper id, an e-mail address or a phone number is needed"))
    name = external_id or f"guest-{identities[0][1][:24]}"

    def work() -> Shopper:
        shopper = _get_or_create(channel, name)
        for kind, value in identities:
            shopper = _tie(channel, shopper, kind, value)
        return shopper

    return in_ledger_transaction(work)


def set_personalised(*, channel: Channel, external_id: str, personalised: bool, actor: str) -> Shopper:
    """Whether anything is learnt of a shopper, made known if new; a change is audited."""

    def work() -> Shopper:
        shopper = Shopper.objects.select_for_update().get(pk=_get_or_create(channel, external_id).pk)
        if shopper.personalised != personalised:
            before, shopper.personalised = shopper.personalised, personalised
            shopper.save(update_fields=["personalised"])
            write_audit(
                actor=actor,
                action="personalisation",
                subject=shopper,
                before={"personalised": before},
                after={"personalised": personalised},
            )
        return shopper

    return in_ledger_transaction(work)


def hash_identity(kind: IdentityKind, value: str) -> str:
    """HMAC-SHA256 under the site's key: the same for every spelling of one address, useless without the key."""
    text = normalise_email(value) if kind == IdentityKind.EMAIL else normalise_phone(value)
    key = hashlib.sha256(b"shopper identity:" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, f"{kind}:{text}".encode(), hashlib.sha256).hexdigest()


def normalise_email(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).strip().casefold()
    local, at, domain = folded.rpartition("@")
    if not at or not local or not domain:
        raise Malformed(_("That is not an e-mail address"))
    local = local.split("+", 1)[0]
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def normalise_phone(text: str) -> str:
    digits = "".join(c for c in unicodedata.normalize("NFKC", text) if c.isdecimal())
    if len(digits) < 5:
        raise Malformed(_("That is not a phone number"))
    return digits.lstrip("0")


def _get_or_create(channel: Channel, external_id: str) -> Shopper:
    known = known_shopper(channel=channel, external_id=external_id)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return Shopper.objects.get_or_create(channel=channel, external_id=external_id)[0]
    except IntegrityError:
        return Shopper.objects.get(channel=channel, external_id=external_id)


def _tie(channel: Channel, shopper: Shopper, kind: IdentityKind, value: str) -> Shopper:
    identity, _made = ShopperIdentity.objects.get_or_create(
        channel=channel, kind=kind, value_hmac=value, defaults={"shopper": shopper}
    )
    known = identity.shopper
    if owner_id(known) == owner_id(shopper) or known.kept_apart or shopper.kept_apart:
        return shopper
    return join_accounts(keep=owner_id(known), other=owner_id(shopper), shopper=shopper)


def join_accounts(*, keep: int, other: int, shopper: Shopper) -> Shopper:
    """All accounts of `other` become accounts of `keep`, and so do their uses: what was used stays used."""
    list(Shopper.objects.select_for_update().filter(pk__in=[keep, other]).order_by("pk"))
    Shopper.objects.filter(Q(pk=other) | Q(same_person_as=other)).update(same_person_as=keep)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH gone AS (DELETE FROM coupons_shopperusage WHERE shopper_id = %(other)s RETURNING *)
            INSERT INTO coupons_shopperusage AS u (coupon_id, shopper_id, limit_n, held_n, redeemed_n)
            SELECT coupon_id, %(keep)s, limit_n, held_n, redeemed_n FROM gone
            ON CONFLICT (coupon_id, shopper_id) DO UPDATE SET
                held_n = u.held_n + EXCLUDED.held_n,
                redeemed_n = u.redeemed_n + EXCLUDED.redeemed_n,
                limit_n = GREATEST(u.limit_n,
                    u.held_n + u.redeemed_n + EXCLUDED.held_n + EXCLUDED.redeemed_n)
            """,
            {"keep": keep, "other": other},
        )
        # a row counted before the join knows only half of the person
        cursor.execute(
            """
            UPDATE coupons_shopperusage u SET held_n = n.held, redeemed_n = n.used,
                limit_n = GREATEST(u.limit_n, n.held + n.used)
            FROM (SELECT r.coupon_id, count(*) FILTER (WHERE r.status = 'held') AS held,
                         count(*) FILTER (WHERE r.status IN ('redeemed', 'partially_rolled_back') OR r.kept_use) AS used
                  FROM coupons_redemption r JOIN coupons_shopper s ON s.id = r.shopper_id
                  WHERE s.id = %(keep)s OR s.same_person_as_id = %(keep)s GROUP BY 1) n
            WHERE u.shopper_id = %(keep)s AND u.coupon_id = n.coupon_id
            """,
            {"keep": keep},
        )
    shopper.refresh_from_db()
    return shopper
