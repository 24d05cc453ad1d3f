"""The demo's way in: an admin login, an API key and a shopper to ask for. Made once, confirmed at every start."""

import secrets

from django.contrib.auth import get_user_model

from coupons.enums import Scope
from coupons.key_cache import hash_key
from coupons.models import ApiKey, Channel, Shopper
from coupons.services import create_api_key
from couponsite.demo.card import Card
from couponsite.demo.errors import DemoError
from recommender.enums import VersionStatus
from recommender.models import Recommendation

SCOPES = (Scope.READ_RECOMMENDATIONS, Scope.WRITE_EVENTS)


def confirmed_card(known: Card | None, *, url: str) -> Card:
    """A card whose every entry is true of the database: what `known` says where it still holds, else new."""
    user = known.admin_user if known else "admin"
    password = known.admin_password if known else secrets.token_urlsafe(12)
    _confirm_admin(user, password)
    key = _confirmed_key(known.api_key if known else "")
    return Card(url=url, admin_user=user, admin_password=password, api_key=key, example_shopper=_example_shopper())


def _confirm_admin(name: str, password: str) -> None:
    """The card is what people and scripts log in with, so the account follows it."""
    users = get_user_model().objects
    user = users.filter(username=name).first()
    if user is None:
        users.create_superuser(name, password=password)
    elif not (user.check_password(password) and user.is_superuser and user.is_active):
        user.set_password(password)
        user.is_superuser = user.is_staff = user.is_active = True
        user.save()


def _confirmed_key(plaintext: str) -> str:
    """The key of the last card while it is valid, else a new one."""
    if plaintext and ApiKey.objects.filter(secret_hash=hash_key(plaintext), revoked_at=None).exists():
        return plaintext
    channel = Channel.objects.order_by("pk").first()
    if channel is None:
        raise DemoError("the database holds no channel: `make demo-data` loads the demo's data")
    _, plaintext = create_api_key(name="demo", channel=channel, scopes=SCOPES)
    return plaintext


def _example_shopper() -> str:
    """The external id of somebody with personal recommendations; the first shopper where nobody has any."""
    live = Recommendation.objects.filter(model_version__status=VersionStatus.LIVE, rank=1)
    best = live.order_by("-score", "shopper_id").values_list("shopper__external_id", flat=True).first()
    return best or Shopper.objects.order_by("pk").values_list("external_id", flat=True).first() or ""
