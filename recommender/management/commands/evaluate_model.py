"""A saved artefact on the campaigns that were kept from it: a table, and a JSON."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone


class Command(BaseCommand):
    help = (
        "Loads a saved model and judges it on the campaigns that its training kept from it: AUC, NDCG@10 and more of "
        "the stack, of its parts and of popularity. Nothing is changed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--model-path", required=True, help="artefact folder, for example var/models/v0001")
        parser.add_argument("--json", metavar="FILE", help="write the whole report there; - for the terminal")

    def handle(self, *args: Any, **options: Any) -> None:
        from recommender.jobs.judging import judge_saved, judged_folder
        from recommender.jobs.lakes import snapshot_of
        from recommender.jobs.measures import plain
        from recommender.pipeline.evaluation import report_table
        from recommender.registry import ArtefactError, read_manifest

        folder = find_folder(options["model_path"])
        try:
            manifest = read_manifest(folder)
            judged = judged_folder(folder)
            lake = snapshot_of(manifest, now=timezone.now())
            report, _ = judge_saved(folder, lake, manifest["split"]["test"])
        except ArtefactError as error:
            raise CommandError(f"the model is refused: {error}") from None
        except (KeyError, TypeError):
            raise CommandError(f"{folder}: the manifest names no test campaigns") from None
        report = plain({"model": str(folder), "judged": str(judged), "snapshot": lake.folder.name, **report})
        if options["json"] == "-":
            self.stdout.write(json.dumps(report, indent=1))
            return
        for line in _head(report, manifest):
            self.stdout.write(line)
        self.stdout.write(report_table(report))
        if options["json"]:
            _write(Path(options["json"]), report)
            self.stdout.write(f"written: {options['json']}")


def find_folder(given: str) -> Path:
    """The folder itself, or the one of that name below MODEL_DIR. Raises CommandError."""
    for folder in (Path(given), Path(settings.MODEL_DIR) / given):
        if folder.is_dir():
            return folder.resolve()
    raise CommandError(f"--model-path: {given} is no folder, here or in {settings.MODEL_DIR}")


def _head(report: dict[str, Any], manifest: dict[str, Any]) -> list[str]:
    lines = [
        f"{report['candidates']:,} candidates, {report['positives']:,} redeemed, {report['shoppers']:,} shoppers; "
        f"campaigns from {manifest['split']['test_from']} on, snapshot {report['snapshot']}"
    ]
    if report["judged"] != report["model"]:
        lines.append(
            f"judged: {Path(report['judged']).name}, the same model before it was fitted on these campaigns too"
        )
    return lines


def _write(file: Path, report: dict[str, Any]) -> None:
    try:
        file.write_text(json.dumps(report, indent=1) + "\n")
    except OSError as error:
        raise CommandError(f"--json: {error}") from None
