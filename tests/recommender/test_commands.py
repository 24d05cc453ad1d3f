"""The commands of a data scientist that need no training: lists, activation, a shopper's table, keys."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from coupons.key_cache import hash_key
from coupons.models import ApiKey, Channel
from recommender.artefacts import new_artefact
from recommender.enums import VersionStatus
from recommender.models import Impression, ModelActivation, ModelVersion
from tests.made_up_shop import make_campaign, make_channel, make_coupons, make_shopper, make_version, recommend

pytestmark = pytest.mark.django_db


def run(name: str, *arguments: Any, **options: Any) -> list[str]:
    output = StringIO()
    call_command(name, *arguments, stdout=output, **options)
    return output.getvalue().splitlines()


@pytest.fixture
def channel() -> Channel:
    return make_channel()


class TestRecommend:
    def test_it_shows_what_the_api_would_answer_and_logs_nothing(self, channel: Channel) -> None:
        coupons = make_coupons(make_campaign(channel, now=timezone.now()), 2)
        recommend(make_version(4), make_shopper(channel, "ann"), coupons[1])
        lines = run("recommend", "ann")
        assert lines[0] == "shopper ann, v4"
        assert [line.split()[:3] for line in lines[2:]] == [["1", "0.9000", "2"], ["2", "-", "1"]]
        assert lines[2].endswith("Because you often shop for yogurt")
        assert Impression.objects.count() == 0

    def test_it_says_why_it_falls_back(self, channel: Channel) -> None:
        make_coupons(make_campaign(channel, now=timezone.now()), 1)
        assert run("recommend", "nobody")[0] == "shopper nobody, no model, fallback: unknown_shopper"

    def test_it_says_that_nothing_is_eligible(self, channel: Channel) -> None:
        assert run("recommend", "nobody")[1] == "no coupon is eligible now"

    def test_an_id_of_two_channels_needs_the_channel(self, channel: Channel) -> None:
        other = make_channel("other")
        make_shopper(channel, "ann"), make_shopper(other, "ann")
        with pytest.raises(CommandError, match="--channel: name one of made-up, other"):
            run("recommend", "ann")
        assert run("recommend", "ann", "--channel", "other")[0] == "shopper ann, no model, fallback: no_model"

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [(["--limit", "0"], "--limit: 0 is below 1"), (["--channel", "x"], "--channel: 'x' does not exist")],
    )
    def test_a_wrong_argument_is_named(self, channel: Channel, arguments: list[str], message: str) -> None:
        with pytest.raises(CommandError, match=message):
            run("recommend", "ann", *arguments)


class TestModels:
    def test_without_models_it_says_how_to_get_one(self) -> None:
        assert run("list_models") == ["No model yet: train one with `manage.py train_model`."]

    def test_the_newest_is_first_and_the_live_one_marked(self) -> None:
        metrics = {"stack": {"auc": {"value": 0.81234, "low": 0.8, "high": 0.82}, "ndcg_10": 0.4}}
        ModelVersion.objects.filter(pk=make_version(1).pk).update(metrics=metrics, verdict={"code": "first"})
        make_version(2, VersionStatus.CANDIDATE)
        _head, second, first = run("list_models")
        assert second.split()[:2] == ["v2", "candidate"]
        assert second.endswith("-        -")
        assert first.split()[:3] == [">", "v1", "live"]
        assert first.endswith("0.8123   0.4000  Activated: no model was live.")

    @pytest.fixture
    def artefact(self, tmp_path: Path, settings: Any) -> Path:
        settings.MODEL_DIR = tmp_path
        with new_artefact(tmp_path / "v0002", {"number": 2}) as draft:
            (draft / "vocabulary.json").write_text(json.dumps({"categories": []}))
        return tmp_path / "v0002"

    @pytest.mark.parametrize("number", ["2", "v2"])
    def test_a_whole_artefact_goes_live(self, artefact: Path, number: str) -> None:
        make_version(1), make_version(2, VersionStatus.CANDIDATE)
        assert run("activate_model", number, "--reason", "tried") == [
            "v2 is live. Its recommendations are computed by the next free worker."
        ]
        assert dict(ModelVersion.objects.values_list("number", "status")) == {1: "retired", 2: "live"}
        assert ModelActivation.objects.get().reason == "tried"
        assert run("activate_model", number) == ["v2 is live already."]

    def test_a_corrupt_artefact_is_refused_by_name_and_the_old_model_stays(self, artefact: Path) -> None:
        make_version(1), make_version(2, VersionStatus.CANDIDATE)
        (artefact / "vocabulary.json").write_text("{}")
        with pytest.raises(CommandError, match=r"v2 is refused: .*v0002/vocabulary\.json: has sha256"):
            run("activate_model", "2")
        assert dict(ModelVersion.objects.values_list("number", "status")) == {1: "live", 2: "candidate"}

    @pytest.mark.parametrize("number", ["7", "x", "-1", "v"])
    def test_an_unknown_version_is_named_with_the_known(self, number: str) -> None:
        make_version(1)
        with pytest.raises(CommandError, match=rf"{number}: no such model version; known are: v1"):
            call_command("activate_model", "--", number)


class TestCreateApiKey:
    def test_the_plaintext_is_printed_once(self, channel: Channel) -> None:
        (plaintext,) = run("create_api_key", "web shop", "--channel", "made-up", "--scopes", "events:write")
        key = ApiKey.objects.get()
        assert (key.name, key.channel, key.scopes) == ("web shop", channel, ["events:write"])
        assert key.secret_hash == hash_key(plaintext)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--channel", "x"], r"--channel: 'x' does not exist; known are: made-up"),
            (["--channel", "made-up", "--scopes", "all"], r"--scopes: all unknown; known are recommendations:read"),
        ],
    )
    def test_a_wrong_argument_is_named_and_no_key_made(
        self, channel: Channel, arguments: list[str], message: str
    ) -> None:
        with pytest.raises(CommandError, match=message):
            run("create_api_key", "web shop", *arguments)
        assert ApiKey.objects.count() == 0
