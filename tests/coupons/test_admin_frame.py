"""The frame around our pages: where one is, lists without rows, forms of new rows, logging in."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.urls import reverse

from tests.made_up_rows import make_superuser
from tests.made_up_shop import make_campaign, make_channel

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_superuser())
    return client


def _crumbs(page: str) -> list[str]:
    heading = re.search(r"<h1.*?</h1>", page, re.DOTALL)
    assert heading is not None
    return [text.strip() for text in re.findall(r">([^<>]+)<", heading[0]) if text.strip()]


def test_where_one_is(staff: Client) -> None:
    campaign = make_campaign(make_channel(), "A", name="spring saver")
    page = staff.get(reverse("admin:coupons_campaign_change", args=[campaign.pk])).content.decode()
    assert _crumbs(page) == ["Coupons", "Campaigns", "spring saver"]  # a name is written as it is
    add = staff.get(reverse("admin:coupons_stackinggroup_add")).content.decode()
    assert _crumbs(add) == ["Coupons", "Stacking groups"]


def test_a_list_without_rows_says_why(staff: Client) -> None:
    url = reverse("admin:coupons_stackinggroup_changelist")
    empty = staff.get(url).content.decode()
    assert "Nothing here yet" in empty
    assert "What you add is listed here." in empty
    searched = staff.get(url, {"q": "made up"}).content.decode()
    assert "Nothing matches" in searched
    assert "Nothing here yet" not in searched
    written = staff.get(reverse("admin:coupons_redemption_changelist")).content.decode()
    assert "Rows appear here as the platform writes them." in written


def test_a_yes_and_a_no_are_words(staff: Client) -> None:
    make_superuser("made-up-second")
    User.objects.create(username="made-up-outsider", is_active=False)
    page = staff.get(reverse("admin:auth_user_changelist")).content.decode()
    pills = re.findall(r'cp-pill (ok|plain)"><span class="cp-icon" aria-hidden="true">(\w+)</span>(\w+)<', page)
    assert sorted(pills) == [("ok", "check", "Yes"), ("ok", "check", "Yes"), ("plain", "close", "No")]


def test_a_form_of_a_new_row_shows_nothing_that_is_made_later(staff: Client) -> None:
    make_channel()
    request = RequestFactory().get("/")
    request.user = User.objects.get()
    opened = 0
    for model, at in admin.site._registry.items():
        if at.has_add_permission(request):
            url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
            page = staff.get(url)
            assert page.status_code == 200, url
            assert "object at 0x" not in page.content.decode(), url
            opened += 1
    assert opened > 15


def test_logging_in_says_what_is_wrong_and_knows_both_languages(client: Client) -> None:
    make_superuser()
    page = client.post(reverse("admin:login"), {"username": "made-up-admin", "password": "wrong"}).content.decode()
    assert 'role="alert"' in page
    assert ">English</button>" in page
    assert ">简体中文</button>" in page
    outsider = User.objects.create_user("made-up-outsider")
    client.force_login(outsider)
    told = client.get(reverse("admin:login")).content.decode()
    assert "You are signed in as made-up-outsider, who may not open this page." in told
