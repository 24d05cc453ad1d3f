"""What a purchase is typically worth on a channel, for the forms that ask."""

from datetime import timedelta

from django.db.models import Sum
from django.utils import timezone

from coupons.models import Channel
from recommender.enums import EventKind
from recommender.models import BehaviorEvent

DAYS = 28
SAMPLE = 2_000


def typical_basket(*, channel: Channel) -> int:
    """Mean value of the latest orders of four weeks, minor units; 0 where there were none."""
    bought = BehaviorEvent.objects.filter(
        channel=channel, kind=EventKind.PURCHASE, occurred_at__gte=timezone.now() - timedelta(days=DAYS)
    ).exclude(order_ref=None)
    orders = bought.order_by().values("order_ref").annotate(value=Sum("value_minor"))[:SAMPLE]
    values = [order["value"] or 0 for order in orders]
    return round(sum(values) / len(values)) if values else 0
