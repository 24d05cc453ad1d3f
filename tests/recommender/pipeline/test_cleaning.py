"""Stage 2: each change of an event is counted under one reason."""

from pathlib import Path

from recommender.config import CleaningConfig
from recommender.pipeline.cleaning import CleanResult, clean
from recommender.pipeline.lake import read_lake
from tests.recommender.pipeline.made_up_lake import NOW, build, day, event


def cleaned(folder: Path, events: list[dict[str, object]], **config: int) -> CleanResult:
    return clean(read_lake(build(folder / "lake", {"events": events})), CleaningConfig(**config))


def test_every_reason_is_counted_once(tmp_path: Path) -> None:
    events = [
        event("good", 1, 1),
        event("good", 1, 1),  # the same id again
        event("no product", 1, 2, None),
        event("no shopper", 1, 2, shopper_id=None),
        event("strange", 1, 2, kind="teleport"),
        event("tomorrow", 1, 2, occurred_at=day(201)),
        event("nothing", 1, 3, quantity=0, value_minor=0),
        event("negative", 1, 3, value_minor=-5),
        event("fuel", 1, 4, quantity=89_638),
        event("no quantity", 1, 4, quantity=None),
        event("discount below 0", 1, 4, discount_minor=-30),
        event("six stars", 1, 5, kind="rating", rating=6),
    ]
    result = cleaned(tmp_path, events)
    assert result.report.to_dict() == {
        "rows_in": 12,
        "rows_out": 5,
        "dropped": {
            "missing": 2,
            "unknown_kind": 1,
            "out_of_window": 1,
            "duplicate": 1,
            "impossible": 2,
            "bot": 0,
        },
        "repaired": {
            "quantity_too_large": 1,
            "quantity_missing": 1,
            "negative_discount": 1,
            "rating_out_of_range": 1,
        },
    }
    rows = {row["event_id"]: row for row in result.lake.events.to_pyarrow().to_pylist()}
    assert sorted(rows) == ["discount below 0", "fuel", "good", "no quantity", "six stars"]
    assert (rows["fuel"]["quantity"], rows["fuel"]["value_minor"]) == (1, 100)
    assert rows["no quantity"]["quantity"] == 1
    assert rows["discount below 0"]["discount_minor"] == 30
    assert rows["six stars"]["rating"] is None


def test_a_bot_loses_its_day_and_no_other(tmp_path: Path) -> None:
    busy = [event(f"b{n}", 1, 1 + n / 1000) for n in range(4)]
    result = cleaned(tmp_path, [*busy, event("other day", 1, 3), event("other shopper", 2, 1)], max_events_per_day=3)
    assert result.report.dropped["bot"] == 4
    assert result.report.rows_out == 2


def test_an_event_at_the_instant_of_the_snapshot_counts(tmp_path: Path) -> None:
    result = cleaned(tmp_path, [event("now", 1, 1, occurred_at=NOW)])
    assert result.report.rows_out == 1
