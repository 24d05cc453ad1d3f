"""The audit log in words: who, what, of which object and what changed, in the reader's language."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import translation

from coupons.admin.audit_words import ACTIONS, action_words, actor_words, changes_of, names_of, object_words
from coupons.models import AuditEntry
from coupons.services.people import AT_LOGIN
from tests.made_up_rows import make_superuser
from tests.made_up_shop import make_campaign, make_channel

pytestmark = pytest.mark.django_db


def _entry(object_type: str, before: dict[str, Any], after: dict[str, Any]) -> AuditEntry:
    return AuditEntry(actor="user:1", action="edit", object_type=object_type, object_id="1", before=before, after=after)


@pytest.mark.parametrize(
    ("object_type", "before", "after", "changes"),
    [
        ("campaign", {"name": "A"}, {"name": "B"}, ["name: A → B"]),
        ("campaign", {"audience": "everyone"}, {"audience": "members"}, [
            "audience: Everyone → Only the shoppers it was sent to"
        ]),
        ("campaign", {"starts_at": None}, {"starts_at": "2026-11-24T08:30:00Z"}, [
            "starts: – → 24 Nov 2026, 08:30"
        ]),
        ("coupon", {"active": True}, {"active": False}, ["active: yes → no"]),
        ("coupon", {"min_spend_minor": 0}, {"min_spend_minor": 500}, ["minimum spend: $0.00 → $5.00"]),
        ("coupon", {"benefit": {"amount_minor": 100, "type": "amount"}}, {
            "benefit": {"amount_minor": 250, "type": "amount"}
        }, ["amount: $1.00 → $2.50"]),
        ("coupon", {"targets": []}, {"targets": [{"kind": "brand"}, {"kind": "brand"}]}, ["targets: – → 2 rows"]),
        ("campaign", {"budgets": []}, {"budgets": [{"kind": "money", "period": "day", "limit_n": 900}]}, [
            "budgets: – → $9.00 (A day)"
        ]),
        ("policy", {"objective": "response"}, {"objective": "profit"}, [
            "puts first: Most coupons used → Most incremental profit"
        ]),
        ("shopper", {"person": 4}, {"person": 2, "reason": AT_LOGIN}, [
            "person: 4 → 2", "reason: – → the session became a shopper's at login"
        ]),
        ("policy", {}, {"gate": "returning"}, ["gate: – → It was live before: it may come back."]),
        ("gone", {"a_b": [1, 2]}, {"a_b": {"c": 1}}, ['a b: 1, 2 → {"c": 1}']),
        ("campaign", {"version": 1, "status": "draft"}, {"version": 2, "status": "in_review"}, []),
    ],
)  # fmt: skip
def test_what_changed(object_type: str, before: dict[str, Any], after: dict[str, Any], changes: list[str]) -> None:
    assert changes_of(_entry(object_type, before, after), "USD") == changes


def test_who_it_was() -> None:
    user = User.objects.create_user("made-up-dana")
    names = names_of([f"user:{user.pk}", "key:1a2b", "user:x", "system"])
    assert names == {f"user:{user.pk}": "made-up-dana"}
    told = [actor_words(actor, names) for actor in (f"user:{user.pk}", "user:0", "key:1a2b", "system")]
    assert told == ["made-up-dana", "user:0", "API key 1a2b", "the platform"]


def test_every_action_has_chinese_words() -> None:
    english = {action: action_words(action) for action in ACTIONS}
    with translation.override("zh-hans"):
        assert [action for action in ACTIONS if action_words(action) == english[action]] == []
        assert object_words("campaign") == "活动"


def test_the_log_reads_in_the_readers_language(client: Client) -> None:
    user = make_superuser("made-up-dana")
    campaign = make_campaign(make_channel(), "A", status="draft")
    AuditEntry.objects.create(
        actor=f"user:{user.pk}", action="pause", object_type="campaign", object_id=str(campaign.pk),
        before={"audience": "everyone"}, after={"audience": "members"},
    )  # fmt: skip
    client.force_login(user)
    url = reverse("admin:coupons_auditentry_changelist")
    page = client.get(url).content.decode()
    for words in ("made-up-dana", "paused", "Campaign", "audience: Everyone → Only the shoppers it was sent to"):
        assert words in page, words
    assert reverse("admin:coupons_campaign_change", args=[campaign.pk]) in page
    client.cookies["django_language"] = "zh-hans"
    page = client.get(url).content.decode()
    for words in ("暂停", "活动", "所有人"):
        assert words in page, words
