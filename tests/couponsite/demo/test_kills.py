"""kill -9 of the demo at each step and while it serves; then it is ready with nothing redone, and stops cleanly.

The data set is made up, loading, training and scoring are the real ones.
"""

import json
import signal
import time
import urllib.request
from pathlib import Path

import pytest

from couponsite.demo import readiness
from couponsite.demo.card import Card
from couponsite.embedded import postgres, redis
from tests.couponsite.demo.conftest import DemoRun
from tests.couponsite.embedded.test_postgres import connect
from tests.made_up_journey import write_made_up_journey

STEPS = (
    ("[1/4] database", 1.0),
    ("[2/4] real data", 2.0),
    ("training run", 2.0),
    ("[4/4] everybody", 1.5),
    ("worker | ", 0.5),
    ("READY ", 0.0),
)
"""What has been printed when the kill comes, and how many seconds later it comes."""


@pytest.mark.slow
def test_a_demo_killed_at_every_step_is_ready_in_the_end_with_nothing_lost_or_doubled(
    demo_run: DemoRun, tmp_path: Path
) -> None:
    source = tmp_path / "journey"
    write_made_up_journey(source)
    demo_run.script = [str(Path(__file__).with_name("small_training.py"))]
    demo_run.extra = {"DEMO_SOURCE": str(source)}
    for text, seconds in STEPS:
        process = demo_run.start()
        demo_run.wait_for(text, process, seconds=240)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert demo_run.nothing_left(seconds=20), (text, demo_run.below())
    assert postgres.running(demo_run.var_dir)
    assert redis.running(demo_run.var_dir)
    served = demo_run.card()

    last = demo_run.start()
    demo_run.wait_for(f"READY http://127.0.0.1:{demo_run.port}", last, seconds=180)
    check_processes(demo_run)
    check_card(demo_run, served)
    rows = json.loads((demo_run.var_dir / "demo/manifest.json").read_text())["rows"]
    with connect(demo_run.var_dir) as connection:

        def count(query: str) -> object:
            (value,) = connection.execute(query).fetchone() or (None,)
            return value

        assert count("SELECT count(*) FROM recommender_behaviorevent") == rows["events"]
        assert count("SELECT count(*) FROM coupons_shopper") == rows["shoppers"]
        assert count("SELECT count(*) FROM recommender_modelversion WHERE status = 'live'") == 1
        assert count("SELECT count(*) FROM recommender_modelversion") == 1
        assert count("SELECT count(*) FROM recommender_trainingrun WHERE status = 'running'") == 0
        assert count("SELECT count(*) FROM recommender_trainingrun WHERE status = 'succeeded'") == 1
        assert count("SELECT count(DISTINCT shopper_id) FROM recommender_recommendation") == rows["shoppers"]

    card = Card(**demo_run.card())
    with urllib.request.urlopen(urllib.request.Request(card.api_url, headers=card.api_headers)) as answer:  # noqa: S310
        assert answer.status == 200
        body = json.load(answer)
    assert body["fallback"] in {"", None}
    assert len(body["items"]) > 0
    last.send_signal(signal.SIGINT)
    assert last.wait(120) == 0
    assert demo_run.below() == []
    assert "stopping" in demo_run.output.read_text()
    assert not postgres.running(demo_run.var_dir)
    assert not redis.running(demo_run.var_dir)


def check_processes(demo_run: DemoRun) -> None:
    """The web server's main and two processes, the workers of both queues with their children, one scheduler."""
    names = [" ".join(process.cmdline()) for process in demo_run.below()]
    assert sum("granian" in name for name in names) >= 3
    assert sum("--queues default" in name for name in names) >= 2
    assert sum("--queues train" in name for name in names) >= 2
    assert sum("couponsite --quiet beat" in name for name in names) == 1


def check_card(demo_run: DemoRun, served: dict[str, str]) -> None:
    """Who comes back finds address, password and key as they were; nobody else may read them."""
    card = demo_run.card()
    assert card == served
    assert card["url"] == f"http://127.0.0.1:{demo_run.port}"
    assert (card["admin_user"], len(card["admin_password"]) >= 16) == ("admin", True)
    assert (demo_run.var_dir / "demo.json").stat().st_mode & 0o777 == 0o600
    assert readiness.status_of(card["url"] + "/admin/login/") == 200
