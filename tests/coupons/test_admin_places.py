"""Where store coupons are used: opening hours as rows of days and times, not as JSON."""

import pytest
from django.test import Client
from django.urls import reverse

from coupons.models import Place
from tests.made_up_rows import make_superuser
from tests.made_up_shop import make_channel

pytestmark = pytest.mark.django_db

ADD = "/admin/coupons/place/add/"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_superuser())
    return client


def _form(**values: object) -> dict[str, object]:
    return {
        "channel": make_channel().pk, "external_id": "17", "name": "Corner", "latitude": "51.5", "longitude": "-0.1",
        "timezone": "Europe/London", "active": "on", "opening_hours-0-days": ["1", "2"],
        "opening_hours-0-from": "08:00", "opening_hours-0-to": "22:00", **values,
    }  # fmt: skip


def test_hours_are_kept_as_the_read_path_knows_them(staff: Client) -> None:
    answer = staff.post(ADD, _form())
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    place = Place.objects.get()
    assert place.opening_hours == [{"days": [1, 2], "from": "08:00", "to": "22:00"}]
    page = staff.get(reverse("admin:coupons_place_change", args=[place.pk])).content.decode()
    assert 'name="opening_hours-0-from"' in page
    assert 'value="08:00"' in page


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"opening_hours-0-to": "8 pm"}, "Row 1: times look like 18:00"),
        ({"opening_hours-0-to": "07:00"}, "Row 1: it ends before it starts"),
        ({"opening_hours-0-days": []}, "Row 1: choose at least one day"),
        ({"timezone": "Mars"}, "There is no such time zone"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_kept(staff: Client, values: dict[str, object], told: str) -> None:
    answer = staff.post(ADD, _form(**values))
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert not Place.objects.exists()
