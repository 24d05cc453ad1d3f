"""Staff and roles in the admin: permissions in words, and those alone that a page asks for."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from django.utils import translation

from coupons.admin.people import permission_words, permissions_on_offer
from coupons.admin.words import PERMISSIONS
from tests.made_up_rows import make_superuser

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_superuser())
    return client


def _said(codename: str) -> str:
    return permission_words(Permission.objects.get(codename=codename, content_type__app_label="coupons"))


def test_permissions_are_said_in_the_readers_language() -> None:
    assert _said("change_campaign") == "Campaigns: change"
    assert _said("approve_campaign") == "Campaigns: Can approve campaigns of others"
    with translation.override("zh-hans"):
        assert _said("change_campaign") == "活动: 修改"
        assert _said("approve_campaign") == "活动: 可以批准他人的活动"


def test_every_permission_of_ours_is_in_the_catalogue() -> None:
    ours = [model for app in ("coupons", "recommender") for model in apps.get_app_config(app).get_models()]
    assert {name for model in ours for _code, name in model._meta.permissions} == set(PERMISSIONS)


def test_only_what_a_page_asks_for_is_on_offer() -> None:
    offered = set(permissions_on_offer().values_list("codename", flat=True))
    assert {"view_campaign", "train_model", "change_periodictask"} <= offered
    assert {"add_logentry", "view_usagecounter", "add_session", "change_contenttype"} & offered == set()


def test_a_role_is_deleted_without_a_list_of_its_permissions(staff: Client) -> None:
    role = Group.objects.create(name="Analyst")
    role.permissions.set(permissions_on_offer()[:40])
    page = reverse("admin:auth_group_delete", args=[role.pk])
    assert "Group_permissions object" not in staff.get(page).content.decode()
    assert staff.post(page, {"post": "yes"}).status_code == 302
    assert not Group.objects.exists()


def test_roles_are_named_in_the_readers_language(staff: Client) -> None:
    role = Group.objects.create(name="Data scientist")
    staff.cookies["django_language"] = "zh-hans"
    for url in (reverse("admin:auth_group_changelist"), reverse("admin:auth_group_change", args=[role.pk])):
        assert "数据科学家" in staff.get(url).content.decode(), url
