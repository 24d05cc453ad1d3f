"""Made-up policies, logged answers and purchases for tests."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User

from coupons.enums import RedemptionStatus
from coupons.models import Channel, Coupon, Redemption, Shopper
from recommender.enums import EventKind, PolicyStatus
from recommender.models import BehaviorEvent, ExperimentArm, Policy, SlateLog
from recommender.selectors.rules import forget_rules
from recommender.services.policies import create_policy
from tests.made_up_shop import NOW


def make_user(name: str = "maker", **fields: Any) -> User:
    return User.objects.create(username=name, password="!", is_staff=True, **fields)


def make_policy(channel: Channel, status: PolicyStatus = PolicyStatus.DRAFT, **values: Any) -> Policy:
    """A version that explores nothing unless told so; made live without asking anybody."""
    budgets = values.pop("budgets", ())
    values = {"name": "Made up", "exploration_percent": 0, **values}
    policy = create_policy(channel=channel, values=values, budgets=budgets, actor=None)
    if status != PolicyStatus.DRAFT:
        live_at = NOW if status == PolicyStatus.LIVE else None
        Policy.objects.filter(pk=policy.pk).update(status=status, live_at=live_at)
        policy.refresh_from_db()
    forget_rules()
    return policy


def log_slate(shopper: Shopper, at: datetime, arm: ExperimentArm | None = None, **fields: Any) -> SlateLog:
    return SlateLog.objects.create(
        **{
            "slate_id": uuid.uuid4(),
            "channel": shopper.channel,
            "shopper": shopper,
            "arm": arm,
            "shown_at": at,
            **fields,
        }
    )


def buy(shopper: Shopper, value_minor: int, at: datetime) -> BehaviorEvent:
    return BehaviorEvent.objects.create(
        event_key=uuid.uuid4(),
        channel=shopper.channel,
        shopper=shopper,
        kind=EventKind.PURCHASE,
        occurred_at=at,
        quantity=1,
        value_minor=value_minor,
    )


def use(shopper: Shopper, coupon: Coupon, amount_minor: int, at: datetime, **fields: Any) -> Redemption:
    row = Redemption.objects.create(
        **{
            "channel": shopper.channel,
            "order_ref": str(uuid.uuid4()),
            "coupon": coupon,
            "shopper": shopper,
            "status": RedemptionStatus.REDEEMED,
            "amount_minor": amount_minor,
            "currency": shopper.channel.currency,
            "redeemed_at": at,
            **fields,
        }
    )
    Redemption.objects.filter(pk=row.pk).update(created_at=at)
    return row


LATER = NOW + timedelta(hours=1)
