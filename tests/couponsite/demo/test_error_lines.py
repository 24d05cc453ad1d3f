"""What can go wrong before anything is done is one clear line and an exit code that is not 0."""

import shutil
import socket
from collections import namedtuple
from pathlib import Path

import pytest

from couponsite.demo import preflight
from couponsite.demo.errors import DemoError
from tests.conftest import free_port
from tests.couponsite.demo.conftest import DemoRun

Usage = namedtuple("Usage", ["total", "used", "free"])


def one_line(demo_run: DemoRun) -> str:
    process = demo_run.start()
    assert process.wait(120) == 1, demo_run.output.read_text()
    lines = demo_run.output.read_text().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_port_in_use(demo_run: DemoRun) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", demo_run.port))
        taken.listen()
        assert one_line(demo_run) == (
            f"make demo: port {demo_run.port} on 127.0.0.1 cannot be used (Address already in use): "
            f"choose another with PORT={demo_run.port + 1}"
        )


@pytest.mark.parametrize(
    ("port", "line"),
    [("web", "PORT='web' is not a whole number"), ("0", "PORT='0' is below 1"), ("70000", "PORT=70000 is above 65535")],
)
def test_port_that_is_none(demo_run: DemoRun, port: str, line: str) -> None:
    demo_run.extra = {"PORT": port}
    assert one_line(demo_run) == f"make demo: {line}"


def test_unreachable_database(demo_run: DemoRun) -> None:
    port = free_port()
    demo_run.extra = {"DATABASE_URL": f"postgres://me:s3cret@127.0.0.1:{port}/shop"}
    line = one_line(demo_run)
    assert line.startswith(f"make demo: DATABASE_URL: no connection to 127.0.0.1:{port}/shop: connection failed")
    assert "s3cret" not in line


def test_malformed_database_url(demo_run: DemoRun) -> None:
    demo_run.extra = {"DATABASE_URL": "mysql://me@db/shop"}
    assert one_line(demo_run) == "make demo: DATABASE_URL must look like postgres://user:password@host:5432/name"


def test_unreachable_redis(demo_run: DemoRun) -> None:
    demo_run.extra = {
        "REDIS_URL": f"redis://:s3cret@127.0.0.1:{free_port()}/0",
    }
    line = one_line(demo_run)
    assert line.startswith("make demo: REDIS_URL: no connection to 127.0.0.1: ")
    assert "refused" in line
    assert "s3cret" not in line


def test_data_folder_that_cannot_be_written(demo_run: DemoRun) -> None:
    blocked = demo_run.var_dir / "a-file"
    blocked.touch()
    demo_run.extra = {"VAR_DIR": str(blocked / "var")}
    assert one_line(demo_run) == f"make demo: {blocked}/var cannot be written: Not a directory"


def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 150 * 2**20))
    with pytest.raises(DemoError, match=r"150 MB free for .*, 2500 MB are needed: make room or set VAR_DIR"):
        preflight.check_disk(tmp_path)
    (tmp_path / "demo.json").touch()
    with pytest.raises(DemoError, match=r"150 MB free for .*, 300 MB are needed"):
        preflight.check_disk(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, 400 * 2**20))
    preflight.check_disk(tmp_path)


def test_stage_that_fails_says_why_and_where(demo_run: DemoRun) -> None:
    demo_run.script = [
        "-c",
        "import sys; from couponsite.demo import __main__ as demo, stages;"
        "stages.PREPARE = stages.by_command('broken', 'import_nothing'); sys.exit(demo.main())",
    ]
    process = demo_run.start()
    assert process.wait(120) == 1
    lines = demo_run.output.read_text().splitlines()
    assert lines[0] == "[1/4] broken"
    assert lines[1].startswith("Unknown command: 'import_nothing'")
    assert lines[-1] == ("make demo: stopped at: broken (exit code 1); the next `make demo` goes on from here")
