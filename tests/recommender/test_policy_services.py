"""Versions of a policy: immutable once they served, made live by another person, one at a time, all of it audited."""

import threading
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError
from django.utils import timezone

from coupons.enums import BudgetPeriod
from coupons.models import AuditEntry, Channel
from recommender.enums import EstimateKind, EstimateStatus, Objective, PolicyStatus
from recommender.models import Policy, PolicyBudget, PolicyEstimate
from recommender.selectors.gate import Gate, promotion_gate
from recommender.services import policies
from recommender.services.policies import (
    BudgetSpec,
    PolicyError,
    copy_policy,
    create_policy,
    discard_policy,
    edit_policy,
    promote_policy,
    retire_policy,
)
from tests.made_up_shop import NOW, make_campaign, make_channel, make_coupon
from tests.racing import race
from tests.recommender.made_up_policies import make_policy, make_user

pytestmark = pytest.mark.django_db

WEEK = BudgetSpec("All coupons", BudgetPeriod.WEEK, 500_000)


@pytest.fixture
def channel() -> Channel:
    return make_channel()


@pytest.fixture
def maker() -> User:
    return make_user("maker")


@pytest.fixture
def second() -> User:
    return make_user("second")


def estimate(policy: Policy, live: Policy, *, low: float, live_low: float = 1.0, **fields: Any) -> PolicyEstimate:
    result = {
        "live_policy": live.pk,
        "supported": True,
        "policy": {"low": low},
        "live": {"low": live_low},
        **fields.pop("result", {}),
    }
    return PolicyEstimate.objects.create(
        policy=policy,
        kind=EstimateKind.EARNINGS,
        status=EstimateStatus.DONE,
        finished_at=timezone.now(),
        result=result,
        **fields,
    )


def test_numbers_follow_each_other_per_channel(channel: Channel, maker: User) -> None:
    other = make_channel("other")
    made = [create_policy(channel=each, values={"name": "A"}, actor=maker) for each in (channel, channel, other)]
    assert [policy.number for policy in made] == [1, 2, 1]
    assert {policy.status for policy in made} == {PolicyStatus.DRAFT}


def test_a_draft_is_edited_and_the_audit_log_keeps_what_changed(channel: Channel, maker: User) -> None:
    policy = create_policy(channel=channel, values={"name": "A"}, budgets=[WEEK], actor=maker)
    edit_policy(policy=policy, values={"max_per_campaign": 2}, budgets=[], actor=maker)
    policy.refresh_from_db()
    assert (policy.max_per_campaign, policy.edited_by, policy.budgets.count()) == (2, maker, 0)
    entry = AuditEntry.objects.get(action="edit_policy")
    assert entry.actor == f"user:{maker.pk}"
    budget = {"name": "All coupons", "period": "week", "limit_minor": 500_000, "campaigns": []}
    assert entry.before == {"budgets": [budget], "max_per_campaign": None}
    assert entry.after == {"budgets": [], "max_per_campaign": 2}


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"min_score": 1.5}, "wrong_value", ""),
        ({"exploration_percent": "60"}, "wrong_value", ""),
        ({"pinned_coupons": [999_999]}, "unknown_coupon", "pinned_coupons"),
        ({"only_campaigns": [999_999]}, "unknown_campaign", "only_campaigns"),
        ({"fair_percent": 20}, "no_group", "fair_percent"),
        ({"objective": Objective.PROFIT}, "no_basket", "basket_minor"),
        ({"colour": "red"}, "unknown_setting", "colour"),
    ],
)
def test_a_wrong_value_is_refused_and_nothing_changes(
    channel: Channel, maker: User, values: dict[str, Any], code: str, field: str
) -> None:
    policy = create_policy(channel=channel, values={"name": "A"}, budgets=[WEEK], actor=maker)
    before = Policy.objects.values().get(pk=policy.pk)
    with pytest.raises(PolicyError) as refused:
        edit_policy(policy=policy, values=values, budgets=[], actor=maker)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert Policy.objects.values().get(pk=policy.pk) == before
    assert policy.budgets.count() == 1


def test_a_coupon_of_another_channel_is_unknown_and_none_is_both_pinned_and_excluded(channel: Channel) -> None:
    foreign = make_coupon(make_campaign(make_channel("other")))
    own = make_coupon(make_campaign(channel))
    with pytest.raises(PolicyError, match=f"{foreign.pk} is no coupon of this channel"):
        make_policy(channel, excluded_coupons=[foreign.pk])
    with pytest.raises(PolicyError, match="both pinned and excluded"):
        make_policy(channel, excluded_coupons=[own.pk], pinned_coupons=[own.pk])
    assert not Policy.objects.exists()


@pytest.mark.parametrize(
    ("budgets", "code"),
    [([WEEK, WEEK], "budget_twice"), ([BudgetSpec("None", BudgetPeriod.DAY, 0)], "budget_limit")],
)
def test_budgets_that_cannot_be(channel: Channel, budgets: list[BudgetSpec], code: str) -> None:
    with pytest.raises(PolicyError) as refused:
        make_policy(channel, budgets=budgets)
    assert refused.value.code == code
    assert not Policy.objects.exists()


def test_a_budget_that_changes_loses_its_price_and_one_that_stays_keeps_it(channel: Channel, maker: User) -> None:
    policy = make_policy(channel, budgets=[WEEK, BudgetSpec("Other", BudgetPeriod.DAY, 100)])
    PolicyBudget.objects.update(price=0.5)
    edit_policy(policy=policy, values={}, budgets=[WEEK, BudgetSpec("Other", BudgetPeriod.DAY, 200)], actor=maker)
    assert dict(policy.budgets.values_list("name", "price")) == {"All coupons": 0.5, "Other": None}


def test_the_first_policy_goes_live_by_another_person(channel: Channel, maker: User, second: User) -> None:
    policy = create_policy(channel=channel, values={"name": "A"}, actor=maker)
    with pytest.raises(PolicyError) as refused:
        promote_policy(policy=policy, actor=maker, now=NOW, refresh=False)
    assert refused.value.code == "self_promotion"
    assert Policy.objects.get(pk=policy.pk).status == PolicyStatus.DRAFT
    promote_policy(policy=policy, actor=second, now=NOW, refresh=False)
    policy.refresh_from_db()
    assert (policy.status, policy.live_by, policy.live_at) == (PolicyStatus.LIVE, second, NOW)
    entry = AuditEntry.objects.get(action="promote_policy")
    assert entry.after == {"live": "p1 A", "gate": "first", "reason": ""}


def test_what_served_is_never_edited_but_copied(channel: Channel, maker: User) -> None:
    live = make_policy(channel, PolicyStatus.LIVE, max_per_campaign=3, budgets=[WEEK])
    for refuse in (
        lambda: edit_policy(policy=live, values={"max_per_campaign": 1}, budgets=[], actor=maker),
        lambda: discard_policy(policy=live, actor=maker),
    ):
        with pytest.raises(PolicyError) as refused:
            refuse()
        assert refused.value.code == "not_draft"
    copy = copy_policy(policy=live, actor=maker)
    assert (copy.number, copy.status, copy.based_on, copy.max_per_campaign) == (2, PolicyStatus.DRAFT, live, 3)
    assert list(copy.budgets.values_list("name", "limit_minor")) == [("All coupons", 500_000)]
    discard_policy(policy=copy, actor=maker)
    assert list(Policy.objects.all()) == [live]


@pytest.mark.parametrize(
    ("low", "result", "code"),
    [
        (1.0, {}, "not_worse"),
        (0.99, {}, "worse"),
        (2.0, {"supported": False}, "too_little_support"),
        (2.0, {"live_policy": -1}, "outdated"),
    ],
)
def test_the_gate_compares_lower_bounds(channel: Channel, low: float, result: dict[str, Any], code: str) -> None:
    live, draft = make_policy(channel, PolicyStatus.LIVE), make_policy(channel)
    assert promotion_gate(draft).code == "no_estimate"
    estimate(draft, live, low=low, result=result)
    gate = promotion_gate(draft)
    assert (gate.code, gate.open) == (code, code == "not_worse")


def test_an_estimate_is_outdated_by_time_and_by_an_edit(channel: Channel, maker: User) -> None:
    live, draft = make_policy(channel, PolicyStatus.LIVE), make_policy(channel)
    made = estimate(draft, live, low=2.0)
    PolicyEstimate.objects.update(finished_at=timezone.now() - timedelta(days=15))
    assert promotion_gate(draft).code == "outdated"
    PolicyEstimate.objects.update(finished_at=timezone.now())
    assert promotion_gate(draft).code == "not_worse"
    PolicyEstimate.objects.filter(pk=made.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    edit_policy(policy=draft, values={"max_per_campaign": 1}, budgets=[], actor=maker)
    draft.refresh_from_db()
    assert promotion_gate(draft).code == "outdated"


def test_going_against_the_gate_takes_a_reason_and_the_permission(channel: Channel, second: User) -> None:
    live, draft = make_policy(channel, PolicyStatus.LIVE), make_policy(channel)
    for reason in ("", "We know better"):
        with pytest.raises(PolicyError) as refused:
            promote_policy(policy=draft, actor=second, now=NOW, override_reason=reason, refresh=False)
        assert refused.value.code == "gate"
    assert Policy.objects.get(status=PolicyStatus.LIVE) == live
    second.user_permissions.add(Permission.objects.get(codename="override_policygate"))
    allowed = User.objects.get(pk=second.pk)
    promote_policy(policy=draft, actor=allowed, now=NOW, override_reason=" We know better ", refresh=False)
    assert dict(Policy.objects.values_list("pk", "status")) == {live.pk: "retired", draft.pk: "live"}
    entry = AuditEntry.objects.get(action="promote_policy")
    assert entry.after == {"live": str(draft), "gate": "no_estimate", "reason": "We know better"}


def test_a_version_that_was_live_comes_back_without_an_estimate(channel: Channel, second: User) -> None:
    first = make_policy(channel, PolicyStatus.LIVE)
    retire_policy(policy=first, actor=second)
    make_policy(channel, PolicyStatus.LIVE)
    first.refresh_from_db()
    promote_policy(policy=first, actor=second, now=NOW, refresh=False)
    assert Policy.objects.get(status=PolicyStatus.LIVE) == first


def promote_at_once(monkeypatch: pytest.MonkeyPatch, *, locked: bool) -> list[str]:
    """Four drafts of a channel without a live policy are promoted at the same moment; what came of each, sorted.

    Whoever looked at what is live waits for the others to look too; a lock lets one look only, which waits in vain.
    """
    channel, second = make_channel(), make_user("second")
    drafts = [make_policy(channel) for _ in range(4)]
    looked = threading.Barrier(4)

    def look(policy: Policy) -> Gate:
        gate = promotion_gate(policy)
        with suppress(threading.BrokenBarrierError):
            looked.wait(0.5 if locked else 20)
        return gate

    monkeypatch.setattr(policies, "promotion_gate", look)
    if not locked:
        monkeypatch.setattr(policies, "lock_channel", lambda _channel: None)

    def go(draft: Policy) -> str:
        try:
            promote_policy(policy=draft, actor=second, now=NOW, refresh=False)
        except PolicyError as refused:
            return refused.code
        except IntegrityError:
            return "constraint"
        return "live"

    return sorted(map(str, race(*(partial(go, draft) for draft in drafts))))


@pytest.mark.django_db(transaction=True)
def test_of_four_promotions_at_once_exactly_one_is_live(monkeypatch: pytest.MonkeyPatch) -> None:
    assert promote_at_once(monkeypatch, locked=True) == ["gate", "gate", "gate", "live"]
    assert Policy.objects.filter(status=PolicyStatus.LIVE).count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_all_four_pass_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """The naive twin: none is refused for what the first one changed. Each becomes live unheard, or an error."""
    assert set(promote_at_once(monkeypatch, locked=False)) <= {"constraint", "live"}
