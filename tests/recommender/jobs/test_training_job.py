"""A whole training on the made-up journey: what it leaves in the tables and on the disk, and what others read of it."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Model
from django.utils import timezone
from numpy.typing import NDArray

from benchmarks import protocol
from coupons.models import Campaign, Channel, Coupon, CouponGrant, Product, Shopper
from coupons.planner_statistics import analyse
from recommender.artefacts import json_hash, read_manifest
from recommender.enums import EventKind, Fallback, RunStatus, RunTrigger, VersionStatus
from recommender.intent import coupon_lift
from recommender.jobs import precompute
from recommender.jobs.judging import judge_saved, judged_folder
from recommender.jobs.lakes import snapshot_of
from recommender.jobs.precompute import run_popular, run_precompute_shard, shard_ranges
from recommender.jobs.training import ALL_STAGES, run_training
from recommender.live_model import live_model
from recommender.models import (
    BehaviorEvent,
    LiveCandidates,
    ModelActivation,
    ModelVersion,
    PopularCoupon,
    Recommendation,
    ShopperInterest,
    TrainingEpoch,
    TrainingRun,
)
from recommender.pipeline.cleaning import clean
from recommender.pipeline.lake import SCHEMAS, Lake
from recommender.pipeline.publish_live import publish_live_candidates
from recommender.pipeline.scoring import evaluate_bundle
from recommender.pipeline.splits import Part
from recommender.registry import load_bundle
from recommender.selectors import Freshness, Source, recommend_for
from recommender.selectors.activity import read_context
from recommender.selectors.live import category_numbers, interest_move
from recommender.selectors.slate import MAX_LIMIT
from recommender.services import EventStatus, record_events, request_training
from tests.made_up_database import SMALL, load_made_up_journey

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@dataclass
class Trained:
    """What the module's one training made."""

    version: int
    run: int
    weeks: int
    source: Path
    said: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return Path(settings.MODEL_DIR) / ModelVersion.objects.get(pk=self.version).path


@pytest.fixture(scope="module")
def trained(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trained]:
    """Committed, since the pipeline reads by a connection of its own; the module's tests roll back what they change."""
    with django_db_blocker.unblock():
        folder = tmp_path_factory.mktemp("made-up")
        manifest = load_made_up_journey(folder)
        move = timedelta(weeks=manifest.shift_weeks)
        split = {
            "validation_from": (date(2017, 8, 8) + move).isoformat(),
            "test_from": (date(2017, 10, 1) + move).isoformat(),
        }
        run = request_training(config={**SMALL, "split": split}, trigger=RunTrigger.COMMAND, enqueue=False)
        said: list[str] = []
        version = run_training(run.pk, say=said.append)
        assert version is not None
    yield Trained(version.pk, run.pk, manifest.shift_weeks, folder / "journey", said)
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)


def test_the_run_tells_its_whole_story(trained: Trained) -> None:
    run = TrainingRun.objects.get(pk=trained.run)
    assert (run.status, run.error, run.cancel_requested) == (RunStatus.SUCCEEDED, "", False)
    assert [stage["name"] for stage in run.stages] == list(ALL_STAGES)
    assert {stage["status"] for stage in run.stages} == {"done"}
    assert all(stage["seconds"] >= 0 for stage in run.stages)
    assert run.started_at and run.finished_at and run.heartbeat_at
    assert run.started_at < run.finished_at
    assert run.peak_memory_mb and 100 < run.peak_memory_mb < 3000
    assert run.cleaning_report["rows_in"] >= run.cleaning_report["rows_out"] > 0
    assert set(run.report["metrics"]) >= {"stack", "interaction", "literal", "boosting", "als", "popularity"}
    assert len(run.report["curves"]["roc"]) > 2
    assert all(len(point) == 2 for point in run.report["curves"]["reliability"])
    assert all(len(point) == 3 for point in run.report["curves"]["cut_offs"])
    assert sorted(row["feature"] for row in run.report["importance"]) == sorted(run.report["features"])
    assert run.report["importance"][0]["shap"] == max(row["shap"] for row in run.report["importance"]) > 0


def test_every_epoch_was_written_while_it_trained(trained: Trained) -> None:
    epochs = TrainingEpoch.objects.filter(run=trained.run)
    interest = [epoch for epoch in epochs if epoch.estimator.startswith("interest to")]
    assert [epoch.epoch for epoch in interest] == [1, 2, 1, 2]
    assert {epoch.epochs for epoch in interest} == {2}
    assert all(epoch.loss > 0 and epoch.seconds > 0 for epoch in epochs)
    lines = [line for line in trained.said if "epoch" in line and "loss" in line]
    assert len(lines) == epochs.count()
    assert lines[0].split()[0] == "encoder"


def test_the_first_model_is_live_with_its_figures(trained: Trained) -> None:
    version = ModelVersion.objects.get(pk=trained.version)
    assert (version.status, version.verdict) == (VersionStatus.LIVE, {"code": "first"})
    assert ModelActivation.objects.get().previous is None
    stack = version.metrics["stack"]
    assert stack["ndcg_10"]["low"] <= stack["ndcg_10"]["value"] <= stack["ndcg_10"]["high"]
    assert stack["auc"]["value"] > 0.7  # the planted taste is found
    assert version.data_from and version.data_to and version.data_from < version.data_to


def test_the_artefact_is_whole_and_named_by_its_row(trained: Trained) -> None:
    version = ModelVersion.objects.get(pk=trained.version)
    manifest = read_manifest(trained.folder)
    assert manifest["number"] == version.number
    assert manifest["config"] == version.config
    assert manifest["run"] == str(TrainingRun.objects.get(pk=trained.run).uid)
    assert manifest["metrics"] == version.metrics
    assert not list(trained.folder.parent.glob(".v*"))
    names = {path.name for path in trained.folder.rglob("*") if path.is_file()}
    assert not any(name.endswith((".pkl", ".pickle", ".joblib")) for name in names)
    assert any(name.endswith(".keras") for name in names)


def test_everybody_got_a_slate_of_what_runs_now(trained: Trained) -> None:
    rows = Recommendation.objects.filter(model_version=trained.version)
    assert set(rows.values_list("shopper", flat=True)) == set(Shopper.objects.values_list("pk", flat=True))
    running = Campaign.objects.filter(starts_at__lte=timezone.now(), ends_at__gt=timezone.now())
    assert set(rows.values_list("coupon__campaign", flat=True)) <= set(running.values_list("pk", flat=True))
    assert rows.filter(reason__code="").count() == 0
    slates = {shopper: tuple(slate_of(shopper)) for shopper in Shopper.objects.values_list("pk", flat=True)}
    assert len(set(slates.values())) > 10
    assert ShopperInterest.objects.filter(model_version=trained.version).count() == 40
    assert PopularCoupon.objects.filter(model_version=trained.version).exists()


def slate_of(shopper: int) -> list[int]:
    return list(Recommendation.objects.filter(shopper=shopper).order_by("rank").values_list("coupon", flat=True))


def test_the_read_path_serves_what_was_published(trained: Trained) -> None:
    shopper = Shopper.objects.order_by("pk")[3]
    slate = recommend_for(channel=shopper.channel, shopper_external_id=shopper.external_id, now=timezone.now(), limit=5)
    assert [item.coupon.pk for item in slate.items] == slate_of(shopper.pk)[:5]
    assert {item.source.value for item in slate.items} == {"personal"}


def test_with_nothing_new_the_live_score_is_the_published_one(trained: Trained) -> None:
    """The published state lies in the middle of its last day: taking that day again must end where it was."""
    shopper = Shopper.objects.order_by("pk")[3]
    context = read_context(channel=shopper.channel, shopper_external_id=shopper.external_id, now=timezone.now())
    version = ModelVersion.objects.get(pk=trained.version)
    move = interest_move(live_model(version.pk, version.path), context.published_state, context.acts)
    assert not move.changed
    slate = recommend_for(channel=shopper.channel, shopper_external_id=shopper.external_id, now=timezone.now())
    rows = Recommendation.objects.filter(shopper=shopper).order_by("rank")
    assert [(item.coupon.pk, item.score) for item in slate.items] == list(rows.values_list("coupon", "score"))
    assert slate.freshness is Freshness.PUBLISHED


def test_what_a_shopper_does_changes_the_next_answer_as_a_recomputation_would(trained: Trained, tmp_path: Path) -> None:
    """Several events of today: interest and scores are the pipeline's, and a computation moves nothing again.

    What events change of the products' features waits for the next computation.
    """
    version = ModelVersion.objects.get(pk=trained.version)
    shopper = Shopper.objects.order_by("pk")[3]
    now = timezone.now()
    state = LiveCandidates.objects.get(shopper=shopper, model_version=version)
    acts = [(product, kind) for product in Product.objects.order_by("-pk")[:3] for kind in ("view", "click", "cart")]
    items = [
        {"event_id": f"live-{n}", "shopper": shopper.external_id, "kind": kind, "product": product.external_id}
        for n, (product, kind) in enumerate(acts)
    ]
    assert state.as_of.date() == now.date(), "run over midnight"
    results = record_events(channel=shopper.channel, items=items, now=now)
    assert {result.status for result in results} == {EventStatus.ACCEPTED}
    later = timezone.now()
    context = read_context(channel=shopper.channel, shopper_external_id=shopper.external_id, now=later)
    model = live_model(version.pk, version.path)
    move = interest_move(model, context.published_state, context.acts)
    bundle = precompute._bundle(version)
    lake = with_events(precompute._clean_lake(bundle, now), shopper, tmp_path / "events.parquet")
    scored = precompute._score(bundle, lake, shopper.channel, [shopper.pk], later)
    assert scored.interest is not None and scored.live is not None
    np.testing.assert_allclose(move.after, scored.interest.interests[0], atol=1e-5)
    assert np.abs(move.after - move.before).max() > 1e-3
    assert np.all(move.after >= move.before)
    slate = recommend_for(channel=shopper.channel, shopper_external_id=shopper.external_id, now=later, limit=MAX_LIMIT)
    assert slate.freshness is Freshness.LIVE
    was = precompute._score(bundle, precompute._clean_lake(bundle, now), shopper.channel, [shopper.pk], now)
    assert bundle.stack is not None
    coverage = scored.live.coverage[np.searchsorted(scored.live.coupons, was.coupon)]
    lift = coupon_lift(move.before, move.after, coverage)
    assert lift.max() > 0.1
    expected = dict(zip(was.coupon.tolist(), bundle.stack.predict(was.parts, lift).tolist(), strict=True))
    found = {item.coupon.pk: item.score for item in slate.items if item.source is Source.PERSONAL}
    assert len(found) > 3
    for coupon, score in found.items():
        assert score == pytest.approx(expected[coupon], abs=1e-6)
    summed = bundle.stack.predict(scored.parts, in_order(was.coupon, lift, scored.coupon))
    np.testing.assert_allclose(scored.score, summed, atol=1e-6)
    publish_live_candidates(version_id=version.pk, scored=scored, now=later)
    context = read_context(channel=shopper.channel, shopper_external_id=shopper.external_id, now=later)
    again = interest_move(model, context.published_state, context.acts)
    assert not again.changed
    np.testing.assert_allclose(again.after, move.after, atol=1e-5)


def in_order(coupons: NDArray[Any], lift: NDArray[Any], wanted: NDArray[Any]) -> NDArray[Any]:
    """`lift` of `coupons` in the order `wanted`."""
    known = dict(zip(coupons.tolist(), lift.tolist(), strict=True))
    return np.array([known[coupon] for coupon in wanted.tolist()])


def test_what_is_bought_takes_the_state_on_and_ends_the_intent(trained: Trained, tmp_path: Path) -> None:
    """A look and a purchase of one category, a look at another one: one step of what was bought, one open intent."""
    version = ModelVersion.objects.get(pk=trained.version)
    shopper = Shopper.objects.order_by("pk")[4]
    now = timezone.now()
    one = Product.objects.filter(category__isnull=False).order_by("pk")[0]
    other = Product.objects.exclude(category=one.category).filter(category__isnull=False).order_by("pk")[0]
    items: list[dict[str, Any]] = [
        {"event_id": f"b-{n}", "shopper": shopper.external_id, "kind": kind, "product": product.external_id}
        for n, (kind, product) in enumerate([("cart", one), ("purchase", one), ("view", other)])
    ]
    items[1] |= {"quantity": 1, "value_minor": 399}
    results = record_events(channel=shopper.channel, items=items, now=now)
    assert {result.status for result in results} == {EventStatus.ACCEPTED}
    later = timezone.now()
    context = read_context(channel=shopper.channel, shopper_external_id=shopper.external_id, now=later)
    model = live_model(version.pk, version.path)
    move = interest_move(model, context.published_state, context.acts)
    bundle = precompute._bundle(version)
    lake = with_events(precompute._clean_lake(bundle, now), shopper, tmp_path / "events.parquet")
    scored = precompute._score(bundle, lake, shopper.channel, [shopper.pk], later)
    assert scored.interest is not None
    np.testing.assert_allclose(move.after, scored.interest.interests[0], atol=1e-5)
    assert other.category_id is not None
    raised = np.flatnonzero(move.after > move.recurrent[1])
    assert raised.tolist() == [category_numbers(model, set())[other.category_id]]
    assert np.abs(move.recurrent[1] - move.recurrent[0]).max() > 1e-3


def with_events(lake: Lake, shopper: Shopper, file: Path) -> Lake:
    """The lake with the shopper's events of this transaction, which the pipeline's own connection cannot see."""
    held = [
        {"event_id": str(row.event_key), "kind": EventKind(row.kind).slug}
        | {name: getattr(row, name, None) for name in SCHEMAS["events"].names if name not in {"event_id", "kind"}}
        for row in BehaviorEvent.objects.filter(shopper=shopper)
    ]
    pq.write_table(pa.Table.from_pylist(held, SCHEMAS["events"]), file)
    others = lake.events.filter(lake.events["shopper_id"] != shopper.pk)
    added = lake.connection.read_parquet(str(file)).select(*others.columns).cast(dict(others.schema().items()))
    return lake.with_tables(events=lake.hold(others.union(added)))


def test_a_new_shopper_gets_personal_answers_after_the_first_events(trained: Trained) -> None:
    channel, now = Channel.objects.get(), timezone.now()
    before = recommend_for(channel=channel, shopper_external_id="new", now=now)
    assert (before.fallback, before.freshness) == (Fallback.UNKNOWN_SHOPPER, Freshness.NONE)
    covered = Product.objects.filter(coupontarget__coupon=before.items[-1].coupon).first()
    items = [
        {
            "event_id": f"new-{n}",
            "shopper": "new",
            "kind": "cart",
            "product": (covered or Product.objects.all()[0]).external_id,
        }
        for n in range(3)
    ]
    record_events(channel=channel, items=items, now=now)
    after = recommend_for(channel=channel, shopper_external_id="new", now=timezone.now())
    assert (after.fallback, after.freshness) == (Fallback.NONE, Freshness.LIVE)
    assert {item.source for item in after.items} == {Source.PERSONAL}
    assert all(item.score is not None and 0 < item.score < 1 for item in after.items)
    assert not Recommendation.objects.filter(shopper__external_id="new").exists()


def test_without_its_files_a_live_model_costs_the_freshness_and_nothing_else(
    trained: Trained, settings: Any, tmp_path: Path
) -> None:
    shopper = Shopper.objects.order_by("pk")[3]
    product = Product.objects.order_by("-pk")[0]
    for name in (shopper.external_id, "newcomer"):
        item = {"event_id": f"f-{name}", "shopper": name, "kind": "cart", "product": product.external_id}
        record_events(channel=shopper.channel, items=[item], now=timezone.now())
    settings.MODEL_DIR = tmp_path
    slate = recommend_for(channel=shopper.channel, shopper_external_id=shopper.external_id, now=timezone.now(), limit=5)
    assert [item.coupon.pk for item in slate.items] == slate_of(shopper.pk)[:5]
    assert (slate.freshness, slate.fallback) == (Freshness.STALE, Fallback.NONE)
    unknown = recommend_for(channel=shopper.channel, shopper_external_id="newcomer", now=timezone.now(), limit=5)
    assert (unknown.freshness, unknown.fallback) == (Freshness.STALE, Fallback.MODEL_UNAVAILABLE)
    assert {item.source for item in unknown.items} == {Source.POPULAR}


def test_a_shard_that_runs_again_gives_the_same_rows(trained: Trained) -> None:
    fields = ("shopper", "coupon", "rank", "score", "propensity", "reason")
    before = list(Recommendation.objects.order_by("shopper", "rank").values_list(*fields))
    popular = list(PopularCoupon.objects.order_by("rank").values_list("coupon", "rank"))
    Recommendation.objects.filter(rank__gt=4).delete()
    shoppers = sum(
        run_precompute_shard(version_id=trained.version, first_id=first, last_id=last, now=timezone.now())
        for first, last in shard_ranges()
    )
    assert shoppers == 40
    after = list(Recommendation.objects.order_by("shopper", "rank").values_list(*fields))
    assert [row[:3] for row in after] == [row[:3] for row in before]
    assert np.allclose([row[3] for row in after], [row[3] for row in before], atol=1e-6)
    assert run_popular(version_id=trained.version, now=timezone.now()) == len(popular)
    assert list(PopularCoupon.objects.order_by("rank").values_list("coupon", "rank")) == popular


def test_the_planner_knows_what_a_shard_has_published(trained: Trained) -> None:
    """Without it pages that join slates to shoppers are planned for an empty table until autovacuum comes by."""
    Recommendation.objects.all().delete()
    analyse(Recommendation)
    assert planned_rows(Recommendation) == 0
    for first, last in shard_ranges():
        run_precompute_shard(version_id=trained.version, first_id=first, last_id=last, now=timezone.now())
    assert planned_rows(Recommendation) == Recommendation.objects.count() > 0


def planned_rows(model: type[Model]) -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [model._meta.db_table])
        (rows,) = cursor.fetchone()
    return float(rows)


def test_who_is_not_personalised_gets_no_slate(trained: Trained) -> None:
    shopper = Shopper.objects.order_by("pk")[0]
    Shopper.objects.filter(pk=shopper.pk).update(personalised=False)
    Recommendation.objects.all().delete()
    for first, last in shard_ranges():
        run_precompute_shard(version_id=trained.version, first_id=first, last_id=last, now=timezone.now())
    assert Recommendation.objects.values("shopper").distinct().count() == 39
    assert not Recommendation.objects.filter(shopper=shopper).exists()


def test_a_shard_of_a_version_that_is_gone_does_nothing(trained: Trained) -> None:
    assert run_precompute_shard(version_id=10**9, first_id=0, last_id=10**9, now=timezone.now()) == 0


def test_what_a_shopper_may_not_use_is_not_computed(trained: Trained) -> None:
    best = Coupon.objects.get(pk=slate_of(Shopper.objects.order_by("pk")[0].pk)[0])
    Coupon.objects.filter(pk=best.pk).update(trigger="granted")
    holder = Shopper.objects.order_by("pk")[0]
    CouponGrant.objects.create(coupon=best, shopper=holder, source="operator")
    for first, last in shard_ranges():
        run_precompute_shard(version_id=trained.version, first_id=first, last_id=last, now=timezone.now())
    assert list(Recommendation.objects.filter(coupon=best).values_list("shopper", flat=True)) == [holder.pk]


def test_evaluate_model_repeats_the_figures_of_the_training(trained: Trained, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    out = StringIO()
    call_command("evaluate_model", "--model-path", str(trained.folder), "--json", str(file), stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[1].startswith(f"judged: {trained.folder.name}-judged, ")
    assert {"stack", "popularity", "boosting", "interaction", "literal", "als"} <= {
        line.split()[0] for line in lines[3:]
    }
    report = json.loads(file.read_text())
    stored = ModelVersion.objects.get(pk=trained.version).metrics
    # sums of features are added up in another order, so scores that are equal but for a rounding may change places
    for system in ("stack", "popularity", "boosting"):
        assert report["systems"][system]["auc"] == pytest.approx(value(stored[system]["auc"]), abs=5e-4)
        assert report["systems"][system]["ndcg"] == pytest.approx(value(stored[system]["ndcg_10"]), abs=5e-4)
        assert report["systems"][system]["f1"] == pytest.approx(value(stored[system]["f1"]), abs=5e-4)


def test_a_model_from_before_a_part_was_added_is_judged_by_those_it_has(trained: Trained) -> None:
    manifest = read_manifest(trained.folder)
    lake = snapshot_of(manifest, now=timezone.now())
    part = Part(tuple(manifest["split"]["test"]), None)
    bundle = load_bundle(judged_folder(trained.folder))
    now, _ = evaluate_bundle(bundle, clean(lake, bundle.config.cleaning).lake, part)
    bundle = replace(bundle, arrays={**bundle.arrays, "thresholds": bundle.arrays["thresholds"][:-1]})
    before, scored = evaluate_bundle(bundle, clean(lake, bundle.config.cleaning).lake, part)
    assert list(before["systems"]) == list(now["systems"])[:-1] == list(scored.scores)
    assert before["systems"]["stack"] == now["systems"]["stack"]


def value(measure: Any) -> float:
    return float(measure["value"] if isinstance(measure, dict) else measure)


def test_the_fixed_protocol_gives_the_same_figures(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    """benchmarks/protocol.py knows nothing of this code: it reads the data set's own files."""
    monkeypatch.setenv("CJ_DATA", str(trained.source))
    pd.DataFrame({"household_id": []}).to_parquet(trained.source / "demographics.parquet")  # read there, unused
    data = protocol.load()
    manifest = read_manifest(trained.folder)
    lake = snapshot_of(manifest, now=timezone.now())
    report, scored = judge_saved(trained.folder, lake, manifest["split"]["test"])
    shoppers = dict(Shopper.objects.values_list("pk", "external_id"))
    coupons = {pk: (campaign, upc) for pk, campaign, upc in Coupon.objects.values_list(
        "pk", "campaign__external_id", "external_id")}  # fmt: skip
    scores = pd.DataFrame(
        {
            "household_id": [int(shoppers[shopper]) for shopper in scored.shopper.tolist()],
            "campaign_id": [int(coupons[coupon][0]) for coupon in scored.coupon.tolist()],
            "coupon_upc": [int(coupons[coupon][1]) for coupon in scored.coupon.tolist()],
            "score": scored.scores["stack"],
        }
    )
    theirs: dict[str, Any] = {}
    protocol._block(protocol._align(scores, protocol.truth(data, "test")), "", theirs, 0, 10, 0)  # type: ignore[no-untyped-call]
    ours = report["systems"]["stack"]
    assert (theirs["n"], theirs["pos"], theirs["groups"]) == (report["candidates"], report["positives"], ours["lists"])
    assert theirs["auc"] == pytest.approx(ours["auc"], abs=1e-12)
    assert theirs["pr_auc"] == pytest.approx(ours["pr_auc"], abs=1e-12)
    for name in ("ndcg", "map", "recall", "hit", "mrr"):
        assert theirs[name] == pytest.approx(ours[name], abs=0.01), name  # equal scores are ordered by chance


def test_a_corrupt_artefact_is_refused_by_name(trained: Trained, tmp_path: Path) -> None:
    for folder in (trained.folder, trained.folder.with_name(f"{trained.folder.name}-judged")):
        shutil.copytree(folder, tmp_path / folder.name)
    broken = tmp_path / trained.folder.name
    (broken.with_name(f"{broken.name}-judged") / "vocabulary.json").write_text("{}")
    with pytest.raises(CommandError, match=r"the model is refused: .*-judged/vocabulary\.json: has sha256"):
        call_command("evaluate_model", "--model-path", str(broken))
    (broken / "manifest.json").write_text("{")
    with pytest.raises(CommandError, match=r"the model is refused: .*/manifest\.json: is not JSON"):
        call_command("evaluate_model", "--model-path", str(broken))
    with pytest.raises(CommandError, match="--model-path: nowhere is no folder"):
        call_command("evaluate_model", "--model-path", "nowhere")


def test_a_corrupt_artefact_leaves_the_published_slates(trained: Trained, settings: Any, tmp_path: Path) -> None:
    broken = tmp_path / trained.folder.name
    shutil.copytree(trained.folder, broken)
    (broken / "vocabulary.json").write_text("{}")
    settings.MODEL_DIR = tmp_path
    precompute._load.cache_clear()
    before = Recommendation.objects.count()
    with pytest.raises(CommandError, match=r"v\d+ is refused: .*vocabulary\.json"):
        call_command("precompute")
    assert Recommendation.objects.count() == before > 0


def test_commands_with_if_missing_find_everything_there(trained: Trained) -> None:
    out = StringIO()
    call_command("train_model", "--if-missing", stdout=out)
    call_command("precompute", "--if-missing", stdout=out)
    number = ModelVersion.objects.get(pk=trained.version).number
    assert out.getvalue().splitlines() == [
        f"v{number} is live: nothing to train.",
        f"The recommendations of v{number} are there.",
    ]
    PopularCoupon.objects.all().delete()
    out = StringIO()
    call_command("precompute", "--if-missing", stdout=out)
    assert out.getvalue().splitlines()[-1] == f"v{number}: recommendations of 40 shoppers."


def test_the_vocabulary_is_the_manifests(trained: Trained) -> None:
    content = json.loads((trained.folder / "vocabulary.json").read_text())
    assert json_hash(content) == read_manifest(trained.folder)["vocabulary_hash"]
