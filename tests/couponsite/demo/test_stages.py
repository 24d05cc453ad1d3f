"""What the demo's steps are given."""

import json
from pathlib import Path

import pytest

from couponsite.demo.stages import protocol_cuts


def _write(var_dir: Path, content: str) -> None:
    (var_dir / "demo").mkdir()
    (var_dir / "demo" / "manifest.json").write_text(content)


def test_the_demo_is_judged_on_the_protocols_campaigns(tmp_path: Path) -> None:
    cuts = {
        "protocol_validation_from": "2026-06-30T00:00:00-04:00",
        "protocol_test_from": "2026-08-23T00:00:00-04:00",
    }
    _write(tmp_path, json.dumps(cuts))

    assert protocol_cuts(tmp_path) == ["--validation-from", "2026-06-30", "--test-from", "2026-08-23"]


@pytest.mark.parametrize("content", [None, "", "{}", "[]"])
def test_other_data_is_split_by_the_defaults(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        _write(tmp_path, content)

    assert protocol_cuts(tmp_path) == []
