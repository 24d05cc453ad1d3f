"""A file whose lines are records: which columns it must have, how many lines, whose import it is."""

from typing import Any, ClassVar

from django.utils.translation import gettext
from import_export import resources, widgets

MAX_ROWS = 20_000


class Text(widgets.CharWidget):  # type: ignore[misc]  # ships no types
    """As typed; a spreadsheet's 12.0 is 12."""

    def clean(self, value: Any, row: Any = None, **options: Any) -> str:  # noqa: ARG002
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return str("" if value is None else value).strip()


class YesNo(widgets.BooleanWidget):  # type: ignore[misc]
    def clean(self, value: Any, row: Any = None, **options: Any) -> bool:  # noqa: ARG002
        text = str("" if value is None else value).strip().lower()
        if text in {"", "1", "yes", "true", "y", "1.0"}:
            return True
        if text in {"0", "no", "false", "n", "0.0"}:
            return False
        raise ValueError(gettext("yes or no is expected"))


class LineFile(resources.ModelResource):  # type: ignore[misc]
    """What is the same for every kind of record. `larger_by` names the command that reads larger files."""

    required: ClassVar[tuple[str, ...]]
    larger_by: ClassVar[str]

    class Meta:
        use_transactions = True
        skip_unchanged = True
        report_skipped = True
        store_row_values = True
        clean_model_instances = False

    actor = ""

    def before_import(self, dataset: Any, **options: Any) -> None:
        user = options.get("user")
        self.actor = f"user:{user.pk}" if user is not None else "import"
        missing = [name for name in self.required if name not in (dataset.headers or [])]
        if missing:
            raise ValueError(gettext("The file lacks the columns: %(names)s") % {"names": ", ".join(missing)})
        if len(dataset) > MAX_ROWS:
            text = gettext("A file has at most %(n)s lines here; more are read by the command %(command)s")
            raise ValueError(text % {"n": f"{MAX_ROWS:,}", "command": self.larger_by})

    def get_instance(self, instance_loader: Any, row: Any) -> Any:
        """None for a line whose parent is wrong: it is told with the line's other problems."""
        try:
            return super().get_instance(instance_loader, row)
        except ValueError:
            return None
