"""Experiments: assignment, start and stop, readings with exact sums, the sample-ratio alarm, and the hold-out."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from coupons.models import AuditEntry, Channel, Shopper
from recommender.admin.experiment_page import page_of
from recommender.enums import ExperimentStatus, HoldoutSees, PolicyStatus
from recommender.models import Experiment, ExperimentReading, Policy, SimulatedChannel
from recommender.partitions import ensure_partitions
from recommender.policies.hashing import arm_of, is_held_out
from recommender.selectors.experiments import incremental_revenue
from recommender.selectors.gate import promotion_gate
from recommender.selectors.rules import read_rules
from recommender.services.experiments import (
    ArmSpec,
    ExperimentError,
    discard_experiment,
    save_experiment,
    start_experiment,
    stop_experiment,
)
from recommender.services.policies import PolicyError, copy_policy, edit_policy, promote_policy
from recommender.services.readings import plan_holdout, read_experiment, read_holdout
from tests.made_up_shop import NOW, make_campaign, make_channel, make_coupon, make_shopper, make_version
from tests.recommender.made_up_policies import LATER, buy, log_slate, make_policy, make_user, use

pytestmark = pytest.mark.django_db

END = NOW + timedelta(days=7)


@pytest.fixture
def channel() -> Channel:
    ensure_partitions(first=NOW - timedelta(days=40), last=NOW + timedelta(days=40))
    return make_channel()


@pytest.fixture
def starter() -> User:
    return make_user("starter")


def set_up(channel: Channel, *arms: ArmSpec, **fields: Any) -> Experiment:
    arms = arms or (ArmSpec("Control"), ArmSpec("New"))
    return save_experiment(channel=channel, name="Made up", arms=arms, actor=None, **fields)


def running(channel: Channel, starter: User, *arms: ArmSpec, **fields: Any) -> Experiment:
    return start_experiment(experiment=set_up(channel, *arms, **fields), actor=starter, now=NOW, refresh=False)


def test_assignment_follows_weights_and_is_stable() -> None:
    """10,000 shoppers, weights 1 to 3: four standard errors of a quarter are 173."""
    arms = [arm_of("salt", str(shopper), [1, 3]) for shopper in range(10_000)]
    assert abs(arms.count(0) - 2_500) < 173
    assert arms[:100] == [arm_of("salt", str(shopper), [1, 3]) for shopper in range(100)]
    others = [arm_of("other", str(shopper), [1, 3]) for shopper in range(10_000)]
    both = sum(1 for first, second in zip(arms, others, strict=True) if first == second == 0)
    assert abs(both - 625) < 100  # independent of each other: a sixteenth


def test_a_larger_hold_out_only_adds_shoppers() -> None:
    small = {shopper for shopper in range(5_000) if is_held_out(1, str(shopper), 0.05)}
    large = {shopper for shopper in range(5_000) if is_held_out(1, str(shopper), 0.10)}
    assert small < large
    assert (abs(len(small) - 250) < 62, abs(len(large) - 500) < 85) == (True, True)
    assert not any(is_held_out(1, str(shopper), 0) for shopper in range(100))


@pytest.mark.parametrize(
    ("arms", "code"),
    [
        ([ArmSpec("A")], "arms"),
        ([ArmSpec("A"), ArmSpec("A")], "arm_twice"),
        ([ArmSpec("A"), ArmSpec("B", weight=0)], "weight"),
        ([ArmSpec("A"), ArmSpec("B", policy_id=999_999)], "other_channel"),
    ],
)
def test_arms_that_cannot_be(channel: Channel, arms: list[ArmSpec], code: str) -> None:
    with pytest.raises(ExperimentError) as refused:
        set_up(channel, *arms)
    assert refused.value.code == code
    assert not Experiment.objects.exists()


def test_a_start_freezes_arms_and_policies(channel: Channel, starter: User) -> None:
    live, draft = make_policy(channel, PolicyStatus.LIVE), make_policy(channel)
    experiment = set_up(channel, ArmSpec("Control", policy_id=live.pk), ArmSpec("New", policy_id=draft.pk))
    start_experiment(experiment=experiment, actor=starter, now=NOW, refresh=False)
    experiment.refresh_from_db()
    assert (experiment.status, experiment.started_at, experiment.started_by) == ("running", NOW, starter)
    assert dict(Policy.objects.values_list("pk", "status")) == {live.pk: "live", draft.pk: "trial"}
    with pytest.raises(PolicyError, match="Only a draft"):
        edit_policy(policy=draft, values={}, budgets=[], actor=starter)
    with pytest.raises(PolicyError) as tried:
        promote_policy(policy=draft, actor=starter, now=NOW, refresh=False)
    assert tried.value.code == "in_experiment"
    with pytest.raises(ExperimentError, match="arms are fixed"):
        set_up(channel, experiment=experiment)
    with pytest.raises(ExperimentError, match="started already"):
        start_experiment(experiment=experiment, actor=starter, now=NOW, refresh=False)
    with pytest.raises(ExperimentError, match="what it saw is kept"):
        discard_experiment(experiment=experiment, actor=starter)


def test_one_experiment_runs_on_a_channel(channel: Channel, starter: User) -> None:
    running(channel, starter)
    second = set_up(channel)
    with pytest.raises(ExperimentError) as refused:
        start_experiment(experiment=second, actor=starter, now=NOW, refresh=False)
    assert refused.value.code == "another_runs"
    second.refresh_from_db()
    assert (second.status, second.started_at) == (ExperimentStatus.DRAFT, None)
    running(make_channel("other"), starter)


def test_the_rules_of_a_shopper_are_the_arm_s_or_the_hold_out_s(channel: Channel, starter: User) -> None:
    live = make_policy(channel, PolicyStatus.LIVE, holdout_percent=20, max_per_campaign=1)
    draft, version = make_policy(channel, max_per_campaign=2), make_version(9)
    experiment = running(
        channel, starter, ArmSpec("Control"), ArmSpec("New", policy_id=draft.pk, model_version_id=version.pk)
    )
    control, new = experiment.arms.order_by("position")
    rules = read_rules(channel.pk)
    assert rules.model_version_ids == {version.pk}
    seen = set()
    for number in range(200):
        shopper, got = str(number), rules.assignment(str(number))
        assert got.terms is not None
        told = (got.terms.policy_id, got.arm_id, got.model_version_id, got.held_out)
        if is_held_out(channel.pk, shopper, 0.2):
            assert told == (live.pk, None, None, HoldoutSees.POPULAR)
        elif arm_of(str(experiment.salt), shopper, [1, 1]) == 0:
            assert told == (live.pk, control.pk, None, None)
        else:
            assert told == (draft.pk, new.pk, version.pk, None)
        seen.add(told)
    assert len(seen) == 3


def test_a_channel_without_a_policy_has_no_rules(channel: Channel) -> None:
    make_policy(channel)
    got = read_rules(channel.pk).assignment("ann")
    assert (got.terms, got.arm_id, got.held_out) == (None, None, None)


def shoppers(channel: Channel, count: int, prefix: str = "s") -> list[Shopper]:
    return [make_shopper(channel, f"{prefix}{number}") for number in range(count)]


def test_a_reading_sums_what_happened_after_the_first_answer(channel: Channel, starter: User) -> None:
    make_policy(channel, PolicyStatus.LIVE, margin_percent=50)
    experiment = running(channel, starter)
    control, new = experiment.arms.order_by("position")
    coupon = make_coupon(make_campaign(channel))
    one, two, three = shoppers(channel, 3)
    log_slate(one, NOW, control)
    log_slate(two, LATER, new)
    log_slate(two, LATER + timedelta(days=1), new)
    log_slate(three, NOW, new)
    buy(one, 1_000, LATER)
    buy(two, 9_000, NOW)  # before the first answer: explains, does not count
    buy(two, 2_000, LATER + timedelta(hours=1))
    buy(two, 4_000, END)  # after the reading
    use(two, coupon, 300, LATER + timedelta(hours=1))
    use(three, coupon, 100, LATER, status="rolled_back", rolled_back_minor=100)
    reading = read_experiment(experiment=experiment, now=END)
    assert [{**arm, "arm": None} for arm in reading.numbers["arms"]] == [
        {
            "arm": None, "name": "Control", "weight": 1, "shoppers": 1, "uses": 0,
            "revenue": 1_000.0, "cost": 0.0, "profit": 500.0,
        },
        {
            "arm": None, "name": "New", "weight": 1, "shoppers": 2, "uses": 1,
            "revenue": 2_000.0, "cost": 300.0, "profit": 700.0,
        },
    ]  # fmt: skip
    assert (reading.numbers["code"], reading.numbers["winners"]) == ("too_few", [])
    [told] = page_of(experiment)["comparisons"]
    assert told.interval == "Not known yet"
    assert "?" not in told.total + told.revenue and "(" not in told.total + told.revenue


def earn(channel: Channel, experiment: Experiment, *, more: int, count: int = 150) -> None:
    """Shoppers of the second arm spend `more` on top of what those of the first do: 900 to 1,100."""
    for arm in experiment.arms.order_by("position"):
        for number, shopper in enumerate(shoppers(channel, count, f"{arm.position}-")):
            log_slate(shopper, NOW, arm)
            buy(shopper, 900 + 100 * (number % 3) + more * arm.position, LATER)


def test_a_clear_winner_is_called_and_may_go_live(channel: Channel, starter: User) -> None:
    make_policy(channel, PolicyStatus.LIVE, margin_percent=50)
    draft = make_policy(channel)
    experiment = running(channel, starter, ArmSpec("Control"), ArmSpec("New", policy_id=draft.pk), planned_shoppers=300)
    earn(channel, experiment, more=200)
    stopped = stop_experiment(experiment=experiment, actor=starter, now=END, reason="Clear enough")
    assert (stopped.status, stopped.stopped_at, stopped.stop_reason) == ("stopped", END, "Clear enough")
    verdict = ExperimentReading.objects.get(final=True)
    new = experiment.arms.get(position=1)
    assert (verdict.numbers["code"], verdict.numbers["winners"]) == ("winner", [new.pk])
    (told,) = verdict.numbers["comparisons"]
    assert told["profit"]["estimate"] == pytest.approx(100.0)
    assert told["revenue_total"]["estimate"] == pytest.approx(200.0 * 150)
    assert 0 < told["profit"]["low"] < 100 < told["profit"]["high"]
    draft.refresh_from_db()
    assert draft.status == PolicyStatus.RETIRED
    assert promotion_gate(draft).code == "won"
    with pytest.raises(ExperimentError, match="does not run"):
        stop_experiment(experiment=experiment, actor=starter, now=END)
    assert list(AuditEntry.objects.filter(object_type="experiment").values_list("action", flat=True)) == [
        "save_experiment", "start_experiment", "stop_experiment",
    ]  # fmt: skip


def test_arms_that_are_alike_stay_open(channel: Channel, starter: User) -> None:
    experiment = running(channel, starter, planned_shoppers=300)
    earn(channel, experiment, more=0)
    assert read_experiment(experiment=experiment, now=END).numbers["code"] == "open"


def test_a_split_that_is_off_says_broken_and_calls_nobody(channel: Channel, starter: User) -> None:
    experiment = running(channel, starter, planned_shoppers=300)
    control, new = experiment.arms.order_by("position")
    for arm, count in ((control, 110), (new, 400)):
        for number, shopper in enumerate(shoppers(channel, count, f"{arm.position}-")):
            log_slate(shopper, NOW, arm)
            buy(shopper, 900 + 100 * (number % 3) + 500 * arm.position, LATER)
    numbers = read_experiment(experiment=experiment, now=END).numbers
    assert (numbers["code"], numbers["winners"], numbers["sample_ratio"]["broken"]) == ("broken", [], True)
    assert numbers["sample_ratio"]["expected"] == [255.0, 255.0]


def test_the_alarm_of_the_split_stays(channel: Channel, starter: User) -> None:
    """The least p-value of all looks counts: a split that was off is not mended by more shoppers."""
    experiment = running(channel, starter)
    ExperimentReading.objects.create(
        channel=channel, experiment=experiment, numbers={"sample_ratio": {"p_value": 0.0001}}, read_at=NOW
    )
    ExperimentReading.objects.create(channel=channel, experiment=experiment, numbers={}, read_at=NOW)  # said nothing
    assert read_experiment(experiment=experiment, now=LATER).numbers["sample_ratio"]["broken"] is True  # nobody yet
    earn(channel, experiment, more=0, count=3)
    assert read_experiment(experiment=experiment, now=END).numbers["sample_ratio"]["broken"] is True


def test_the_hold_out_tells_what_coupons_added(channel: Channel) -> None:
    """Held out spend 1,000 on average, all others 1,300: 300 more each."""
    policy = make_policy(channel, PolicyStatus.LIVE, holdout_percent=50, margin_percent=50)
    for number, shopper in enumerate(shoppers(channel, 400)):
        held = is_held_out(channel.pk, shopper.external_id, 0.5)
        buy(shopper, (900 if number % 2 else 1_100) + (0 if held else 300), LATER)
    Shopper.objects.update(created_at=NOW - timedelta(days=90))
    reading = read_holdout(policy=policy, now=END)
    assert reading is not None
    out = sum(is_held_out(channel.pk, f"s{number}", 0.5) for number in range(400))
    assert (reading.numbers["held_out"], reading.numbers["treated"]) == (out, 400 - out)
    assert reading.numbers["revenue"]["estimate"] == pytest.approx(300, abs=40)
    (told,) = incremental_revenue()
    assert told.estimate == pytest.approx(reading.numbers["revenue"]["estimate"] * (400 - out))
    assert told.low is not None
    assert 0 < told.low < told.estimate
    assert (told.channel, told.since, told.enough, told.simulated) == (channel, NOW, True, False)
    SimulatedChannel.objects.create(channel=channel, seed=1)
    assert incremental_revenue(channel=channel)[0].simulated is True
    assert incremental_revenue(channel=make_channel("other")) == []


def test_the_hold_out_is_planned_once_when_it_begins(channel: Channel) -> None:
    """Shoppers who come later change what is read, and never the size that the intervals are planned for."""
    shoppers(channel, 30)
    second = make_user("second", is_superuser=True)
    first = make_policy(channel, holdout_percent=50)
    promote_policy(policy=first, actor=second, now=NOW, override_reason="First", refresh=False)
    first.refresh_from_db()
    assert first.holdout_planned == 30
    make_shopper(channel, "late")
    reading = read_holdout(policy=first, now=END)
    assert reading is not None
    assert (reading.numbers["planned"], reading.numbers["held_out"] + reading.numbers["treated"]) == (30, 31)
    next_one = copy_policy(policy=first, actor=None)
    promote_policy(policy=next_one, actor=second, now=NOW, refresh=False, override_reason="Next")
    next_one.refresh_from_db()
    assert next_one.holdout_planned is None
    assert plan_holdout(policy=next_one) == 30


def test_a_hold_out_from_before_plans_were_kept_is_planned_at_its_next_reading(channel: Channel) -> None:
    policy = make_policy(channel, PolicyStatus.LIVE, holdout_percent=50)
    shoppers(channel, 7)
    for _reading in range(2):
        reading = read_holdout(policy=policy, now=END)
        assert reading is not None
        assert reading.numbers["planned"] == 7
        make_shopper(channel, str(uuid.uuid4()))


def test_without_a_hold_out_nothing_is_read(channel: Channel) -> None:
    assert read_holdout(policy=make_policy(channel, PolicyStatus.LIVE), now=END) is None
    assert not ExperimentReading.objects.exists()
