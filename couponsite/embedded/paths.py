"""Where the embedded servers keep their data, sockets and secrets. Reads and computes only: starts nothing."""

import hashlib
import os
import re
import tempfile
from pathlib import Path

from couponsite.embedded.accounts import server_account
from couponsite.embedded.errors import EmbeddedServerError
from couponsite.embedded.files import secret_once

DATABASE = "coupons"
DATABASE_USER = "coupons"

_SOCKET_NAME_ROOM = 80  # a Unix socket's path may have 107 bytes on Linux and 103 on macOS, file name included
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._/+-]+")  # PostgreSQL reads the socket folder from a comma-separated list
_STATE_OF_ROOT = Path("/var/lib/couponsite")


def var_dir() -> Path:
    """The folder of everything that the site writes: VAR_DIR, or var/ beside the code."""
    default = Path(__file__).resolve().parent.parent.parent / "var"
    return Path(os.environ.get("VAR_DIR") or default).resolve()


def _digest(folder: Path) -> str:
    return hashlib.sha256(str(folder).encode()).hexdigest()[:12]


def _socket_dir(home: Path) -> Path:
    """The folder itself, or a short one under the temporary folder where its path is too long or has odd letters."""
    if len(str(home).encode()) < _SOCKET_NAME_ROOM and _PLAIN_PATH.fullmatch(str(home)):
        return home
    # not tempfile's choice where /tmp exists: two shells with different TMPDIR must meet at one socket
    temporary = Path("/tmp") if Path("/tmp").is_dir() else Path(tempfile.gettempdir())  # noqa: S108
    return temporary / f"coupons-{_digest(home)}"


def postgres_home(var_dir: Path) -> Path:
    """PostgreSQL's folder: var/postgres, or where that points to.

    A clone under root's closed home cannot be entered by the account that PostgreSQL runs as. Its data then lives
    under /var/lib/couponsite, and the first start leaves var/postgres as a link to it.
    """
    home = var_dir / "postgres"
    if home.is_symlink():
        return home.resolve()
    if home.exists() or os.geteuid() != 0:
        return home
    try:
        account = server_account(home / "data")
    except EmbeddedServerError:
        return home  # said at the start of the server; another process may only want the path
    if account is None or account.may_enter(var_dir):
        return home
    return _STATE_OF_ROOT / _digest(var_dir)


def postgres_socket_dir(var_dir: Path) -> Path:
    return _socket_dir(postgres_home(var_dir))


def postgres_password_file(var_dir: Path) -> Path:
    return postgres_home(var_dir) / "password"


def postgres_connection(var_dir: Path) -> dict[str, object]:
    """Django connection keys of the embedded server; the password is empty until the server was first started."""
    password = postgres_password_file(var_dir)
    return {
        "HOST": str(postgres_socket_dir(var_dir)),
        "PORT": "5432",
        "USER": DATABASE_USER,
        "PASSWORD": password.read_text() if password.exists() else "",
        "NAME": DATABASE,
    }


def redis_home(var_dir: Path) -> Path:
    return var_dir / "redis"


def redis_socket(var_dir: Path) -> Path:
    return _socket_dir(redis_home(var_dir)) / "redis.sock"


def redis_url(var_dir: Path) -> str:
    """The embedded server's URL as redis-py reads it."""
    return f"unix://{redis_socket(var_dir)}"


def broker_url(redis_url: str) -> str:
    """The same server as Celery's broker: kombu says `redis+socket://` for a Unix socket, virtual host for database."""
    if not redis_url.startswith("unix://"):
        return redis_url
    return redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)


def secret_key(var_dir: Path) -> str:
    """A random SECRET_KEY, made once per data folder and kept there with mode 0600."""
    return secret_once(var_dir / "secret_key", size=50)
