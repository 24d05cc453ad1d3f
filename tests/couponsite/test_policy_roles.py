"""Policies and experiments: each role takes its own steps, is offered no others, and is refused them by address."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from coupons.models import AuditEntry, Channel
from couponsite.roles import ROLES, ensure_roles
from recommender.enums import ExperimentStatus, PolicyStatus
from recommender.models import Experiment, ExperimentReading, Policy, PolicyEstimate
from recommender.services.experiments import ArmSpec, save_experiment
from tests.made_up_shop import make_channel
from tests.recommender.made_up_policies import make_policy

pytestmark = pytest.mark.django_db

EVERY_ROLE = list(ROLES)
EDITORS = ["Operator", "Data scientist"]
STARTERS = ["Approver", "Data scientist"]


@pytest.fixture
def clients() -> dict[str, Client]:
    """Somebody of each role, and somebody of the staff without one."""
    ensure_roles()
    found = {}
    for name in ("Outsider", *ROLES):
        user = User.objects.create(username=f"made-up-{name}", password="!", is_staff=True)
        user.groups.set(Group.objects.filter(name=name))
        found[name] = Client()
        found[name].force_login(user)
    return found


@pytest.fixture
def channel() -> Channel:
    return make_channel()


def _experiment(channel: Channel, status: ExperimentStatus = ExperimentStatus.DRAFT) -> Experiment:
    row = save_experiment(channel=channel, name="Made up", arms=[ArmSpec("Now"), ArmSpec("New")], actor=None)
    Experiment.objects.filter(pk=row.pk).update(status=status)
    return row


def _state() -> tuple[object, ...]:
    """All that a step may change."""
    return (
        list(Policy.objects.order_by("pk").values_list("pk", "status", "name")),
        list(Experiment.objects.order_by("pk").values_list("pk", "status", "name")),
        PolicyEstimate.objects.count(),
        ExperimentReading.objects.count(),
        AuditEntry.objects.count(),
    )


@pytest.mark.parametrize("page", ["changelist", "add"])
@pytest.mark.parametrize("table", ["policy", "experiment"])
def test_who_sees_the_list_and_who_begins_one(
    clients: dict[str, Client], channel: Channel, table: str, page: str
) -> None:
    url = reverse(f"admin:recommender_{table}_{page}")
    seen = [name for name, client in clients.items() if client.get(url).status_code == 200]
    assert seen == (EVERY_ROLE if page == "changelist" else EDITORS)
    begin = reverse(f"admin:recommender_{table}_add")
    lists = {
        name: client.get(reverse(f"admin:recommender_{table}_changelist")).content.decode()
        for name, client in clients.items()
    }
    assert [name for name, text in lists.items() if f'href="{begin}' in text] == EDITORS


POLICY_STEPS = {
    "edit": (PolicyStatus.DRAFT, EDITORS),
    "discard": (PolicyStatus.DRAFT, EDITORS),
    "copy": (PolicyStatus.LIVE, EDITORS),
    "promote": (PolicyStatus.DRAFT, ["Approver"]),
    "retire": (PolicyStatus.LIVE, ["Approver"]),
    "estimate": (PolicyStatus.DRAFT, ["Operator", "Approver", "Data scientist"]),
}
EXPERIMENT_STEPS = {
    "edit": (ExperimentStatus.DRAFT, EDITORS),
    "discard": (ExperimentStatus.DRAFT, EDITORS),
    "start": (ExperimentStatus.DRAFT, STARTERS),
    "stop": (ExperimentStatus.RUNNING, STARTERS),
    "read": (ExperimentStatus.RUNNING, EVERY_ROLE),
}


def _check_step(
    clients: dict[str, Client], url: str, who: list[str], changes: bool, again: Callable[[], object]
) -> None:
    """Asked and taken by each: refused with nothing changed, or not refused and, where `changes`, done."""
    for name, client in clients.items():
        before = _state()
        asked, taken = client.get(url).status_code, client.post(url, {"reason": "made up"}).status_code
        if name not in who:
            assert (asked, taken, _state()) == (403, 403, before), name
            continue
        assert {asked, taken} <= {200, 302}, name
        if changes:
            assert _state() != before, name
        again()


@pytest.mark.parametrize("step", POLICY_STEPS)
def test_a_policys_steps(clients: dict[str, Client], channel: Channel, redis_clean: None, step: str) -> None:
    status, who = POLICY_STEPS[step]
    policy = make_policy(channel, status)

    def again() -> None:
        Policy.objects.exclude(pk=policy.pk).delete()
        PolicyEstimate.objects.all().delete()
        policy.save()

    url = reverse(f"admin:recommender_policy_{step}", args=[policy.pk])
    _check_step(clients, url, who, step != "edit", again)


@pytest.mark.parametrize("step", EXPERIMENT_STEPS)
def test_an_experiments_steps(clients: dict[str, Client], channel: Channel, step: str) -> None:
    status, who = EXPERIMENT_STEPS[step]
    row = _experiment(channel, status)
    row.refresh_from_db()

    def again() -> None:
        if not Experiment.objects.filter(pk=row.pk).exists():
            row.save(force_insert=True)
        row.arms.all().delete()
        Experiment.objects.filter(pk=row.pk).update(status=ExperimentStatus.DRAFT)
        save_experiment(
            channel=channel, name="Made up", arms=[ArmSpec("Now"), ArmSpec("New")], actor=None, experiment=row
        )
        Experiment.objects.filter(pk=row.pk).update(status=status)

    url = reverse(f"admin:recommender_experiment_{step}", args=[row.pk])
    _check_step(clients, url, who, step != "edit", again)


def test_nobody_is_offered_what_would_be_refused(clients: dict[str, Client], channel: Channel) -> None:
    """On the page of a draft, of a live policy and of experiments in both states: links and buttons by role."""
    rows: list[tuple[str, Any, dict[str, tuple[Any, Any]]]] = [
        ("policy", make_policy(channel), POLICY_STEPS),
        ("policy", make_policy(channel, PolicyStatus.LIVE), POLICY_STEPS),
        ("experiment", _experiment(channel), EXPERIMENT_STEPS),
        ("experiment", _experiment(channel, ExperimentStatus.RUNNING), EXPERIMENT_STEPS),
    ]
    for table, row, steps in rows:
        url = reverse(f"admin:recommender_{table}_change", args=[row.pk])
        for name, client in clients.items():
            answer = client.get(url)
            if name == "Outsider":
                assert answer.status_code == 403
                continue
            linked = re.findall(rf"/admin/recommender/{table}/{row.pk}/(\w+)/", answer.content.decode())
            refused = {step for step, (_, who) in steps.items() if name not in who}
            assert refused & set(linked) == set(), (table, row, name)


def test_who_edited_last_does_not_make_it_live(clients: dict[str, Client], channel: Channel) -> None:
    both = User.objects.create(username="made-up-both", password="!", is_staff=True)
    both.groups.set(Group.objects.filter(name__in=["Operator", "Approver"]))
    policy = make_policy(channel)
    Policy.objects.filter(pk=policy.pk).update(edited_by=both)
    client = Client()
    client.force_login(both)
    url = reverse("admin:recommender_policy_promote", args=[policy.pk])
    client.post(url)
    assert Policy.objects.get().status == PolicyStatus.DRAFT
    clients["Approver"].post(url)
    assert Policy.objects.get().status == PolicyStatus.LIVE
