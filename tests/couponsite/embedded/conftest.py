"""Servers of these tests live in folders of their own and are always stopped again."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from couponsite.embedded import services


@pytest.fixture
def var_dir() -> Iterator[Path]:
    """An empty data folder that an unprivileged account can enter (pytest's own are closed to others)."""
    folder = Path(tempfile.mkdtemp(prefix="coupons-servers-"))
    folder.chmod(0o755)
    yield folder
    services.stop_all(folder)
    shutil.rmtree(folder, ignore_errors=True)
