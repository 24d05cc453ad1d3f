"""The tables of docs/importing.md, made of the same columns that the importers check. A test holds them equal."""

from coupons.importing.columns import Column, Kind
from coupons.importing.tables import TableImport


def describe(table: TableImport) -> str:
    """A file's columns as a Markdown table."""
    rows = [f"| `{column.name}` | {_kind(column)} | {_needed(column)} | {_text(column)} |" for column in table.columns]
    return "\n".join(["| column | type | needed | meaning |", "|---|---|---|---|", *rows])


def _kind(column: Column) -> str:
    if column.choices is not None:
        return "word" if len(column.choices) <= 10 else "name"
    if column.kind == Kind.TEXT and column.max_length:
        return f"text, at most {column.max_length}"
    if column.minimum is not None and column.maximum is not None and column.maximum < 2**31 - 1:
        return f"{column.kind.value}, {column.minimum} to {column.maximum}"
    return f"{column.kind.value}, from {column.minimum}" if column.minimum is not None else column.kind.value


def _needed(column: Column) -> str:
    return "yes" if column.required else ""


def _text(column: Column) -> str:
    few = column.choices is not None and len(column.choices) <= 10
    words = ", ".join(f"`{word}`" for word in sorted(column.choices or ())) if few else ""
    return f"{column.help} ({words})" if words else column.help
