"""How fast 1.47 M basket lines of Complete Journey come in: `python -m benchmarks.import_speed`.

Makes a database of its own beside the configured one, loads the whole demo into it through the importers, checks that
every row arrived, writes var/bench/import_speed.json and a Markdown table, and drops the database. Keys: per table
`rows`, `seconds`, `rows_per_second` (ANALYZE apart); for the whole `convert_seconds`, `import_seconds`,
`client_cpu_seconds`, `server_cpu_seconds` (where /proc shows it), `peak_memory_mb` of this process, `cores`,
`load_average`.
"""

import json
import os
import platform
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "couponsite.settings")
    django.setup()
    from django.conf import settings
    from django.db import connection

    keep = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_import_{os.getpid()}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        result = measure()
    finally:
        connection.creation.destroy_test_db(keep, verbosity=0)
    folder = settings.VAR_DIR / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "import_speed.json").write_text(json.dumps(result, indent=2) + "\n")
    table = markdown(result)
    (folder / "import_speed.md").write_text(table)
    sys.stdout.write(table)


def measure() -> dict[str, Any]:
    """Convert and import into the connected, empty database."""
    from django.db import connection
    from django.utils import timezone

    from coupons.importing.runs import Options
    from coupons.models import ImportRun
    from recommender.datasets import complete_journey, demo
    from recommender.models import BehaviorEvent

    source, now = complete_journey.default_source(), timezone.now()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "demo"
        began = time.monotonic()
        manifest = complete_journey.convert(source, target, now=now)
        convert_seconds = time.monotonic() - began
        began, cpu = time.monotonic(), time.process_time()
        demo.load_demo(source=source, target=target, now=now, options=Options(), say=lambda _line: None)
        import_seconds, client_cpu = time.monotonic() - began, time.process_time() - cpu
    for table, rows in manifest.rows.items():
        run = ImportRun.objects.get(table=table)
        if (run.rows_new, run.rows_rejected) != (rows, 0):
            raise SystemExit(f"{table}: {run.rows_new} of {rows} rows arrived, {run.rows_rejected} were rejected")
    if BehaviorEvent.objects.count() != manifest.rows["events"]:
        raise SystemExit("events are missing")
    return {
        "tables": {run.table: speed(run) for run in ImportRun.objects.order_by("pk")},
        "convert_seconds": round(convert_seconds, 1),
        "import_seconds": round(import_seconds, 1),
        "client_cpu_seconds": round(client_cpu, 1),
        "server_cpu_seconds": server_cpu_seconds(connection),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "machine": platform.machine(),
        "python": platform.python_version(),
        "postgres": getattr(connection, "pg_version", None),  # this backend has it, Django's types do not
    }


def speed(run: Any) -> dict[str, float]:
    seconds = (run.finished_at - run.started_at).total_seconds()
    return {"rows": run.rows_read, "seconds": round(seconds, 2), "rows_per_second": round(run.rows_read / seconds)}


def server_cpu_seconds(connection: Any) -> float | None:
    """Processor time of this connection's server process; None where it runs on another machine or system."""
    try:
        fields = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def markdown(result: dict[str, Any]) -> str:
    rows = [
        f"| {name} | {table['rows']:,} | {table['seconds']:.1f} | {table['rows_per_second']:,} |"
        for name, table in result["tables"].items()
    ]
    facts = (
        f"Converted in {result['convert_seconds']} s, imported in {result['import_seconds']} s "
        f"({result['client_cpu_seconds']} CPU-s here, {result['server_cpu_seconds']} in Postgres), "
        f"{result['peak_memory_mb']} MB at most, {result['cores']} cores, load {result['load_average']:.1f}."
    )
    return "\n".join(["| table | rows | seconds | rows/s |", "|---|---|---|---|", *rows, "", facts, ""])


if __name__ == "__main__":
    main()
