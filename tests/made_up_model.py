"""A live model with planted weights: one that knows nothing but that who looks at a category likes its coupons.

The artefact is read by the very code that reads a trained one. An interest unit a category rises with what is done in
the category and with nothing else; a coupon's score rises with the interest in its own category and with nothing else.
So what a shopper does moves the order of the coupons in a way that a test can state beforehand.
"""

import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from coupons.models import Channel, Coupon, Shopper
from recommender.artefacts import new_artefact
from recommender.config import TrainingConfig
from recommender.enums import VersionStatus
from recommender.live_model import LiveModel
from recommender.models import LiveCandidates, LiveCatalog, ModelVersion, PopularCoupon, Recommendation
from recommender.online import FUSION_WEIGHTS_FILE, INTEREST_WEIGHTS_FILE, STACK_FILE
from recommender.pipeline.vocabulary import EXTRA_INPUTS
from recommender.selectors.activity import DAY_SECONDS

BASE_LOGIT = -3.0
"""Of every coupon, for somebody of whom nothing is known."""
TIE_BREAK = 0.001
"""In logits, between a coupon and the next one of the list: less than one act moves."""


def put_planted_model_live(
    channel: Channel, coupons: Mapping[Coupon, str], *, known: Sequence[Shopper] = (), now: datetime, number: int = 1
) -> ModelVersion:
    """A live version over the categories of `coupons` (coupon -> category path), computed at `now`.

    Coupons are published in the order of the mapping, to the shoppers `known` and as the popular list. A known shopper
    bought one thing of each category the day before `now`, as the state says.
    """
    categories = tuple(dict.fromkeys(coupons.values()))
    path = f"planted-{channel.pk}-{number}"
    _write_artefact(Path(settings.MODEL_DIR) / path, categories)
    version = ModelVersion.objects.create(number=number, status=VersionStatus.LIVE, path=path, manifest_sha256="0" * 64)
    model = LiveModel.load(version.pk, Path(settings.MODEL_DIR) / path)
    _publish(model, channel, coupons, known, now)
    return version


def _write_artefact(folder: Path, categories: Sequence[str]) -> None:
    vocabulary = {
        "categories": list(categories),
        **{name: [] for name in ("departments", "brands", "units", "products", "price_edges")},
        "spend_scale": 7.0,
        "fitted_before": 0,
    }
    config = TrainingConfig()
    stack = {"names": [config.fusion.fusion], "fitted": {"coefficients": [1.0], "knots": []}}
    with new_artefact(folder, {"config": config.to_dict()}) as draft:
        np.savez(draft / INTEREST_WEIGHTS_FILE, **_interest(len(categories)))
        np.savez(draft / FUSION_WEIGHTS_FILE, **_fusion(len(categories)))
        (draft / "vocabulary.json").write_text(json.dumps(vocabulary))
        (draft / STACK_FILE).parent.mkdir()
        (draft / STACK_FILE).write_text(json.dumps(stack))


def _interest(n: int) -> dict[str, Any]:
    """h = tanh(0.2 x + h'), I = sigmoid(20 h - 3), a unit a category: one that hardly forgets; gap and spend unread."""
    unit = np.eye(n, dtype=np.float32)
    return {
        "W_embed": np.concatenate([unit, np.zeros((EXTRA_INPUTS, n), np.float32)]),
        "b_embed": np.zeros(n, np.float32),
        "W_in": unit / 5,
        "W_rec": unit,
        "b1": np.zeros(n, np.float32),
        "W2": 20 * unit,
        "b2": np.full(n, -3, np.float32),
    }


def _fusion(n: int) -> dict[str, Any]:
    """Logit = 4 sum(tanh(I) tanh(x')): of the first layer [left, right, left * right] the products alone count."""
    unit = np.eye(n, dtype=np.float32)
    out = np.zeros((1 + 3 * n, 1), np.float32)
    out[1 + 2 * n :] = 4
    sides: dict[str, Any] = {}
    for side in ("interest", "item"):
        sides |= {
            f"{side}_mean": np.zeros(n, np.float32),
            f"{side}_scale": np.ones(n, np.float32),
            f"P_{side}": unit,
            f"p_{side}": np.zeros(n, np.float32),
        }
    return {
        **sides,
        "pair_mean": np.zeros(0, np.float32),
        "pair_scale": np.zeros(0, np.float32),
        "pair_marked": np.zeros(0, np.int64),
        "W_hidden": np.zeros((3 * n, 1), np.float32),
        "b_hidden": np.zeros(1, np.float32),
        "W_out": out,
        "b_out": np.zeros(1, np.float32),
    }


def _publish(
    model: LiveModel, channel: Channel, coupons: Mapping[Coupon, str], known: Sequence[Shopper], now: datetime
) -> None:
    numbers = [model.category_numbers[path] for path in coupons.values()]
    ids = np.array([coupon.pk for coupon in coupons], "<i8")
    covered = np.eye(len(model.vocabulary.categories), dtype=np.float32)[numbers]
    logits = (BASE_LOGIT - TIE_BREAK * np.arange(len(ids))).astype("<f8")
    arrays = io.BytesIO()
    np.savez(
        arrays,
        coupons=ids,
        campaigns=np.array([coupon.campaign_id for coupon in coupons]),
        codes=covered,
        coverage=covered,
        logits=logits,
        pair=np.zeros((len(ids), 0), np.float16),
        interest_columns=np.zeros(0, np.int64),
    )
    version = model.version_id
    LiveCatalog.objects.create(model_version_id=version, channel=channel, arrays=arrays.getvalue(), as_of=now)
    PopularCoupon.objects.bulk_create(
        PopularCoupon(model_version_id=version, channel=channel, coupon=coupon, rank=rank, score=0.1 / rank)
        for rank, coupon in enumerate(coupons, start=1)
    )
    yesterday = int(now.timestamp() // DAY_SECONDS) - 1
    bought = dict.fromkeys(range(len(model.vocabulary.categories)), 1.0)
    state = model.interest.step(model.interest.start(), model.step_input(bought, gap_days=0, spend_minor=0))
    LiveCandidates.objects.bulk_create(
        LiveCandidates(
            model_version_id=version,
            shopper=shopper,
            coupons=ids.tobytes(),
            logits=logits.tobytes(),
            pair=b"",
            state=state.tobytes(),
            base_state=state.tobytes(),
            base_day=yesterday,
            as_of=now,
        )
        for shopper in known
    )
    scores = 1 / (1 + np.exp(-logits))
    Recommendation.objects.bulk_create(
        Recommendation(
            model_version_id=version,
            shopper=shopper,
            coupon=coupon,
            rank=rank,
            score=round(float(score), 4),
            reason={"code": "interest", "subject": path.rsplit(" > ", 1)[-1]},
        )
        for shopper in known
        for rank, ((coupon, path), score) in enumerate(zip(coupons.items(), scores, strict=True), start=1)
    )
