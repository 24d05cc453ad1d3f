"""Static files are collected once, and again when what they come from or how they are kept has changed."""

from pathlib import Path
from threading import Thread

import pytest
from pytest_django import Settings

from couponsite.embedded.files import locked
from couponsite.static_files import collect_if_changed

PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
HASHED = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"


@pytest.fixture
def root(settings: Settings, tmp_path: Path) -> Path:
    """Where the one file of `source`, beside it, is collected."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "made-up.css").write_text("p {}")
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS = [source]
    settings.STATIC_ROOT = tmp_path / "root"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": PLAIN}}
    return tmp_path / "root"


def test_collected_once_until_a_source_or_the_storage_changes(settings: Settings, root: Path) -> None:
    assert collect_if_changed(root) is True
    assert collect_if_changed(root) is False
    (root.parent / "source" / "made-up.css").write_text("p { color: red }")
    assert collect_if_changed(root) is True
    assert (root / "made-up.css").read_text() == "p { color: red }"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": HASHED}}
    assert collect_if_changed(root) is True
    assert (root / "staticfiles.json").exists()
    assert collect_if_changed(root) is False


def test_who_comes_while_another_collects_waits_for_it(root: Path) -> None:
    second = Thread(target=collect_if_changed, args=(root,))
    with locked(root.with_name("root.lock")):
        second.start()
        second.join(1)
        assert second.is_alive()
        assert not root.exists()
    second.join(30)
    assert (root / "made-up.css").read_text() == "p {}"
