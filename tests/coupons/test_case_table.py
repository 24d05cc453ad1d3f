"""The cases TC-01 to TC-34 of docs/coupon-engine.md: each has tests, and the table names all of them and no others."""

import ast
import re
from collections import defaultdict
from pathlib import Path

TESTS = Path(__file__).resolve().parent
TABLE = TESTS.parent.parent / "docs" / "coupon-engine.md"
CASES = [f"TC-{number:02}" for number in range(1, 35)]


def cases_in_code() -> dict[str, set[str]]:
    """Names of test functions by the numbers they carry: test_tc_04_tc_01_... belongs to both."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_tc_"):
                for number in re.findall(r"tc_(\d\d)", node.name):
                    found[f"TC-{number}"].add(f"{file.relative_to(TESTS)}::{node.name}")
    return found


def table_rows() -> dict[str, set[str]]:
    """The tests of each row as the table names them: `file::test`."""
    rows = re.findall(r"^\| (TC-\d\d) \|.*\|(.*)\|$", TABLE.read_text(), re.MULTILINE)
    return {case: set(re.findall(r"`([^`]+)`", tests)) for case, tests in rows}


def test_every_case_has_a_test() -> None:
    assert sorted(cases_in_code()) == CASES


def test_the_table_names_the_tests_of_every_case() -> None:
    assert table_rows() == cases_in_code()
