"""Erasing a shopper in the admin: its own permission, the id typed, and nothing done without both."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from coupons.models import Redemption, Shopper
from recommender.models import ShopperInterest
from tests.made_up_rows import make_row, make_superuser
from tests.made_up_shop import make_channel, make_shopper, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def shopper() -> Shopper:
    shopper = make_shopper(make_channel(), "1823", segments=["vip"])
    ShopperInterest.objects.create(
        shopper=shopper, model_version=make_version(), interests=[0.5], hidden_state=[], as_of=timezone.now()
    )
    make_row(Redemption, shopper=shopper, channel=shopper.channel)
    return shopper


def _url(shopper: Shopper) -> str:
    return reverse("admin:coupons_shopper_erase", args=[shopper.pk])


def test_the_typed_id_erases_and_the_books_stay(shopper: Shopper, client: Client) -> None:
    client.force_login(make_superuser())
    page = client.get(reverse("admin:coupons_shopper_change", args=[shopper.pk])).content.decode()
    assert _url(shopper) in page
    assert client.get(_url(shopper)).status_code == 200
    client.post(_url(shopper), {"typed": "1823"})
    shopper.refresh_from_db()
    assert (shopper.erased_at is not None, shopper.segments, shopper.personalised) == (True, [], False)
    assert not ShopperInterest.objects.exists()
    assert Redemption.objects.filter(shopper=shopper).count() == 1
    page = client.get(reverse("admin:coupons_shopper_change", args=[shopper.pk])).content.decode()
    assert _url(shopper) not in page
    assert "Data erased" in page


def test_another_id_erases_nothing(shopper: Shopper, client: Client) -> None:
    client.force_login(make_superuser())
    answer = client.post(_url(shopper), {"typed": "1824"})
    assert "“1824” is not 1823. Nothing was erased." in answer.content.decode()
    shopper.refresh_from_db()
    assert (shopper.erased_at, shopper.segments) == (None, ["vip"])


def test_who_may_edit_shoppers_may_not_erase_them(shopper: Shopper, client: Client) -> None:
    user = User.objects.create(username="made-up-outsider", password="!", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_shopper", "change_shopper"]))
    client.force_login(user)
    assert client.post(_url(shopper), {"typed": "1823"}).status_code == 403
    page = client.get(reverse("admin:coupons_shopper_change", args=[shopper.pk])).content.decode()
    assert _url(shopper) not in page
    shopper.refresh_from_db()
    assert shopper.erased_at is None
