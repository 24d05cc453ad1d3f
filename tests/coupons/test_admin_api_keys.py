"""API keys in the admin: the plaintext is in one answer, and nobody unasked makes or revokes one."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from coupons.key_cache import hash_key
from coupons.models import ApiKey
from tests.coupons.factories import make_channel
from tests.made_up_rows import make_row, make_superuser

ADD = "/admin/coupons/apikey/add/"


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    client.force_login(make_superuser())
    return client


def _new_key(client: Client) -> str:
    form = {"name": "Web shop", "channel": make_channel().pk, "kind": "server", "scopes": ["events:write"]}
    answer = client.post(ADD, form)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    found = re.search(r'id="api-key">([^<]+)<', answer.content.decode())
    assert found
    return found.group(1)


def test_the_plaintext_is_shown_once(staff: Client) -> None:
    plaintext = _new_key(staff)
    key = ApiKey.objects.get()
    assert (key.name, key.scopes, key.secret_hash) == ("Web shop", ["events:write"], hash_key(plaintext))
    later = staff.get(reverse("admin:coupons_apikey_change", args=[key.pk])).content.decode()
    assert plaintext not in later
    assert key.secret_hash not in later
    assert plaintext not in str(staff.cookies)


def test_a_form_without_a_scope_makes_nothing(staff: Client) -> None:
    answer = staff.post(ADD, {"name": "Web shop", "channel": make_channel().pk, "kind": "server"})
    assert answer.status_code == 200
    assert ApiKey.objects.count() == 0


def test_revoking_asks_first(staff: Client) -> None:
    key = make_row(ApiKey)
    url = reverse("admin:coupons_apikey_revoke", args=[key.pk])
    assert staff.get(url).status_code == 200
    assert ApiKey.objects.get().revoked_at is None
    assert staff.post(url).status_code == 302
    assert ApiKey.objects.get().revoked_at is not None


def test_who_may_only_look_changes_nothing(client: Client, db: None) -> None:
    outsider = make_superuser("made-up-outsider")
    outsider.is_superuser = False
    outsider.save()
    outsider.user_permissions.add(Permission.objects.get(codename="view_apikey"))
    client.force_login(outsider)
    key = make_row(ApiKey)
    assert client.post(reverse("admin:coupons_apikey_revoke", args=[key.pk])).status_code == 403
    assert client.post(ADD, {"name": "x"}).status_code == 403
    assert ApiKey.objects.get().revoked_at is None
