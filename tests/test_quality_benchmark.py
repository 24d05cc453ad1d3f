"""The quality benchmark's own promises, without running it: names, ablations, tables."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks import protocol
from benchmarks.quality import __main__ as command
from benchmarks.quality import cold, measures, tables
from benchmarks.quality.ablations import ABLATIONS
from benchmarks.quality.journey import protocol_config
from benchmarks.quality.systems import SEEDS, SYSTEMS, run_name
from recommender.config import TrainingConfig


def test_every_ablation_changes_only_what_it_names() -> None:
    plain = protocol_config().to_dict()
    for name, overrides in ABLATIONS.items():
        changed = protocol_config().with_overrides(*overrides).to_dict()
        differ = {
            f"{stage}.{key}"
            for stage, settings in changed.items()
            if isinstance(settings, dict)
            for key, value in settings.items()
            if value != plain[stage][key]
        }
        assert differ == {override.partition("=")[0] for override in overrides}, name
        assert SYSTEMS[name].group == "ablation"


def test_the_first_seed_is_the_one_that_a_shop_trains_with() -> None:
    assert SEEDS[0] == TrainingConfig().seed
    assert len(set(SEEDS)) == 3


def test_systems_limit_the_run_and_parts_come_with_the_stack() -> None:
    assert [system.name for system in command._chosen("lightgbm,content_share")] == ["content_share", "lightgbm"]
    with_parts = {system.name for system in command._chosen("stack")}
    assert with_parts == {"stack", *[system.name for system in SYSTEMS.values() if system.group == "part"]}
    assert {run_name(name) for name in with_parts} == {"stack"}
    assert len(command._chosen("")) == len(SYSTEMS)
    with pytest.raises(SystemExit, match="no system lstmm; there are stack,"):
        command._chosen("lstmm")


def test_the_stack_and_its_ablations_share_a_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = [SYSTEMS[name] for name in ("stack", "part_als", "without_rnn", "als", "lightgbm")]
    one, other = SEEDS[:2]
    assert command._jobs(chosen, 2, keep=False) == [
        (["stack", "without_rnn"], one),
        (["stack", "without_rnn"], other),
        (["als"], one),
        (["als"], other),
        (["lightgbm"], one),
    ]
    monkeypatch.setattr("benchmarks.quality.one.RAW", tmp_path)
    (tmp_path / f"stack-{other}.json").write_text("{}")
    (tmp_path / f"als-{one}.json").write_text("{}")
    assert command._jobs(chosen, 2, keep=True) == [
        (["stack", "without_rnn"], one),
        (["without_rnn"], other),
        (["als"], other),
        (["lightgbm"], one),
    ]


def _found(ndcg: float, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys((*measures.METRICS, *measures.AT_THRESHOLD), ndcg)
    found["intervals"] = {metric: [ndcg - 0.1, ndcg + 0.1] for metric in measures.METRICS}
    return found | {"over_seeds": {"ndcg": [ndcg, ndcg + 0.02]}} | more


def test_the_report_says_what_was_measured() -> None:
    cost = {"features_seconds": 60.0, "fit_seconds": 12.4, "score_seconds": 1.26, "peak_memory_mb": 2345}
    hidden: dict[str, Any] = dict.fromkeys(tables.SUBSET_METRICS, 0.125)
    hidden["intervals"] = {metric: [0.1, 0.15] for metric in tables.SUBSET_METRICS}
    result = {
        "candidates": 1000,
        "positives": 10,
        "lists": 5,
        "seeds": 2,
        "seconds": 1230,
        "machine": {"cores": 2, "load_average": 0.5},
        "systems": {"stack": _found(0.5, ece=0.00123, log_loss=0.01, cost=cost), "content_share": _found(0.25)},
        "differences": {"stack - content_share": {m: [0.25, 0.2, 0.3] for m in measures.COMPARED}},
        "differences_over_seeds": {"stack - content_share": {m: [0.125, -0.2, 0.3] for m in measures.COMPARED}},
        "cold": {"stack": {name: {"candidates": 7, "positives": 1} for name in cold.MEANING}},
        "hidden": {"stack": hidden},
    }
    text = tables.report(result)
    assert "| the stack, as the demo trains it | 0.500 [0.400, 0.600] |" in text
    assert "0.510 (0.500 to 0.520, 2 seeds)" in text
    assert "accuracy of 0.9900" in text
    assert "all runs together took 20 minutes" in text
    assert "| 0.0012 |" in text
    assert "| the stack, as the demo trains it | 60 | 12 | 1.3 | 2,345 |" in text
    assert "**+0.250 [+0.200, +0.300]**" in text
    assert "Paired differences, mean over seeds" in text
    assert "| +0.125 [-0.200, +0.300] |" in text
    assert "| the stack, history hidden | 0.125 [0.100, 0.150] |" in text
    assert "| new coupon | the stack, as the demo trains it | 7 | 1 | too few |" in text


def test_differences_of_one_run_each_are_the_protocols_and_of_several_their_mean(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(1)
    truth = pd.DataFrame({"household_id": np.repeat(range(40), 20), "campaign_id": 18, "coupon_upc": [*range(20)] * 40})
    truth["campaign_id"] = np.where(truth.coupon_upc < 10, 18, 16)
    truth["label"] = (truth.coupon_upc % 10 == truth.household_id % 10).astype(int)
    monkeypatch.setattr(measures, "truth", lambda: truth)
    monkeypatch.setattr(protocol, "truth", lambda _data, _which: truth)
    monkeypatch.setattr(protocol, "cold_coupons", lambda _data, _which: set(range(20)))
    monkeypatch.setattr(measures, "journey_tables", object)
    good, better, poor = (
        truth.drop(columns="label").assign(score=truth.label * strength + rng.random(len(truth)))
        for strength in (0.5, 0.8, 0.1)
    )
    of_one = measures.difference(good, poor)
    assert measures.difference_over_seeds([good], [poor]) == {
        name: pytest.approx(of_one[name]) for name in measures.COMPARED
    }
    of_two, other = measures.difference_over_seeds([good, better], [poor]), measures.difference(better, poor)
    for name in measures.COMPARED:
        assert of_two[name][0] == pytest.approx((of_one[name][0] + other[name][0]) / 2)


def test_subsets_are_measured_on_their_own_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    truth = pd.DataFrame({"household_id": np.repeat(range(20), 10), "campaign_id": 16, "coupon_upc": [*range(10)] * 20})
    truth["label"] = (truth.coupon_upc == truth.household_id % 10).astype(int)
    monkeypatch.setattr(measures, "truth", lambda: truth)
    mask = (truth.household_id < 10).to_numpy()
    scores = truth.drop(columns="label").assign(score=np.where(mask, truth.label, rng.random(len(truth))))
    found = measures.on_subsets(scores, {"half": mask, "few": (truth.household_id < 2).to_numpy()})
    assert (found["half"]["auc"], found["half"]["ndcg"], found["half"]["positives"]) == (1, 1, 10)
    assert found["few"] == {"candidates": 20, "positives": 2}
