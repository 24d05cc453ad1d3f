"""What a lake holds of the process's memory."""

from pathlib import Path

from recommender.pipeline.lake import Lake, read_lake
from tests.recommender.pipeline.made_up_lake import build, shop_tables


def _lake(folder: Path) -> Lake:
    return read_lake(build(folder, shop_tables(shoppers=5)))


def _limit(lake: Lake) -> str:
    return _setting(lake, "memory_limit")


def _setting(lake: Lake, name: str) -> str:
    [(value,)] = lake.connection.raw_sql(f"select current_setting('{name}')").fetchall()
    return str(value)


def test_a_resting_lake_keeps_its_tables_in_little_memory(tmp_path: Path) -> None:
    lake = _lake(tmp_path)
    held = lake.hold(lake.events)
    count, awake = held.count().execute(), _limit(lake)

    lake.rest()

    assert (_limit(lake), awake) == ("95.3 MiB", "953.6 MiB")
    assert held.count().execute() == count > 0
    lake.wake()
    assert _limit(lake) == awake


def test_lakes_of_two_processes_share_no_temporary_folder(tmp_path: Path) -> None:
    folders = {_setting(_lake(tmp_path / name), "temp_directory") for name in ("one", "two")}
    assert len(folders) == 2
