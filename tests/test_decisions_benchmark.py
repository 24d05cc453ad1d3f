"""The file of `make bench-decisions`: a run of one section keeps the others."""

import json
from pathlib import Path

from benchmarks.decisions.__main__ import write_sections


def test_a_run_of_one_section_keeps_the_others(tmp_path: Path) -> None:
    file = tmp_path / "bench" / "decisions.json"
    write_sections(file, {"simulated": {"seconds": 3}, "uplift": {"seconds": 1}})
    write_sections(file, {"allocation": {"seconds": 2}, "uplift": {"seconds": 4}})
    told = json.loads(file.read_text())
    assert list(told) == ["uplift", "allocation", "simulated"]
    assert [section["seconds"] for section in told.values()] == [4, 2, 3]
    assert [each.name for each in file.parent.iterdir()] == ["decisions.json"]


def test_what_an_older_file_held_beside_sections_goes(tmp_path: Path) -> None:
    file = tmp_path / "decisions.json"
    file.write_text(json.dumps({"at": "2026", "allocation": {"seconds": 2}}))
    write_sections(file, {"uplift": {"seconds": 1}})
    assert json.loads(file.read_text()) == {"uplift": {"seconds": 1}, "allocation": {"seconds": 2}}
