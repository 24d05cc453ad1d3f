"""The committed clients are those of the present OpenAPI document."""

import filecmp
from pathlib import Path

import pytest
from django.core.management import call_command

from clients.generate import HERE, digest_of, write_python_client


@pytest.fixture
def document(tmp_path: Path) -> Path:
    file = tmp_path / "openapi.json"
    call_command("write_openapi", file)
    return file


def _files(folder: Path) -> list[str]:
    found = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    return sorted(str(file) for file in found if "__pycache__" not in file.parts)


def test_both_clients_were_made_from_this_document(document: Path) -> None:
    assert (HERE / "document.sha256").read_text().strip() == digest_of(document), "run `make clients`"
    assert "'/api/v1/recommendations'" in (HERE / "typescript" / "schema.d.ts").read_text().replace('"', "'")


def test_the_python_client_is_what_the_generator_makes(document: Path, tmp_path: Path) -> None:
    write_python_client(document, tmp_path / "python")
    names = _files(tmp_path / "python")
    assert names == _files(HERE / "python")
    _, different, missing = filecmp.cmpfiles(tmp_path / "python", HERE / "python", names, shallow=False)
    assert (different, missing) == ([], [])
