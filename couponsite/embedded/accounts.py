"""Whom PostgreSQL runs as. It refuses to run as root, so a start by root lends it an unprivileged account."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from couponsite.embedded.errors import EmbeddedServerError


@dataclass(frozen=True)
class Account:
    """A system account to run a program as."""

    name: str
    uid: int
    gid: int

    def may_enter(self, folder: Path) -> bool:
        """Whether the account can pass through `folder` and all its parents, as far as they exist."""
        return all(self._may_pass(part) for part in (folder, *folder.parents) if part.exists())

    def _may_pass(self, folder: Path) -> bool:
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & 0o100)
        if status.st_gid == self.gid:
            return bool(status.st_mode & 0o010)
        return bool(status.st_mode & 0o001)


def server_account(data: Path) -> Account | None:
    """None for an ordinary user, who runs PostgreSQL himself; for root whoever owns `data`, else a service account.

    Raises EmbeddedServerError where root finds no account to lend.
    """
    if os.geteuid() != 0:
        return None
    owner = data.stat().st_uid if data.exists() else 0
    candidates = [_by_uid(owner)] if owner else [_by_name(name) for name in _service_names()]
    for account in candidates:
        if account is not None:
            return account
    raise EmbeddedServerError(
        "PostgreSQL does not run as root and there is no account postgres or nobody: set PG_OS_USER or DATABASE_URL"
    )


def _service_names() -> list[str]:
    return [name for name in (os.environ.get("PG_OS_USER"), "postgres", "nobody") if name]


def _by_name(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _by_uid(uid: int) -> Account | None:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
