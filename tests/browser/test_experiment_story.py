"""An operator's story, in the admin alone: a budget with its price, an A/B test with a hold-out, and its verdict."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone
from playwright.sync_api import Page, expect

from coupons.models import Benefit, Channel, Shopper
from recommender.models import Experiment, ExperimentArm, Policy
from recommender.partitions import ensure_partitions
from recommender.policies.hashing import is_held_out
from tests.browser.conftest import PASSWORD, Visit, fits, picture
from tests.made_up_shop import make_campaign, make_channel, make_coupons, make_version, recommend
from tests.recommender.made_up_policies import buy, log_slate

pytestmark = pytest.mark.django_db(transaction=True)

SHOPPERS = 700


def _person(name: str, *codenames: str) -> User:
    user = User.objects.create_user(name, password=PASSWORD, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def _shop() -> tuple[Channel, list[Shopper]]:
    """Seven hundred shoppers, three coupons of 1.00, 2.00 and 3.00 off recommended to each."""
    now = timezone.now()
    ensure_partitions(first=now - timedelta(days=1), last=now)
    channel = make_channel(name="Made-up shop")
    coupons, version = make_coupons(make_campaign(channel, now=now), 3), make_version()
    for off, coupon in enumerate(coupons, start=1):
        Benefit.objects.filter(coupon=coupon).update(amount_minor=100 * off)
    shoppers = Shopper.objects.bulk_create(Shopper(channel=channel, external_id=f"s{n}") for n in range(SHOPPERS))
    for shopper in shoppers[:20]:
        recommend(version, shopper, *coupons)
    return channel, shoppers


def _draft(page: Page, name: str, *, profit: bool) -> Policy:
    page.goto("/admin/recommender/policy/add/")
    page.fill("#id_name", name)
    page.select_option("#id_objective", "profit" if profit else "response")
    page.fill("#id_basket_minor", "25.00")
    page.fill("#id_margin_percent", "40")
    page.fill("#id_holdout_percent", "20")
    page.fill("#id_budget-0-name", "All coupons")
    page.fill("#id_budget-0-limit", "18.80")
    page.get_by_role("button", name="What would these budgets earn?").click()
    expect(page.locator("#forecast .cp-note")).to_contain_text("Expected incremental profit $162.00 for $18.00")
    expect(page.locator("#forecast")).to_contain_text(
        re.compile(r"The last \$1\.00 of this budget earns \$(4\.9|5\.0)\d")
    )
    assert not Policy.objects.filter(name=name).exists()
    picture(page, "policy-forecast")
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator("#policy-status")).to_contain_text("Draft")
    return Policy.objects.get(name=name)


def _answers(experiment: Experiment, shoppers: list[Shopper]) -> None:
    """What the read path would have logged; shoppers of the second arm spend 20.00 more."""
    now = timezone.now()
    arms = list(ExperimentArm.objects.filter(experiment=experiment).order_by("position"))
    told = [shopper for shopper in shoppers if not is_held_out(shopper.channel_id, shopper.external_id, 0.2)]
    inside = told[: len(told) // 6 * 6]
    for number, shopper in enumerate(inside):
        arm = arms[number % 2]
        log_slate(shopper, now - timedelta(seconds=5), arm)
        spread = 1_000 * (number // 2 % 3)  # the same in both arms
        buy(shopper, 3_000 + spread + 2_000 * arm.position, now - timedelta(seconds=1))


def test_from_a_budget_to_a_verdict(visit: Visit) -> None:
    _channel, shoppers = _shop()
    edit = [f"{verb}_{model}" for verb in ("add", "change", "view") for model in ("policy", "experiment")]
    maker = _person("made-up-maker", *edit)
    second = _person("made-up-second", "view_policy", "view_experiment", "promote_policy", "run_experiment")

    page = visit("/admin/recommender/policy/", maker)
    live = _draft(page, "Start", profit=False)
    other = visit(f"/admin/recommender/policy/{live.pk}/change/", second)
    other.get_by_role("link", name="Make it live…").click()
    other.get_by_role("button", name="Make it live").click()
    expect(other.locator("#policy-status")).to_contain_text("Live")

    draft = _draft(page, "Profit first", profit=True)
    page.goto(f"/admin/recommender/policy/{draft.pk}/preview/")
    page.fill("#id_shopper", "s1")
    page.check("#id_ignore_holdout")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#shown tbody tr")).to_have_count(3)
    picture(page, "policy-preview")

    page.goto("/admin/recommender/experiment/add/")
    page.fill("#id_name", "Does profit pay?")
    page.fill("#id_hypothesis", "Profit first earns more")
    page.fill("#id_planned_shoppers", "560")
    page.select_option("#id_arm-1-policy", str(draft.pk))
    page.get_by_role("button", name="Save draft").click()
    experiment = Experiment.objects.get()
    other.goto(f"/admin/recommender/experiment/{experiment.pk}/change/")
    other.get_by_role("link", name="Start…").click()
    other.get_by_role("button", name="Start", exact=True).click()
    expect(other.locator("#experiment-status")).to_contain_text("Running")
    expect(other.locator("#verdict")).to_contain_text("Too early to say")

    _answers(experiment, shoppers)
    other.get_by_role("button", name="Read it now").click()
    expect(other.locator("#verdict")).to_contain_text("So far. New earns more: +$8.00 of profit a shopper")
    expect(other.locator("#ratio")).to_contain_text("The split is as planned")
    other.get_by_role("link", name="Stop…").click()
    other.fill("#id_reason", "Clear enough")
    other.get_by_role("button", name="Stop", exact=True).click()
    expect(other.locator("#experiment-status")).to_contain_text("Stopped")
    expect(other.locator("#verdict")).to_contain_text("Verdict. New earns more")

    other.goto(f"/admin/recommender/policy/{draft.pk}/promote/")
    expect(other.locator(".cp-why")).to_contain_text("It won its experiment: it may go live.")
    other.get_by_role("button", name="Make it live").click()
    expect(other.locator("#policy-status")).to_contain_text("Live")
    for name, dress in {"light": {}, "dark": {"dark": True}, "phone": {"width": 390}}.items():
        for what, path in (
            ("experiment", f"/admin/recommender/experiment/{experiment.pk}/change/"),
            ("policy", f"/admin/recommender/policy/{draft.pk}/change/"),
            ("policy-edit", "/admin/recommender/policy/add/"),
        ):
            dressed = visit(path, maker, **dress)  # type: ignore[arg-type]
            picture(dressed, f"{what}-{name}")
            assert fits(dressed), (what, name)
