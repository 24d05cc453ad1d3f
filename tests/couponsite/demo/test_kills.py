"""kill -9 of the demo at each of its steps, on a made-up data set with the real loader, training and scoring."""

import json
import signal
import time
import urllib.request
from pathlib import Path

import pytest

from couponsite.demo.card import Card
from tests.couponsite.demo.conftest import DemoRun
from tests.couponsite.embedded.test_postgres import connect
from tests.made_up_journey import write_made_up_journey

STEPS = (
    ("[1/4] database", 1.0),
    ("[2/4] real data", 2.0),
    ("training run", 2.0),
    ("[4/4] everybody", 1.5),
    ("worker | ", 0.5),
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
        assert demo_run.nothing_left(seconds=10), (text, demo_run.below())

    last = demo_run.start()
    demo_run.wait_for("READY ", last, seconds=180)
    rows = json.loads((demo_run.var_dir / "demo/manifest.json").read_text())["rows"]
    with connect(demo_run.var_dir) as connection:

        def count(query: str) -> object:
            (value,) = connection.execute(query).fetchone() or (None,)
            return value

        assert count("SELECT count(*) FROM recommender_behaviorevent") == rows["events"]
        assert count("SELECT count(*) FROM coupons_shopper") == rows["shoppers"]
        assert count("SELECT count(*) FROM recommender_modelversion WHERE status = 'live'") == 1
        assert count("SELECT count(*) FROM recommender_trainingrun WHERE status = 'running'") == 0
        assert count("SELECT count(DISTINCT shopper_id) FROM recommender_recommendation") == rows["shoppers"]

    card = Card(**demo_run.card())
    with urllib.request.urlopen(urllib.request.Request(card.api_url, headers=card.api_headers)) as answer:  # noqa: S310
        assert answer.status == 200
        body = json.load(answer)
    assert body["fallback"] in {"", None}
    assert len(body["items"]) > 0
    last.send_signal(signal.SIGTERM)
    assert last.wait(60) == 0
