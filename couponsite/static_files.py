"""Static files collected once: hashing and compressing them again at every start would cost seconds."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from couponsite.embedded.files import locked


def collect_if_changed(static_root: Path) -> bool:
    """Run collectstatic unless `static_root` holds what the sources, by name, size and time, were last time.

    Processes that start together take turns: one would clear what the other collects.
    """
    stamp = static_root / ".sources"
    wanted = _fingerprint()
    with locked(static_root.with_name(f"{static_root.name}.lock")):
        if stamp.exists() and stamp.read_text() == wanted:
            return False
        stamp.unlink(missing_ok=True)
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)  # it trusts times, not content
        stamp.write_text(wanted)
    return True


def _fingerprint() -> str:
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: found[0]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
