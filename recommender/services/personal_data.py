"""What the recommender holds of a shopper: every table of its own that points at one, whatever tables there come to be.

Rows that may stand without a shopper (what was shown, how it was drawn) stay, anonymous, so that policies and
experiments can still be judged; all others go. Event files are written anew by month when a month's rows change.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db.models import BinaryField, ForeignKey, Model, QuerySet

from coupons.models import Shopper
from coupons.personal_data import Holder
from recommender.models import RejectedEvent


def export_rows(shopper: Shopper) -> dict[str, list[dict[str, Any]]]:
    """By table, the stored columns of the rows of this shopper."""
    found: dict[str, list[dict[str, Any]]] = {}
    for model, link in _tables():
        columns = [
            field.attname
            for field in model._meta.concrete_fields
            if field is not link and not isinstance(field, BinaryField)
        ]
        rows = model._base_manager.filter(**{link.name: shopper}).values(*columns)
        found.setdefault(str(model._meta.model_name), []).extend(rows)
    found["rejectedevent"] = [
        dict(row) for row in _rejected(shopper).values("field", "value", "reason", "raw", "received_at")
    ]
    return found


def erase_rows(shopper: Shopper) -> dict[str, int]:
    """By table, how many rows were deleted or made anonymous."""
    done: dict[str, int] = {}
    for model, link in _tables():
        rows = model._base_manager.filter(**{link.name: shopper})
        changed = rows.update(**{link.name: None}) if link.null else rows.delete()[0]
        name = str(model._meta.model_name)
        done[name] = done.get(name, 0) + changed
    done["rejectedevent"] = _rejected(shopper).delete()[0]
    return done


def _rejected(shopper: Shopper) -> "QuerySet[RejectedEvent]":
    """Events that were refused are kept as they came, with the shop's id of the shopper in them."""
    return RejectedEvent.objects.filter(channel=shopper.channel_id, raw__shopper=shopper.external_id)


HOLDER = Holder("recommender", export_rows, erase_rows)


def _tables() -> Iterator[tuple[type[Model], "ForeignKey[Any, Any]"]]:
    for model in apps.get_app_config("recommender").get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey) and field.related_model is Shopper:
                yield model, field
