"""Static files are collected once, and again when what they come from or how they are kept has changed."""

from pathlib import Path

from pytest_django import Settings

from couponsite.static_files import collect_if_changed

PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
HASHED = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"


def test_collected_once_until_a_source_or_the_storage_changes(settings: Settings, tmp_path: Path) -> None:
    source, root = tmp_path / "source", tmp_path / "root"
    source.mkdir()
    (source / "made-up.css").write_text("p {}")
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATICFILES_DIRS = [source]
    settings.STATIC_ROOT = root
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": PLAIN}}
    assert collect_if_changed(root) is True
    assert collect_if_changed(root) is False
    (source / "made-up.css").write_text("p { color: red }")
    assert collect_if_changed(root) is True
    assert (root / "made-up.css").read_text() == "p { color: red }"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": HASHED}}
    assert collect_if_changed(root) is True
    assert (root / "staticfiles.json").exists()
    assert collect_if_changed(root) is False
