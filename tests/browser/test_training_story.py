"""A data scientist's story: start a training in the admin, watch it to its end, roll back, make it live again.

The training is a real one, on a real worker, of a made-up shop; no figure of it is a result.
"""

import subprocess
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from recommender import services
from recommender.enums import RunStatus, VersionStatus
from recommender.models import ModelVersion, TrainingEpoch, TrainingRun
from tests.browser.conftest import Visit, picture
from tests.made_up_database import SMALL, load_made_up_journey
from tests.made_up_shop import make_version

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PATIENCE = 240_000
"""Milliseconds that a training of the made-up shop may take on a busy machine."""


def test_train_watch_roll_back_and_make_live(
    operator: User, visit: Visit, celery_worker_process: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    load_made_up_journey(tmp_path)
    first = make_version(1, VersionStatus.CANDIDATE)
    services.activate_model(version=first, reason="made up", refresh=False)
    page = visit("/admin/recommender/trainingrun/train/", operator)
    _fill_small(page)
    page.get_by_role("button", name="Queue the training").click()
    page.evaluate("window.notReloaded = true")
    expect(page.locator("#run-stages li.done").first).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#run-charts canvas").first).to_be_visible(timeout=PATIENCE)  # epochs arrive while it trains
    picture(page, "story-running")
    expect(page.locator("#run-headline")).to_have_text("Finished: v2", timeout=PATIENCE)
    assert page.evaluate("window.notReloaded") is True
    run = TrainingRun.objects.get()
    assert (run.status, run.config["interest"]) == (RunStatus.SUCCEEDED, SMALL["interest"])
    assert TrainingEpoch.objects.filter(run=run).count() > 5
    _move_the_cut_off(page)
    picture(page, "story-finished")

    second = ModelVersion.objects.get(number=2)
    page.goto(f"/admin/recommender/modelversion/{second.pk}/change/")
    expect(page.locator("#version-status")).to_contain_text("Live")  # v1 has no files: nothing to be judged beside
    page.get_by_role("link", name="Roll back to v1").click()
    page.get_by_label("Reason").fill("made up complaint")
    page.get_by_role("button", name="Roll back").click()
    assert ModelVersion.objects.get(status=VersionStatus.LIVE) == first

    page.goto(f"/admin/recommender/modelversion/{second.pk}/activate/")
    expect(page.locator("#gates li")).to_have_count(4)
    picture(page, "story-gates")
    page.get_by_label("Reason").fill("made up to be better")
    page.get_by_role("button", name="Make it live").click()
    expect(page.locator("#version-status")).to_contain_text("Live")
    assert ModelVersion.objects.get(status=VersionStatus.LIVE) == second


def _fill_small(page: Page) -> None:
    """The settings that make a training of the made-up shop short, typed into the form."""
    page.evaluate("document.querySelectorAll('.cp-stage').forEach((stage) => { stage.open = true; })")
    page.fill("#id_seed", str(SMALL["seed"]))
    for stage, settings in SMALL.items():
        if isinstance(settings, dict):
            for name, value in settings.items():
                page.fill(f"#id_{stage}__{name}", str(value))
    page.uncheck("#id_split__refit")


def _move_the_cut_off(page: Page) -> None:
    """The slider moves the counts and the point on the ROC curve together; counts always add up."""
    cells = page.locator("#cut-off .cp-cut tbody td b")
    expect(cells).to_have_count(4, timeout=PATIENCE)  # the finished parts come after the headline
    before = cells.all_inner_texts()
    slider = page.locator("#cut-range")
    slider.focus()
    slider.press("End")
    after = cells.all_inner_texts()
    assert after != before
    assert _total(after[:2]) == _total(before[:2])
    assert _total(after[2:]) == _total(before[2:])
    assert after[1] == "0"  # the lowest cut-off shows every pair, so no used one is missed
    point = page.evaluate(
        "document.querySelector('canvas[data-cp-chart=chart-roc]').cpChart.data.datasets.at(-1).data[0]"
    )
    assert point == {"x": 1, "y": 1}


def _total(texts: list[str]) -> int:
    return sum(int(text.replace(",", "")) for text in texts)
