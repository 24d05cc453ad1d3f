"""A verdict is kept as a code with its facts, and said in the language of whoever reads it."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from recommender.enums import VersionStatus
from recommender.models import ModelActivation, ModelVersion
from recommender.verdicts import VerdictCode, verdict_words
from tests.made_up_rows import make_superuser
from tests.made_up_shop import make_version

MEASURED = {"live": "v3", "ours": 0.3412, "theirs": 0.3181, "difference": 0.0231, "low": -0.0012, "high": 0.0468}
FACTS = (
    "NDCG@10 0.3412 against 0.3181 of v3 on the same test lists (difference +0.0231, 95% interval −0.0012 to +0.0468)."
)
SAID: list[tuple[dict[str, Any], str]] = [
    ({}, ""),
    ({"code": "first"}, "Activated: no model was live."),
    ({"code": "forced", "live": "v3"}, "Activated by hand in place of v3."),
    (
        {"code": "unreadable", "live": "v3", "problem": "model.keras is missing"},
        "Activated: v3 can't be used any more (model.keras is missing).",
    ),
    ({"code": "uncompared", "live": "v3"}, "Not compared with v3: no redemption in the test part."),
    ({"code": "better", **MEASURED}, f"Better. {FACTS}"),
    ({"code": "level", **MEASURED}, f"Level within noise. {FACTS}"),
    ({"code": "worse", **MEASURED}, f"Not activated: worse. {FACTS}"),
    ({"code": "overtaken", "now": "v4"}, "Not activated: v4 went live while it was trained."),
    ({"code": "as_written", "words": "Made up of old."}, "Made up of old."),
    (
        {"code": "first", "learnt_from": "purchases"},
        "Activated: no model was live. Learnt from purchases: no redeemed campaigns to learn from yet.",
    ),
]


@pytest.mark.parametrize(("verdict", "words"), SAID)
def test_what_a_verdict_says(verdict: dict[str, Any], words: str) -> None:
    assert verdict_words(verdict) == words


def test_every_code_is_said() -> None:
    assert {str(verdict["code"]) for verdict, _ in SAID if verdict} == {code.value for code in VerdictCode}


@pytest.mark.parametrize("verdict", [verdict for verdict, _ in SAID if verdict and verdict["code"] != "as_written"])
def test_in_chinese_nothing_is_left_english(verdict: dict[str, Any]) -> None:
    with translation.override("zh-hans"):
        said = verdict_words(verdict)
    assert re.findall(r"[A-Za-z]{3,}", said.replace("NDCG", "").replace("model.keras is missing", "")) == []


@pytest.mark.django_db
def test_the_pages_say_it_in_the_readers_language(client: Client) -> None:
    version = make_version(3, VersionStatus.LIVE)
    ModelVersion.objects.filter(pk=version.pk).update(verdict={"code": "first"})
    ModelActivation.objects.create(version=version, reason="")
    client.force_login(make_superuser())
    paths = [
        reverse("admin:recommender_modelversion_changelist"),
        reverse("admin:recommender_modelversion_change", args=[version.pk]),
        reverse("admin:recommender_modelactivation_changelist"),
    ]
    for path in paths:
        assert "Activated: no model was live." in client.get(path).content.decode(), path
    client.cookies["django_language"] = "zh-hans"
    with translation.override("zh-hans"):
        chinese = verdict_words({"code": "first"})
    for path in paths:
        page = client.get(path).content.decode()
        assert chinese in page, path
        assert "Activated: no model was live." not in page, path
