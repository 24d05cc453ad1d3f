"""The pages of policies and experiments: what each person may do, forms that keep everything or nothing, previews."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from coupons.enums import BudgetPeriod
from coupons.models import Benefit, Channel
from recommender.enums import EstimateStatus, ExperimentStatus, PolicyStatus
from recommender.models import Experiment, ExperimentReading, Policy, PolicyBudget, PolicyEstimate, SimulatedChannel
from recommender.selectors.coupon_facts import forget_coupon_facts
from recommender.services.experiments import ArmSpec, save_experiment
from recommender.services.policies import BudgetSpec
from recommender.services.readings import read_experiment
from tests.made_up_shop import make_campaign, make_channel, make_coupons, make_shopper, make_version, recommend
from tests.recommender.made_up_policies import make_policy, make_user

pytestmark = pytest.mark.django_db

EDITOR = ("view_policy", "add_policy", "change_policy", "view_experiment", "add_experiment", "change_experiment")
APPROVER = ("view_policy", "promote_policy", "view_experiment", "run_experiment")
READER = ("view_policy", "view_experiment")


@pytest.fixture
def channel() -> Channel:
    forget_coupon_facts()
    return make_channel()


def person(name: str, *permissions: str) -> User:
    user = make_user(name)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def login(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def form_of(**values: Any) -> dict[str, Any]:
    return {
        "name": "More for less", "objective": "profit", "basket_minor": "25.00", "margin_percent": "40",
        "incremental_percent": "80", "min_score": "0", "impression_days": "7", "dismissal_days": "0",
        "redemption_days": "0", "fair_percent": "0", "exploration_kind": "uniform",
        "exploration_percent": "5", "holdout_percent": "10",
        "holdout_sees": "popular", "budget-TOTAL_FORMS": "2", "budget-INITIAL_FORMS": "0",
        "budget-0-name": "All", "budget-0-period": "week", "budget-0-limit": "500.00", "budget-1-period": "week",
        "save": "1", **values,
    }  # fmt: skip


def test_a_draft_is_made_from_the_form(channel: Channel) -> None:
    coupons = make_coupons(make_campaign(channel, "A"), 3)
    editor = person("editor", *EDITOR)
    answer = login(editor).post(
        "/admin/recommender/policy/add/", form_of(pinned_coupons="A/2, 3", excluded_coupons="1", max_per_campaign="2")
    )
    policy = Policy.objects.get()
    assert answer.headers["Location"] == f"/admin/recommender/policy/{policy.pk}/change/"
    assert (policy.name, policy.objective, policy.basket_minor, policy.edited_by) == (
        "More for less", "profit", 2_500, editor,
    )  # fmt: skip
    assert policy.pinned_coupons == [coupons[1].pk, coupons[2].pk]
    assert (policy.excluded_coupons, policy.max_per_campaign) == ([coupons[0].pk], 2)
    assert list(PolicyBudget.objects.values_list("name", "period", "limit_minor")) == [("All", "week", 50_000)]
    page = login(editor).get(answer.headers["Location"]).content.decode()
    assert "80 % of the purchases extra: an assumption" in page
    assert "Coupon 2, Coupon 3" in page


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"pinned_coupons": "9"}, "9: no coupon of this channel has that id"),
        ({"pinned_coupons": "1"}, "1 is in several campaigns: write campaign/1"),
        ({"exploration_percent": "70"}, "exploration_percent"),
        ({"fair_percent": "20"}, "A fairness floor needs favoured brands or campaigns."),
        ({"basket_minor": ""}, "To put profit first, say what a purchase with a coupon is worth."),
        ({"budget-0-limit": "-5"}, "greater than or equal to 0.01"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_kept(channel: Channel, values: dict[str, str], told: str) -> None:
    for name in ("A", "B"):
        make_coupons(make_campaign(channel, name), 1)
    answer = login(person("editor", *EDITOR)).post("/admin/recommender/policy/add/", form_of(**values))
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert not Policy.objects.exists()


def test_budgets_are_forecast_before_they_are_saved(channel: Channel) -> None:
    """A use earns 8.00 (25.00 at 40 % margin, 80 % extra) less 1.00, 2.00 or 3.00; ten shoppers, 0.9, 0.8 and 0.7.

    9.80 pay for the first coupon of everybody; the second would earn 3.00 for each 1.00 beside what it costs.
    """
    coupons, version = make_coupons(make_campaign(channel, now=timezone.now()), 3), make_version()
    for off, coupon in enumerate(coupons, start=1):
        Benefit.objects.filter(coupon=coupon).update(amount_minor=100 * off)
    for number in range(10):
        recommend(version, make_shopper(channel, str(number)), *coupons)
    editor = login(person("editor", *EDITOR))
    values = form_of(forecast="1", **{"budget-0-limit": "9.80"})
    page = editor.post("/admin/recommender/policy/add/", values).content.decode()
    assert "Expected incremental profit $63.00 for $9.00 of discounts, a period." in page
    assert "Without any budget: $146.00 for $46.00." in page
    price = re.search(r"The last \$1\.00 of this budget earns \$(\d+\.\d\d)", page)
    assert price is not None
    assert float(price[1]) == pytest.approx(4.0, abs=0.1)
    assert "From the live model's slates of 10 of 10 shoppers" in page
    assert not Policy.objects.exists()


def test_without_a_model_the_forecast_says_so(channel: Channel) -> None:
    editor = login(person("editor", *EDITOR))
    page = editor.post("/admin/recommender/policy/add/", form_of(forecast="1")).content.decode()
    assert "there is nothing to forecast from" in page


def test_with_several_channels_the_channel_is_asked_first(channel: Channel) -> None:
    other = make_channel("other")
    editor = login(person("editor", *EDITOR))
    page = editor.get("/admin/recommender/policy/add/").content.decode()
    assert f'href="?channel={other.pk}"' in page
    editor.post(f"/admin/recommender/policy/add/?channel={other.pk}", form_of())
    assert Policy.objects.get().channel == other


def test_the_preview_tells_each_stage_and_why(channel: Channel) -> None:
    now = timezone.now()
    coupons = make_coupons(make_campaign(channel, now=now), 4)
    ann = make_shopper(channel, "ann")
    recommend(make_version(), ann, *coupons)
    policy = make_policy(channel, excluded_coupons=[coupons[0].pk], min_score=0.65)
    client = login(person("reader", *READER))
    url = f"/admin/recommender/policy/{policy.pk}/preview/"
    asked: dict[str, Any] = {"shopper": "ann", "at": timezone.localtime(now).strftime("%Y-%m-%dT%H:%M"), "places": 1}
    told = client.get(url, asked).context["told"]
    assert [(place.coupon, place.score, place.propensity) for place in told.places] == [(coupons[1], "0.8000", "100 %")]
    removed = {row.coupon: row.code for stage in told.stages for row in stage.removed}
    assert removed == {coupons[0]: "excluded", coupons[3]: "low_score", coupons[2]: "ranked_lower"}
    assert [(stage.before, stage.after) for stage in told.stages] == [
        (4, 2),
        (2, 2),
        (2, 2),
        (2, 2),
        (2, 2),
        (2, 2),
        (2, 1),
    ]
    assert "no shopper of this channel has that id" in client.get(url, asked | {"shopper": "bob"}).content.decode()


def test_a_draft_goes_live_by_somebody_else(channel: Channel) -> None:
    editor, approver = person("editor", *EDITOR), person("approver", *APPROVER)
    login(editor).post("/admin/recommender/policy/add/", form_of())
    policy = Policy.objects.get()
    login(approver).post(f"/admin/recommender/policy/{policy.pk}/promote/")
    policy.refresh_from_db()
    assert (policy.status, policy.live_by) == (PolicyStatus.LIVE, approver)


def test_who_edited_it_is_told_that_somebody_else_makes_it_live(channel: Channel) -> None:
    both = person("both", *EDITOR, *APPROVER)
    login(both).post("/admin/recommender/policy/add/", form_of())
    policy = Policy.objects.get()
    page = login(both).get(f"/admin/recommender/policy/{policy.pk}/promote/").content.decode()
    assert "somebody else makes it live" in page
    login(both).post(f"/admin/recommender/policy/{policy.pk}/promote/")
    policy.refresh_from_db()
    assert policy.status == PolicyStatus.DRAFT


def test_a_shut_gate_asks_for_a_reason_and_for_the_permission(channel: Channel) -> None:
    make_policy(channel, PolicyStatus.LIVE)
    draft, url = make_policy(channel), "/admin/recommender/policy/{}/promote/"
    approver = login(person("approver", *APPROVER))
    assert "disabled" in approver.get(url.format(draft.pk)).content.decode()
    approver.post(url.format(draft.pk), {"override_reason": "Trust me"})
    draft.refresh_from_db()
    assert draft.status == PolicyStatus.DRAFT
    head = login(person("head", *APPROVER, "override_policygate"))
    head.post(url.format(draft.pk), {"override_reason": ""})
    draft.refresh_from_db()
    assert draft.status == PolicyStatus.DRAFT
    head.post(url.format(draft.pk), {"override_reason": "The season ends"})
    draft.refresh_from_db()
    assert (draft.status, draft.live_reason) == (PolicyStatus.LIVE, "The season ends")


def test_an_estimate_is_shown_with_its_support(channel: Channel) -> None:
    policy = make_policy(channel)
    interval = {"estimate": 1.0, "low": 0.5, "high": 1.5}
    told = {**interval, "estimators": {"dr": interval}, "effective": 12.0, "covered": 0.4}
    PolicyEstimate.objects.create(
        policy=policy,
        kind="earnings",
        status=EstimateStatus.DONE,
        result={
            "policy": told, "live": told, "difference": interval, "supported": False, "answers": 100, "shoppers": 50,
            "uses": 30, "days": 28,
        },
    )  # fmt: skip
    page = login(person("reader", *READER)).get(f"/admin/recommender/policy/{policy.pk}/change/").content.decode()
    assert "+$10.00 (+$5.00 to +$15.00)" in page
    assert "40% is known from the log, and the log is worth 12 answers of it" in page


def test_whatever_is_simulated_says_so(channel: Channel) -> None:
    policy = make_policy(channel)
    experiment = save_experiment(channel=channel, name="A/B", arms=[ArmSpec("A"), ArmSpec("B")], actor=None)
    reader = login(person("reader", *READER, "change_policy", "change_experiment"))
    pages = [f"/admin/recommender/policy/{policy.pk}/{page}/" for page in ("change", "edit", "preview")] + [
        f"/admin/recommender/experiment/{experiment.pk}/{page}/" for page in ("change", "edit")
    ]
    assert all("data-cp-simulated" not in reader.get(page).content.decode() for page in pages)
    SimulatedChannel.objects.create(channel=channel, seed=1)
    assert all("data-cp-simulated" in reader.get(page).content.decode() for page in pages)


def arms(**values: Any) -> dict[str, Any]:
    return {
        "name": "Does profit pay?", "hypothesis": "It does", "planned_shoppers": "2000", "error_percent": "5",
        "arm-TOTAL_FORMS": "3", "arm-INITIAL_FORMS": "2", "arm-0-name": "Control", "arm-0-weight": "1",
        "arm-1-name": "New", "arm-1-weight": "1", "arm-2-name": "", **values,
    }  # fmt: skip


def test_an_experiment_is_set_up_started_and_stopped(channel: Channel) -> None:
    make_policy(channel, PolicyStatus.LIVE)
    draft = make_policy(channel)
    editor, approver = login(person("editor", *EDITOR)), login(person("approver", *APPROVER))
    editor.post("/admin/recommender/experiment/add/", arms(**{"arm-1-policy": str(draft.pk)}))
    experiment = Experiment.objects.get()
    assert list(experiment.arms.values_list("name", "policy")) == [("Control", None), ("New", draft.pk)]
    url = f"/admin/recommender/experiment/{experiment.pk}"
    approver.post(f"{url}/start/")
    experiment.refresh_from_db()
    assert experiment.status == ExperimentStatus.RUNNING
    approver.post(f"{url}/read/")
    assert "Too early to say" in editor.get(f"{url}/change/").content.decode()
    approver.post(f"{url}/stop/", {"reason": "Enough"})
    experiment.refresh_from_db()
    assert (experiment.status, experiment.stop_reason) == (ExperimentStatus.STOPPED, "Enough")
    assert "Verdict." in editor.get(f"{url}/change/").content.decode()


def test_a_reading_without_numbers_says_nothing_and_hides_none_that_has_them(channel: Channel) -> None:
    experiment = save_experiment(channel=channel, name="A/B", arms=[ArmSpec("A"), ArmSpec("B")], actor=None)
    ExperimentReading.objects.create(channel=channel, experiment=experiment, numbers={}, final=True)
    reader = login(person("reader", *READER))
    url = f"/admin/recommender/experiment/{experiment.pk}/change/"
    page = reader.get(url)
    assert (page.status_code, page.context["reading"]) == (200, None)
    assert "Too early to say: each arm needs 100 shoppers." in page.content.decode()
    assert "Nothing to compare yet." in page.content.decode()
    full = read_experiment(experiment=experiment, now=timezone.now())
    assert reader.get(url).context["reading"] == full


def test_an_experiment_of_one_arm_is_refused(channel: Channel) -> None:
    editor = login(person("editor", *EDITOR))
    page = editor.post("/admin/recommender/experiment/add/", arms(**{"arm-1-name": ""})).content.decode()
    assert "An experiment has 2 to 8 arms." in page
    assert not Experiment.objects.exists()


POLICY_PAGES = ("change", "edit", "copy", "discard", "promote", "retire", "preview", "progress")
EXPERIMENT_PAGES = ("change", "edit", "start", "stop", "discard")


def test_an_outsider_sees_nothing_and_a_reader_changes_nothing(channel: Channel) -> None:
    policy = make_policy(channel)
    experiment = save_experiment(channel=channel, name="A/B", arms=[ArmSpec("A"), ArmSpec("B")], actor=None)
    pages = [f"/admin/recommender/policy/{policy.pk}/{page}/" for page in POLICY_PAGES]
    pages += [f"/admin/recommender/experiment/{experiment.pk}/{page}/" for page in EXPERIMENT_PAGES]
    pages += ["/admin/recommender/policy/add/", "/admin/recommender/experiment/add/"]
    outsider, reader = login(person("outsider")), login(person("reader", *READER))
    assert {outsider.get(page).status_code for page in pages} == {403}
    seen = {page.removeprefix("/admin/recommender/") for page in pages if reader.get(page).status_code == 200}
    assert seen == {
        f"policy/{policy.pk}/change/", f"policy/{policy.pk}/preview/", f"policy/{policy.pk}/progress/",
        f"experiment/{experiment.pk}/change/",
    }  # fmt: skip
    for act in ("copy", "discard", "promote", "retire", "estimate"):
        assert reader.post(f"/admin/recommender/policy/{policy.pk}/{act}/").status_code == 403
    for act in ("start", "stop", "discard"):
        assert reader.post(f"/admin/recommender/experiment/{experiment.pk}/{act}/").status_code == 403
    assert Policy.objects.get().status == PolicyStatus.DRAFT
    assert Experiment.objects.get().status == ExperimentStatus.DRAFT


def test_a_page_costs_the_same_with_one_and_three_budgets(channel: Channel, django_assert_num_queries: Any) -> None:
    reader = login(person("reader", *READER))
    pages: list[Callable[[], object]] = []
    for count in (1, 3):
        budgets = [BudgetSpec(str(number), BudgetPeriod.WEEK, 100) for number in range(count)]
        policy = make_policy(channel, budgets=budgets)
        pages.append(lambda pk=policy.pk: reader.get(f"/admin/recommender/policy/{pk}/change/"))  # type: ignore[misc]
    pages[0]()
    for page in pages:
        with django_assert_num_queries(11):
            page()
