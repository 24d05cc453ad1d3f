"""Every string for people is translated, the compiled catalogue is that of the source, and pages speak the language."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import polib
import pytest
from django.apps import apps
from django.test import Client
from django.utils import translation
from django.utils.functional import Promise
from django_celery_beat.models import CrontabSchedule

from coupons.admin.campaign_page import moment_text
from coupons.admin.display import short_date
from couponsite.messages import (
    LANGUAGES,
    Message,
    binary,
    by_hand,
    catalogue,
    python_messages,
    template_messages,
    untranslated,
)
from couponsite.schedule import PLANS
from couponsite.unfold import NAVIGATION
from recommender.admin.schedules import crontab_words
from tests.made_up_rows import make_superuser


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_marked_string_is_translated(language: str) -> None:
    assert [message.text for message in untranslated(language)] == []  # `make messages` lists them


@pytest.mark.parametrize("file", [*map(catalogue, LANGUAGES), *by_hand()], ids=lambda file: file.parent.parent.name)
def test_the_compiled_catalogue_is_up_to_date(file: Path) -> None:
    assert file.with_suffix(".mo").read_bytes() == binary(file)  # `make messages` writes it


def test_a_list_has_one_name_everywhere() -> None:
    named = {}
    for language in ("en", "zh-hans"):
        with translation.override(language):
            named[language] = [str(item["title"]) for group in NAVIGATION for item in group["items"]]
    assert named["en"] == [
        "Home", "Campaigns", "Coupons", "Coupon codes", "Budgets", "Wallet coupons", "Redemptions",
        "Training runs", "Model versions", "Policies", "Experiments", "Recommendations", "Popular coupons",
        "Impressions", "Decisions", "Shoppers", "Behaviour events", "Products", "Categories", "Brands", "Places",
        "Imports", "Rejected events", "Demo shop", "Jobs", "Audit log", "API keys", "Webhook endpoints", "Channels",
        "Staff", "Roles",
    ]  # fmt: skip
    assert named["zh-hans"][-7:] == ["后台任务", "审计日志", "API 密钥", "Webhook 端点", "渠道", "员工", "角色"]


@pytest.mark.django_db
def test_the_pickers_scripts_speak_chinese(client: Client) -> None:
    client.force_login(make_superuser())
    client.cookies["django_language"] = "zh-hans"
    words = client.get("/admin/jsi18n/").content.decode()
    assert json.dumps("选择所选的%s") in words


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_their_placeholders(language: str) -> None:
    pattern = re.compile(r"%\(\w+\)[sd]")
    wrong = []
    for entry in polib.pofile(str(catalogue(language))):
        said = entry.msgstr or entry.msgstr_plural.get(0, "")
        wanted = {name for text in (entry.msgid, entry.msgid_plural) for name in pattern.findall(text or "")}
        if set(pattern.findall(said)) != wanted:
            wrong.append(entry.msgid)
    assert wrong == []


def test_strings_are_found_in_python() -> None:
    source = (
        'a = _("One")\nb = ngettext("%(n)d day", "%(n)d days", 3)\nc = pgettext("verb", "Hold")\nd = gettext(name)\n'
        'e = translation.gettext("Two"\n    " lines")\n'
    )
    assert list(python_messages(source)) == [
        Message("One"),
        Message("%(n)d day", plural="%(n)d days"),
        Message("Hold", context="verb"),
        Message("Two lines"),
    ]


def test_strings_are_found_in_templates() -> None:
    source = (
        '{% load i18n %}{% translate "Don\'t" %}{% blocktranslate with n=x %}{{ n }}% gone{% endblocktranslate %}'
        "{% blocktranslate count n=k %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}{# _('no') #}"
    )
    assert list(template_messages(source)) == [
        Message("Don't"),
        Message("%(n)s%% gone"),
        Message("%(n)s row", plural="%(n)s rows"),
    ]


def test_dates_are_written_as_the_language_does() -> None:
    moment = datetime(2030, 11, 24, 18, 5, tzinfo=UTC)
    with translation.override("en"):
        assert (short_date(moment), moment_text(moment)) == ("24 Nov", "24 Nov 2030, 18:05")
    with translation.override("zh-hans"):
        assert (short_date(moment), moment_text(moment)) == ("11月24日", "2030年11月24日 18:05")


@pytest.mark.django_db
def test_the_switch_changes_the_language_of_the_page(client: Client) -> None:
    client.force_login(make_superuser())
    page = "/admin/coupons/campaign/add/"
    english = client.get(page).content.decode()
    assert 'action="/i18n/setlang/"' in english
    assert "Who sees it" in english
    client.post("/i18n/setlang/", {"language": "zh-hans", "next": page})
    chinese = client.get(page).content.decode()
    assert '<html lang="zh-hans"' in chinese
    assert "投放人群" in chinese
    assert "Who sees it" not in chinese


def test_every_column_has_a_name_in_the_readers_language() -> None:
    named = [
        f"{field.model._meta.label}.{field.name}"
        for app in ("coupons", "recommender")
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.concrete_fields
        if field.name != "id" and not isinstance(field.verbose_name, Promise)
    ]
    assert named == []


def test_the_jobs_that_a_site_begins_with_are_said_in_chinese() -> None:
    with translation.override("zh-hans"):
        left = [plan.name for plan in PLANS if translation.gettext(plan.name) == plan.name]
        left += [plan.name for plan in PLANS if translation.gettext(plan.description) == plan.description]
    assert left == []


def test_a_crontab_is_said_in_the_readers_language() -> None:
    cron = CrontabSchedule(minute="0", hour="3", timezone="UTC")
    assert crontab_words(cron) == "At 03:00 (UTC)"
    with translation.override("zh-hans"):
        assert crontab_words(cron) == "在 03:00 (UTC)"
