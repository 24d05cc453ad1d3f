"""Accounts of one person over web, app and store terminals: joined and taken apart, with an audit entry of each.

Accounts of one person share every limit per shopper and the first-order rule; what each agreed to is kept apart.
coupons.services.shoppers keeps that, and joins accounts by itself where two give the same address or number.
"""

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from coupons.errors import NotFound, StateConflict
from coupons.models import Channel, Shopper, ShopperIdentity
from coupons.persons import owner_id
from coupons.services.audit import write_audit
from coupons.services.shoppers import join_accounts
from coupons.services.transactions import in_ledger_transaction

AT_LOGIN = "at_login"
"""The reason that the audit log keeps where nobody gave one: an anonymous session became a shopper's."""


def merge_shoppers(*, keep: Shopper, other: Shopper, actor: str, reason: str = "", request_id: str = "") -> Shopper:
    """All accounts of `other`'s person become accounts of `keep`'s, in whatever channels they are; `other`, as it is.

    What either used counts for both from now on. Merging again changes nothing. Raises StateConflict for one account.
    """
    if keep.pk == other.pk:
        raise StateConflict(_("An account cannot be merged with itself"))

    def work() -> Shopper:
        ids = sorted({keep.pk, other.pk, owner_id(keep), owner_id(other)})
        rows = {row.pk: row for row in Shopper.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
        kept, joined = rows.get(keep.pk), rows.get(other.pk)
        if kept is None or joined is None:
            raise NotFound("There is no such shopper here")
        if owner_id(kept) == owner_id(joined):
            return joined
        before = owner_id(joined)
        Shopper.objects.filter(pk__in=[kept.pk, joined.pk]).update(kept_apart=False)
        done = join_accounts(keep=owner_id(kept), other=before, shopper=joined)
        _audit("merge_shoppers", done, before, owner_id(done), actor, reason, request_id)
        return done

    return in_ledger_transaction(work)


def identify_shopper(
    *, channel: Channel, external_id: str, anonymous_id: str, actor: str, request_id: str = ""
) -> Shopper:
    """Fold an anonymous session into the shopper who has logged in: what it did and used counts for the shopper.

    Safe to call at every login. Raises NotFound where the session is not known, StateConflict where it belongs to
    somebody else already or is no anonymous one: it has an address of its own, or others joined it.
    """
    if external_id == anonymous_id:
        raise StateConflict(_("The anonymous id is the shopper's own"))
    anonymous = Shopper.objects.filter(channel=channel, external_id=anonymous_id).first()
    if anonymous is None:
        raise NotFound("There is no such anonymous session here")
    known, _made = Shopper.objects.get_or_create(channel=channel, external_id=external_id)
    if owner_id(anonymous) == owner_id(known):
        return anonymous
    named = ShopperIdentity.objects.filter(shopper=anonymous).exists()
    if anonymous.same_person_as_id is not None or named or anonymous.other_accounts.exists():
        raise StateConflict(_("The anonymous session belongs to another shopper"))
    return merge_shoppers(keep=known, other=anonymous, actor=actor, reason=AT_LOGIN, request_id=request_id)


def split_shopper(*, shopper: Shopper, actor: str, reason: str = "", request_id: str = "") -> Shopper:
    """Make the account a person of its own again, with its own uses; it is not joined again by itself.

    The other accounts stay together. Raises StateConflict where there are none.
    """

    def work() -> Shopper:
        owner = owner_id(shopper)
        accounts = list(
            Shopper.objects.select_for_update().filter(Q(pk=owner) | Q(same_person_as=owner)).order_by("pk")
        )
        others = [account.pk for account in accounts if account.pk != shopper.pk]
        if not others or len(others) == len(accounts):
            raise StateConflict(_("The account is a person of its own"))
        stays = owner if owner != shopper.pk else others[0]
        Shopper.objects.filter(pk=shopper.pk).update(same_person_as=None, kept_apart=True)
        Shopper.objects.filter(pk__in=others).exclude(pk=stays).update(same_person_as=stays)
        Shopper.objects.filter(pk=stays).update(same_person_as=None)
        _count_again(owner, [shopper.pk, stays])
        done = Shopper.objects.get(pk=shopper.pk)
        _audit("split_shopper", done, stays, done.pk, actor, reason, request_id)
        return done

    return in_ledger_transaction(work)


_COUNT_AGAIN = """
WITH owners AS (
    SELECT s.id AS account, COALESCE(s.same_person_as_id, s.id) AS owner FROM coupons_shopper s
    WHERE s.id = ANY(%(people)s) OR s.same_person_as_id = ANY(%(people)s)),
limits AS (DELETE FROM coupons_shopperusage WHERE shopper_id = %(was)s RETURNING coupon_id, limit_n),
uses AS (
    SELECT r.coupon_id, o.owner, count(*) FILTER (WHERE r.status = 'held') AS held,
        count(*) FILTER (WHERE r.status IN ('redeemed', 'partially_rolled_back') OR r.kept_use) AS used
    FROM coupons_redemption r JOIN owners o ON o.account = r.shopper_id GROUP BY 1, 2)
SELECT l.coupon_id, u.owner, GREATEST(COALESCE(c.per_shopper_limit, l.limit_n), u.held + u.used), u.held, u.used
FROM limits l JOIN coupons_coupon c ON c.id = l.coupon_id JOIN uses u ON u.coupon_id = l.coupon_id
ORDER BY 1, 2
"""


def _count_again(was: int, people: list[int]) -> None:
    """The person's counters become those of the two persons that there are now."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_AGAIN, {"was": was, "people": people})
        rows = cursor.fetchall()
        cursor.executemany(
            "INSERT INTO coupons_shopperusage (coupon_id, shopper_id, limit_n, held_n, redeemed_n)"
            " VALUES (%s, %s, %s, %s, %s)",
            rows,
        )


def _audit(  # noqa: PLR0917 - the entry's columns, in their order
    action: str, shopper: Shopper, before: int, after: int, actor: str, reason: str, request_id: str
) -> None:
    write_audit(
        actor=actor,
        action=action,
        subject=shopper,
        before={"person": before},
        after={"person": after, **({"reason": reason} if reason else {})},
        request_id=request_id,
    )
