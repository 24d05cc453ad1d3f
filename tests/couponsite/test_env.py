"""Environment readers refuse by name what they cannot read."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from couponsite import env


@pytest.mark.parametrize(
    ("raw", "value"), [("1", True), ("YES", True), ("on", True), ("0", False), ("False", False), ("", None)]
)
def test_flag(monkeypatch: pytest.MonkeyPatch, raw: str, value: bool | None) -> None:
    monkeypatch.setenv("KNOB", raw)
    assert [env.flag("KNOB", default=default) for default in (True, False)] == (
        [True, False] if value is None else [value, value]
    )


def test_flag_refuses_other_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNOB", "maybe")
    with pytest.raises(ImproperlyConfigured, match="KNOB='maybe' is not a yes/no value: use 1 or 0"):
        env.flag("KNOB", default=True)


def test_integer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.integer("KNOB", 7) == 7
    monkeypatch.setenv("KNOB", "12")
    assert env.integer("KNOB", 7, minimum=12) == 12
    with pytest.raises(ImproperlyConfigured, match="KNOB='12' is below 13"):
        env.integer("KNOB", 7, minimum=13)
    monkeypatch.setenv("KNOB", "1e3")
    with pytest.raises(ImproperlyConfigured, match="KNOB='1e3' is not a whole number"):
        env.integer("KNOB", 7)


def test_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNOB", " a, b,,c ")
    assert env.items("KNOB", "x") == ["a", "b", "c"]
    monkeypatch.delenv("KNOB")
    assert env.items("KNOB", "") == []


def test_postgres_url(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.postgres_url("KNOB") is None
    monkeypatch.setenv("KNOB", "postgres://us%40er:p%2Fw@db.example:6432/shop?sslmode=require")
    assert env.postgres_url("KNOB") == {
        "HOST": "db.example",
        "PORT": "6432",
        "USER": "us@er",
        "PASSWORD": "p/w",
        "NAME": "shop",
        "OPTIONS": {"sslmode": "require"},
    }


def test_postgres_url_with_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNOB", "postgresql://me:pw@/shop?host=/run/postgres&port=5433")
    keys = env.postgres_url("KNOB")
    assert keys is not None
    assert (keys["HOST"], keys["PORT"], keys["OPTIONS"]) == ("/run/postgres", "5433", {})


@pytest.mark.parametrize(
    "url", ["mysql://me@db/shop", "postgres://me@db", "postgres://me@db:port/shop", "postgres://me@[db/shop", "shop"]
)
def test_postgres_url_refuses_other_shapes(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("KNOB", url)
    with pytest.raises(ImproperlyConfigured, match="KNOB must look like postgres://user:password@host:5432/name"):
        env.postgres_url("KNOB")
