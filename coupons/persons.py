"""One person behind several accounts: the conditions that find all of a person's uses."""

from typing import Any

from django.db.models import Q

from coupons.models import Shopper


def owner_id(shopper: Shopper) -> int:
    """The account that stands for the person."""
    return shopper.same_person_as_id or shopper.pk


def accounts_of(owner: Any) -> Q:
    """Shoppers who are the person."""
    return Q(pk=owner) | Q(same_person_as=owner)
