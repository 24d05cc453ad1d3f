"""The decisions are pure: importing all of them loads no Django and no library that the web half must not load."""

import json
import subprocess
import sys
from pathlib import Path

import recommender.decisions

PROGRAM = """
import importlib, json, pkgutil, sys
import recommender.decisions as package
for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
    importlib.import_module(module.name)
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def test_importing_everything_is_light() -> None:
    root = Path(recommender.decisions.__file__).parents[2]
    result = subprocess.run([sys.executable, "-c", PROGRAM], cwd=root, capture_output=True, text=True, check=True)
    loaded = set(json.loads(result.stdout))
    assert "numpy" in loaded
    assert loaded & {"django", "pandas", "sklearn", "scipy", "lightgbm", "tensorflow", "pyarrow"} == set()
