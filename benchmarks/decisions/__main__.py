"""What the decisions are worth, each figure with its target beside it.

Run: `make bench-decisions` (or `python -m benchmarks.decisions [uplift allocation open_bandit simulated]`).
Writes var/bench/decisions.json and prints the same as a table; exits with 1 where a target was missed. A run of some
sections replaces those of the file and keeps the others, each with its own time and machine. Needs no database. What
is `simulated` tests the methods on shoppers made up by `recommender.decisions.simulator`.
"""

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.decisions import allocation, open_bandit, simulated, uplift
from benchmarks.decisions.figures import Figure

FOLDER = Path(os.environ.get("VAR_DIR") or "var") / "bench"
SECTIONS: dict[str, Callable[[], list[Figure]]] = {
    "uplift": uplift.run,
    "allocation": allocation.run,
    "open_bandit": partial(open_bandit.run, FOLDER / "downloads"),
    "simulated": simulated.run,
}


def main(names: list[str]) -> int:
    unknown = sorted(set(names) - set(SECTIONS))
    if unknown:
        sys.exit(f"no such section: {unknown[0]}; there are {', '.join(SECTIONS)}")
    missed, measured = 0, {}
    for name in names or list(SECTIONS):
        started = time.perf_counter()
        figures = SECTIONS[name]()
        measured[name] = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": platform.platform(),
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "load_average": round(os.getloadavg()[0], 2),
            "seconds": round(time.perf_counter() - started, 1),
            "figures": [figure.as_json() for figure in figures],
        }
        missed += sum(figure.met is False for figure in figures)
        sys.stdout.write(_table(name, figures))
        sys.stdout.flush()
    write_sections(FOLDER / "decisions.json", measured)
    sys.stdout.write(f"\n{FOLDER / 'decisions.json'}: {missed} targets missed\n")
    return 1 if missed else 0


def write_sections(file: Path, measured: Mapping[str, object]) -> None:
    """Replace these sections of the file and keep its others; whoever reads it sees the old file or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(file.read_text()) if file.exists() else {}
    kept = {name: section for name, section in known.items() if name in SECTIONS}
    whole = {name: measured.get(name, kept.get(name)) for name in SECTIONS if name in measured or name in kept}
    part = file.with_suffix(".part")
    part.write_text(json.dumps(whole, indent=1) + "\n")
    part.replace(file)


def _table(name: str, figures: list[Figure]) -> str:
    lines = [f"\n{name}"]
    for figure in figures:
        interval = f"{figure.low:9.4f} to {figure.high:9.4f}" if figure.low is not None else " " * 22
        mark = {True: "met", False: "MISSED", None: ""}[figure.met]
        lines.append(f"  {figure.name:<76} {figure.value:10.5f}  {interval}  {figure.target:<22} {mark}".rstrip())
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
