"""The layers, held by tests: who may import whom, and what the web half must never load."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = {
    "coupons": {"recommender", "couponsite"},
    "recommender": {"couponsite"},
}
HEAVY = (
    "tensorflow",
    "keras",
    "keras_rs",
    "pandas",
    "sklearn",
    "pyarrow",
    "lightgbm",
    "implicit",
    "duckdb",
    "ibis",
    "matplotlib",
)
WEB_MEMORY_MB = 200


def _imports(file: Path) -> set[str]:
    """Top-level packages that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("package", sorted(FORBIDDEN))
def test_imports_go_one_way(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    breaches = {str(file.relative_to(ROOT)): sorted(_imports(file) & FORBIDDEN[package]) for file in files}
    assert {file: found for file, found in breaches.items() if found} == {}


def test_a_breach_would_be_seen(tmp_path: Path) -> None:
    file = tmp_path / "breach.py"
    file.write_text("def later():\n    from recommender.models import Recommendation\n")
    assert _imports(file) == {"recommender"}


WEB_HALF = """
import gc, importlib, json, sys
from couponsite.wsgi import application
frozen, views = gc.get_freeze_count(), "recommender.api.recommendations" in sys.modules
from django.contrib import admin
from django.test import Client
importlib.import_module("couponsite.urls")
admin.autodiscover()
answers = {path: Client().get(path, SERVER_NAME="localhost").status_code for path in ("/admin/login/", "/nowhere/")}
import psutil
print(json.dumps({
    "modules": sorted({name.split(".")[0] for name in sys.modules}),
    "rss_mb": psutil.Process().memory_info().rss / 2**20,
    "answers": answers,
    "frozen": frozen,
    "views": views,
}))
"""


def test_web_process_is_light(test_environment: dict[str, str]) -> None:
    """A process that has loaded the whole web half and served requests holds no ML library and under 200 MB."""
    result = subprocess.run(
        [sys.executable, "-c", WEB_HALF], env=test_environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    seen = json.loads(result.stdout.splitlines()[-1])
    assert seen["answers"] == {"/admin/login/": 200, "/nowhere/": 404}
    assert [name for name in HEAVY if name in seen["modules"]] == []
    assert seen["rss_mb"] < WEB_MEMORY_MB
    assert seen["views"]  # loaded before the first request, and left alone by the garbage collector
    assert seen["frozen"] > 50_000
