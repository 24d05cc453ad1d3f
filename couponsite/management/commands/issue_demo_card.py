"""The demo's way in: an admin login, an API key and a shopper to ask for, written to var/demo.json."""

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from coupons.enums import Scope
from coupons.models import ApiKey, Channel, Shopper
from coupons.services import create_api_key
from coupons.services.api_keys import hash_key
from couponsite.demo.card import Card, read_card, write_card
from recommender.enums import VersionStatus
from recommender.models import Recommendation

SCOPES = (Scope.READ_RECOMMENDATIONS, Scope.WRITE_EVENTS)


class Command(BaseCommand):
    help = "Make or confirm the demo's admin login and API key, pick an example shopper, write var/demo.json."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--url", required=True, help="where the site is served")

    def handle(self, *args: Any, **options: Any) -> None:
        known = read_card(settings.VAR_DIR)
        user = known.admin_user if known else "admin"
        password = (known and known.admin_password) or secrets.token_urlsafe(12)
        self._confirm_admin(user, password)
        card = Card(
            url=options["url"],
            admin_user=user,
            admin_password=password,
            api_key=self._confirmed_key(known.api_key if known else ""),
            example_shopper=_example_shopper(),
        )
        write_card(settings.VAR_DIR, card)

    def _confirm_admin(self, name: str, password: str) -> None:
        """The card is what people and scripts log in with, so the account follows it."""
        users = get_user_model().objects
        user = users.filter(username=name).first()
        if user is None:
            users.create_superuser(name, password=password)
        elif not (user.check_password(password) and user.is_superuser and user.is_active):
            user.set_password(password)
            user.is_superuser = user.is_staff = user.is_active = True
            user.save()
            self.stdout.write(f"the password of {name} is the one in var/demo.json again")

    def _confirmed_key(self, plaintext: str) -> str:
        """The key of the last card while it is valid, else a new one."""
        if plaintext and ApiKey.objects.filter(secret_hash=hash_key(plaintext), revoked_at=None).exists():
            return plaintext
        channel = Channel.objects.order_by("pk").first()
        if channel is None:
            raise CommandError("no channel in the database: load the demo data first (make demo-data)")
        _, plaintext = create_api_key(name="demo", channel=channel, scopes=SCOPES)
        return plaintext


def _example_shopper() -> str:
    """The external id of somebody with personal recommendations; the first shopper where nobody has any."""
    live = Recommendation.objects.filter(model_version__status=VersionStatus.LIVE, rank=1)
    best = live.order_by("-score", "shopper_id").values_list("shopper__external_id", flat=True).first()
    return best or Shopper.objects.order_by("pk").values_list("external_id", flat=True).first() or ""
