"""Write the OpenAPI document to a file, members in a fixed order: what the clients are generated from."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer


class Command(BaseCommand):
    help = "Writes the OpenAPI document as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        content = json.loads(OpenApiJsonRenderer().render(document, renderer_context={}))
        options["file"].write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
