"""Where the embedded servers keep their data, sockets and secrets. Reads and computes only: starts nothing."""

import hashlib
import secrets
import tempfile
from pathlib import Path

DATABASE = "coupons"
DATABASE_USER = "coupons"

_SOCKET_NAME_ROOM = 80  # a Unix socket's path may have 107 bytes on Linux and 103 on macOS, file name included


def _socket_dir(home: Path) -> Path:
    """The folder itself, or a short one under the system's temporary folder where its path is too long."""
    if len(str(home).encode()) < _SOCKET_NAME_ROOM:
        return home
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"coupons-{digest}"


def postgres_home(var_dir: Path) -> Path:
    return var_dir / "postgres"


def postgres_socket_dir(var_dir: Path) -> Path:
    return _socket_dir(postgres_home(var_dir))


def postgres_connection(var_dir: Path) -> dict[str, object]:
    """Django connection keys of the embedded server; the password is empty until the server was first started."""
    password = postgres_home(var_dir) / "password"
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
    """The same server as Celery's broker: kombu names a Unix socket `redis+socket://`."""
    return redis_url.replace("unix://", "redis+socket://", 1)


def secret_key(var_dir: Path) -> str:
    """A random SECRET_KEY, made once per data folder and kept there with mode 0600."""
    file = var_dir / "secret_key"
    if not file.exists():
        var_dir.mkdir(parents=True, exist_ok=True)
        file.touch(0o600)
        file.write_text(secrets.token_urlsafe(50))
    return file.read_text()
