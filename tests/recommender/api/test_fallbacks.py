"""What is missing is said in the answer and is never a 5xx: no Redis, no worker, no rows, no model or a bad one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.utils import timezone

from coupons.api import throttling
from coupons.models import Coupon
from recommender.artefacts import new_artefact
from recommender.models import BehaviorEvent, ModelVersion
from tests.coupons.api.client import Shop, open_shop
from tests.made_up_shop import (
    make_campaign,
    make_channel,
    make_coupons,
    make_popular,
    make_product,
    make_shopper,
    make_version,
    recommend,
)

pytestmark = pytest.mark.django_db
STOPPED = "unix:///nowhere/redis.sock?db=0"


@dataclass
class Served:
    """A shop with three coupons: ann is shown the third, everybody else the first two."""

    shop: Shop
    coupons: list[Coupon]
    version: ModelVersion

    def ask(self, shopper: str = "ann", **headers: str) -> tuple[int, str | None, str, list[str]]:
        answer = self.shop.get(f"recommendations?shopper={shopper}&limit=2", **headers)
        body = answer.json()
        names = [item["external_id"] for item in body["items"]]
        return answer.status_code, body["fallback"], body["freshness"], names

    def look(self, event_id: str) -> tuple[int, int]:
        """Ann looks at a product: the status, and how many events are stored."""
        event = {"event_id": event_id, "shopper": "ann", "kind": "view", "product": "p1"}
        answer = self.shop.send("post", "events", [event])
        return answer.status_code, BehaviorEvent.objects.count()


@pytest.fixture
def served() -> Served:
    shop = open_shop(make_channel())
    make_product("p1")
    coupons = make_coupons(make_campaign(shop.channel, now=timezone.now()), 3)
    version = make_version()
    recommend(version, make_shopper(shop.channel, "ann"), coupons[2])
    make_popular(version, shop.channel, *coupons[:2])
    return Served(shop, coupons, version)


@pytest.fixture
def redis_stopped(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing listens where calls are counted, pages are cached and tasks are queued."""
    settings.REDIS_URL = STOPPED
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": STOPPED}}
    settings.CELERY_BROKER_URL = STOPPED.replace("unix://", "redis+socket://")
    assert current_app.conf.broker_url == settings.CELERY_BROKER_URL  # Celery reads it there
    monkeypatch.setattr(throttling.KeyThrottle, "_asleep_until", 0.0)
    throttling._taken.clear()
    throttling.redis_client.cache_clear()
    yield
    throttling.redis_client.cache_clear()


@pytest.mark.usefixtures("redis_stopped")
@pytest.mark.parametrize("headers", [{}, {"Origin": "https://shop.example"}], ids=["quick way", "the view"])
def test_without_redis_answers_are_as_always(served: Served, headers: dict[str, str]) -> None:
    assert served.ask(**headers) == (200, None, "published", ["3", "1"])
    assert throttling.KeyThrottle._asleep_until > 0  # it was asked for, and did not answer
    assert served.ask("nobody", **headers) == (200, "unknown_shopper", "none", ["1", "2"])
    assert served.look("e1") == (200, 1)
    assert served.look("e1") == (200, 1)


def test_without_a_worker_the_next_answer_knows_of_the_event(
    served: Served, settings: Any, tmp_path: Path, redis_stopped: None
) -> None:
    """No worker runs in this test and no broker takes a task; the event is read all the same."""
    settings.MODEL_DIR = tmp_path
    assert served.ask() == (200, None, "published", ["3", "1"])
    assert served.look("e1") == (200, 1)
    assert served.ask()[2] != "published"


def test_without_a_model_what_runs_is_shown(served: Served) -> None:
    ModelVersion.objects.update(status="retired")
    assert served.ask() == (200, "no_model", "none", ["1", "2"])
    assert served.look("e1") == (200, 1)
    assert served.ask() == (200, "no_model", "none", ["1", "2"])


def test_an_empty_database_answers_with_an_empty_list() -> None:
    shop = open_shop(make_channel())
    served = Served(shop, [], ModelVersion())
    assert served.ask() == (200, "unknown_shopper", "none", [])
    assert served.look("e1") == (207, 0)  # kept as rejected: there is no such product
    assert served.ask() == (200, "unknown_shopper", "none", [])


def test_a_model_past_its_age_is_not_asked(served: Served, settings: Any) -> None:
    settings.MODEL_MAX_AGE_DAYS = 30
    ModelVersion.objects.update(created_at=timezone.now() - timedelta(days=29))
    assert served.ask() == (200, None, "published", ["3", "1"])
    ModelVersion.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert served.ask() == (200, "model_expired", "none", ["1", "2"])
    assert served.look("e1") == (200, 1)
    assert served.ask() == (200, "model_expired", "none", ["1", "2"])
    settings.MODEL_MAX_AGE_DAYS = 0
    assert served.ask()[1] is None


def _manifest_cut(folder: Path) -> None:
    (folder / "manifest.json").write_bytes(b'{"files": ')


def _file_changed(folder: Path) -> None:
    (folder / "vocabulary.json").write_bytes(b"[]")


def _nothing_in_it(folder: Path) -> None:
    """A sound artefact of nothing: every file that is looked for is missing."""


@pytest.mark.parametrize("spoil", [_manifest_cut, _file_changed, _nothing_in_it])
def test_spoilt_files_leave_what_was_published(served: Served, settings: Any, tmp_path: Path, spoil: Any) -> None:
    settings.MODEL_DIR = tmp_path
    ModelVersion.objects.update(path="v0001")
    with new_artefact(tmp_path / "v0001", {"number": 1}) as draft:
        (draft / "vocabulary.json").write_text("{}")
    spoil(tmp_path / "v0001")
    assert served.look("e1") == (200, 1)
    assert served.ask() == (200, None, "stale", ["3", "1"])
    make_shopper(served.shop.channel, "bob")
    event = {"event_id": "e2", "shopper": "bob", "kind": "view", "product": "p1"}
    assert served.shop.send("post", "events", [event]).status_code == 200
    assert served.ask("bob") == (200, "model_unavailable", "stale", ["1", "2"])
