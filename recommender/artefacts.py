"""Artefact folders: a manifest that names every file with its hash, written whole or not at all.

Knows nothing of models, so the web half may read a manifest without loading TensorFlow.
"""

import hashlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MANIFEST_FILE = "manifest.json"
FORMAT_VERSION = 1
RESERVED = frozenset({"format", "files"})

Manifest = dict[str, Any]


class ArtefactError(Exception):
    """An artefact that is refused. `file` is the file at fault, relative to the folder."""

    def __init__(self, folder: Path, file: str, reason: str) -> None:
        super().__init__(f"{folder / file}: {reason}")
        self.folder = folder
        self.file = file
        self.reason = reason


@contextmanager
def new_artefact(folder: Path, facts: Mapping[str, Any]) -> Iterator[Path]:
    """A temporary folder to write files into; at the end it gets its manifest and becomes `folder` by one rename.

    On an exception nothing is left. Raises ArtefactError when `folder` is there already: artefacts never change.
    """
    clash = RESERVED & facts.keys()
    if clash:
        raise ValueError(f"facts hold reserved names: {', '.join(sorted(clash))}")
    if folder.exists():
        raise ArtefactError(folder, ".", "exists already; an artefact is never changed")
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield draft
        files = {
            path.relative_to(draft).as_posix(): {"sha256": _sha256(path), "bytes": path.stat().st_size}
            for path in sorted(draft.rglob("*"))
            if path.is_file()
        }
        manifest = {"format": FORMAT_VERSION, **facts, "files": files}
        (draft / MANIFEST_FILE).write_text(
            json.dumps(_without_nan(manifest), indent=1, sort_keys=True, allow_nan=False) + "\n"
        )
        for path in (*draft.rglob("*"), draft):
            _flush(path)
        draft.chmod(0o755)
        draft.rename(folder)
        _flush(folder.parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an artefact, its format checked and its files not. Raises ArtefactError."""
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text())
    except FileNotFoundError:
        raise ArtefactError(folder, MANIFEST_FILE, "is missing") from None
    except (ValueError, UnicodeDecodeError):
        raise ArtefactError(folder, MANIFEST_FILE, "is not JSON") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise ArtefactError(folder, MANIFEST_FILE, "is not a manifest")
    if manifest.get("format") != FORMAT_VERSION:
        raise ArtefactError(
            folder, MANIFEST_FILE, f"has format {manifest.get('format')!r}; this code reads {FORMAT_VERSION}"
        )
    return manifest


def verify_artefact(folder: Path) -> Manifest:
    """The manifest, after every file of it was found and hashed. Raises ArtefactError naming the first bad file."""
    manifest = read_manifest(folder)
    root = folder.resolve()
    for name, facts in manifest["files"].items():
        path = (folder / name).resolve()
        if not path.is_relative_to(root):
            raise ArtefactError(folder, MANIFEST_FILE, f"names a file outside the folder: {name}")
        if not path.is_file():
            raise ArtefactError(folder, name, "is missing")
        actual = _sha256(path)
        if not isinstance(facts, dict) or actual != facts.get("sha256"):
            raise ArtefactError(folder, name, f"has sha256 {actual}, which is not the manifest's: it was changed")
    return manifest


def json_hash(value: Any) -> str:
    """sha256 of a JSON value in its canonical form (sorted keys, no spaces)."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush(path: Path) -> None:
    """Bytes on the disk before the rename makes them count."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _without_nan(value: Any) -> Any:
    """A metric that does not exist (an AUC of one class) is null in JSON."""
    if isinstance(value, Mapping):
        return {str(key): _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
