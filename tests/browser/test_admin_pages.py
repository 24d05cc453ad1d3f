"""What an operator does in the admin, in a real browser, on made-up rows."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone
from playwright.sync_api import expect

from coupons.models import Redemption, Shopper
from recommender.enums import EventKind, RunStatus, VersionStatus
from recommender.models import BehaviorEvent, ModelActivation, ModelVersion, ShopperInterest, TrainingEpoch, TrainingRun
from recommender.partitions import ensure_partitions
from tests.browser.conftest import PASSWORD, Visit, fits, picture
from tests.made_up_rows import make_row
from tests.made_up_shop import make_campaign, make_channel, make_coupons, make_shopper, make_version, recommend

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _shop() -> Shopper:
    """A made-up shopper with a year of visits, two interests, three recommended coupons and one that was used."""
    now = timezone.now()
    ensure_partitions(first=now - timedelta(days=364), last=now)
    channel = make_channel()
    shopper = make_shopper(channel, "1823")
    coupons = make_coupons(make_campaign(channel, "A", now=now), 4)
    make_row(Redemption, channel=channel, coupon=coupons[3], shopper=shopper, amount_minor=100, redeemed_at=now)
    version = make_version()
    recommend(version, shopper, *coupons[:3])
    ShopperInterest.objects.create(
        shopper=shopper, model_version=version, interests=[0.31, 0.84], hidden_state=[], as_of=now
    )
    for week in (1, 2, 3, 9, 10, 30, 31, 50):
        make_row(
            BehaviorEvent, channel=channel, shopper=shopper, kind=EventKind.PURCHASE, value_minor=1000 + week * 100,
            occurred_at=now - timedelta(weeks=week),
        )  # fmt: skip
    return shopper


DRESSES: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"dark": True},
    "zh": {"language": "zh-hans"},
    "phone": {"width": 390},
}


def test_a_shoppers_page_in_every_dress(operator: User, visit: Visit) -> None:
    shopper = _shop()
    path = f"/admin/coupons/shopper/{shopper.pk}/change/"
    page = visit(path, operator)
    expect(page.locator("#interests tbody tr")).to_have_count(2)
    expect(page.locator("#interests tbody tr").first).to_contain_text("0.84")
    expect(page.locator(".cp-rec")).to_have_count(3)
    expect(page.locator(".cp-rec").first).to_contain_text("$1.00 off")
    expect(page.locator(".cp-rec").first).to_contain_text("Because you often shop for yogurt")
    page.locator("#not-shown summary").click()
    expect(page.locator("#not-shown tbody tr")).to_have_text(
        ["Coupon 4What the shopper may useAlready used, 1 per shopper"]
    )
    for name, dress in DRESSES.items():
        dressed = visit(path, operator, **dress)
        expect(dressed.locator(".cp-rec")).to_have_count(3)
        assert fits(dressed), name
        picture(dressed, f"shopper-{name}")


def _epoch(run: TrainingRun, number: int) -> None:
    TrainingEpoch.objects.create(
        run=run, estimator="interest", epoch=number, epochs=5, loss=1 / number, val_loss=1.1 / number, seconds=1
    )


def _stages(*states: str) -> list[dict[str, Any]]:
    names = ("cleaning", "interest", "evaluation")
    return [{"name": name, "status": state, "seconds": 3.0} for name, state in zip(names, states, strict=True)]


def test_train_now_and_watch(operator: User, visit: Visit, redis_clean: None) -> None:
    page = visit("/admin/recommender/trainingrun/train/", operator)
    picture(page, "train-form")
    page.fill("#id_interest__epochs", "5")
    page.get_by_role("button", name="Queue the training").click()
    expect(page.locator("#run-headline")).to_have_text("Waiting for a worker")
    run = TrainingRun.objects.get()
    assert run.config == {"interest": {"epochs": 5}}

    now = timezone.now()
    TrainingRun.objects.update(
        status=RunStatus.RUNNING, started_at=now, heartbeat_at=now, stages=_stages("done", "running", "waiting")
    )
    page.evaluate("window.notReloaded = true")
    _epoch(run, 1)
    _epoch(run, 2)
    expect(page.locator("#run-headline")).to_have_text("Running: Interest model (RNN)", timeout=15_000)
    canvas = page.locator("#run-charts canvas")
    expect(canvas).to_have_count(1)
    expect(canvas).to_have_attribute("role", "img")
    rows = page.locator("#run-charts tbody tr")
    expect(rows).to_have_count(2)
    _epoch(run, 3)
    expect(rows).to_have_count(3, timeout=15_000)
    expect(page.locator("#run-stages li.now")).to_contain_text("epoch 3 of 5")
    picture(page, "run-running")

    report = {"test": {"systems": {"stack": {"auc": 0.9, "ndcg": 0.5}, "popularity": {"auc": 0.7, "ndcg": 0.2}}}}
    TrainingRun.objects.update(
        status=RunStatus.SUCCEEDED, finished_at=timezone.now(), stages=_stages("done", "done", "done"), report=report
    )
    expect(page.locator("#run-headline")).to_have_text("Finished", timeout=15_000)
    expect(page.locator("#evaluation tbody tr")).to_have_count(2)
    expect(rows).to_have_count(3)
    assert page.evaluate("window.notReloaded") is True
    picture(page, "run-finished")


def test_activate_and_roll_back_and_an_outsider(operator: User, visit: Visit) -> None:
    one, two = make_version(1, VersionStatus.CANDIDATE), make_version(2, VersionStatus.CANDIDATE)
    page = visit(f"/admin/recommender/modelversion/{one.pk}/change/", operator)
    _make_live(page, "Make v1 live")
    page.goto(f"/admin/recommender/modelversion/{two.pk}/change/")
    _make_live(page, "Make v2 live")
    expect(page.locator("#version-status")).to_contain_text("Live")
    picture(page, "model-live")
    page.get_by_role("link", name="Roll back to v1").click()
    page.get_by_label("Reason").fill("made up complaint")
    page.get_by_role("button", name="Roll back").click()
    expect(page.locator("#activations tbody tr")).to_have_count(3)
    assert ModelVersion.objects.get(status=VersionStatus.LIVE) == one

    outsider = User.objects.create_user("made-up-outsider", password=PASSWORD, is_staff=True)
    outsider.user_permissions.set(Permission.objects.filter(codename__in=["view_modelversion", "view_trainingrun"]))
    page = visit(f"/admin/recommender/modelversion/{two.pk}/change/", outsider)
    expect(page.get_by_role("link", name="Make v2 live")).to_have_count(0)
    answer = page.goto(f"/admin/recommender/modelversion/{two.pk}/activate/")
    assert answer is not None
    assert answer.status == 403
    assert ModelActivation.objects.count() == 3
    assert ModelVersion.objects.get(status=VersionStatus.LIVE) == one


def _make_live(page: Any, name: str) -> None:
    page.get_by_role("link", name=name).click()
    page.get_by_label("Reason").fill("made up to be better")
    page.get_by_role("button", name="Make it live").click()


def test_home_in_every_dress(operator: User, visit: Visit) -> None:
    _shop()
    for name, dress in DRESSES.items():
        page = visit("/admin/", operator, **dress)
        expect(page.locator("#running tbody tr")).to_have_count(1)
        assert fits(page), name
        picture(page, f"home-{name}")
