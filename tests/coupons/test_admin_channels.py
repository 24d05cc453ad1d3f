"""Channels in the admin: what would break later is refused at once, and what the ledger rests on stays."""

import pytest
from django.test import Client
from django.urls import reverse

from coupons.models import Channel
from tests.coupons.factories import make_channel
from tests.made_up_rows import make_superuser

pytestmark = pytest.mark.django_db

FORM = {"name": "Web shop", "slug": "web", "kind": "web", "currency": "eur", "timezone": "Europe/Berlin"}


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_superuser())
    return client


def test_a_channel_is_made_with_its_currency_in_capitals(staff: Client) -> None:
    assert staff.post(reverse("admin:coupons_channel_add"), FORM).status_code == 302
    channel = Channel.objects.get()
    assert (channel.slug, channel.currency, channel.timezone) == ("web", "EUR", "Europe/Berlin")


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("currency", "€", "Three letters are expected, for example USD"),
        ("currency", "12A", "Three letters are expected, for example USD"),
        ("timezone", "Mars/Base", "There is no such time zone, for example Europe/Berlin"),
    ],
)
def test_what_would_break_later_is_refused(staff: Client, field: str, value: str, told: str) -> None:
    answer = staff.post(reverse("admin:coupons_channel_add"), {**FORM, field: value})
    assert answer.context["adminform"].form.errors == {field: [told]}
    assert Channel.objects.count() == 0


def test_the_currency_and_the_slug_of_a_channel_stay(staff: Client) -> None:
    channel = make_channel(currency="USD", slug="made-up")
    page = reverse("admin:coupons_channel_change", args=[channel.pk])
    assert staff.post(page, {**FORM, "name": "Renamed"}).status_code == 302
    channel.refresh_from_db()
    assert (channel.name, channel.slug, channel.currency) == ("Renamed", "made-up", "USD")
