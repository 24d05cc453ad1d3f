"""Form fields for a few rows of small inputs: tiers, hours of the week, lines of a cart. They need no script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coupons.schedule import check_weekly_windows

DAYS = ((1, _("Mon")), (2, _("Tue")), (3, _("Wed")), (4, _("Thu")), (5, _("Fri")), (6, _("Sat")), (7, _("Sun")))
Row = Mapping[str, Any]


def label_as_django(form: forms.BaseForm) -> None:
    """Labels of fields that a form declares itself, written as those that Django makes from a model."""
    for field in form.fields.values():
        field.label = capfirst(field.label) if field.label else field.label


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    label: Any
    placeholder: str = ""
    inputmode: str = "decimal"
    days: bool = False


class RowsWidget(forms.Widget):
    """The rows there are and `extra` empty ones; what is sent comes back as a list of rows of text."""

    def __init__(self, columns: Sequence[Column], *, extra: int = 2, least: int = 0) -> None:
        super().__init__()
        self.columns, self.extra, self.least = columns, extra, least

    def render(
        self,
        name: str,
        value: Any,
        attrs: Mapping[str, Any] | None = None,
        renderer: Any = None,  # noqa: ARG002  (Django's signature)
    ) -> SafeString:
        filled = [row for row in value or [] if any(row.values())]
        count = max(len(filled) + self.extra, self.least)
        rows = [self._cells(name, i, filled[i] if i < len(filled) else {}) for i in range(count)]
        attrs = attrs or {}
        context = {"id": attrs.get("id"), "columns": self.columns, "rows": rows, "disabled": attrs.get("disabled")}
        return mark_safe(render_to_string("admin/coupons/widgets/rows.html", context))  # noqa: S308  a template's output

    def _cells(self, name: str, number: int, row: Row) -> list[dict[str, Any]]:
        return [
            self._cell(f"{name}-{number}-{column.name}", number, column, row.get(column.name))
            for column in self.columns
        ]

    def _cell(self, name: str, number: int, column: Column, value: Any) -> dict[str, Any]:
        label = gettext("%(column)s, row %(number)d") % {"column": column.label, "number": number + 1}
        cell = {"name": name, "label": label, "placeholder": column.placeholder, "inputmode": column.inputmode}
        if column.days:
            on = {str(day) for day in value or []}
            days = [{"value": day, "label": text, "on": str(day) in on} for day, text in DAYS]
            return {**cell, "days": days}
        return {**cell, "value": "" if value is None else value}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:  # noqa: ARG002
        rows: list[dict[str, Any]] = []
        while any(f"{name}-{len(rows)}-{column.name}" in data for column in self.columns):
            start = f"{name}-{len(rows)}-"
            rows.append({column.name: _typed(data, start + column.name, column) for column in self.columns})
        return rows

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not self.value_from_datadict(data, files, name)

    def id_for_label(self, id_: str) -> str:  # noqa: ARG002
        return ""


def _typed(data: Any, key: str, column: Column) -> Any:
    return data.getlist(key) if column.days else data.get(key, "").strip()


class RowsField(forms.Field):
    """Cleans to a list of rows; empty rows are left out, and an error says which row it means."""

    columns: tuple[Column, ...] = ()
    extra, least = 2, 0

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=RowsWidget(self.columns, extra=self.extra, least=self.least), required=False, **kwargs)

    def clean(self, value: Any) -> list[dict[str, Any]]:
        faults: list[str] = []
        rows = []
        for number, row in enumerate(value or [], start=1):
            if not any(row.values()):
                continue
            try:
                rows.append(self.clean_row(row))
            except ValidationError as error:
                row_text = gettext("Row %(number)d: %(fault)s")
                faults += [row_text % {"number": number, "fault": fault} for fault in error.messages]
        if faults:
            raise ValidationError(faults)
        self.check_rows(rows)
        return rows

    def clean_row(self, row: Row) -> dict[str, Any]:
        raise NotImplementedError

    def check_rows(self, rows: Sequence[Row]) -> None:
        """Raise ValidationError for rows that do not go together."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return list(initial or []) != self.clean(data)
        except ValidationError:
            return True


def amount(row: Row, column: Column, *, needed: bool = True) -> Decimal | None:
    """A decimal of a row as typed; None where it is blank and may be. Raises ValidationError."""
    text = str(row.get(column.name) or "")
    if not text and not needed:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0:
        raise ValidationError(gettext("%(column)s: a number such as 30.00 is expected") % {"column": column.label})
    return value


class TiersField(RowsField):
    columns = (
        Column("threshold", _("Spend from"), "200.00"),
        Column("amount", _("Amount off"), "30.00"),
        Column("percent", _("or percent off"), "10"),
    )
    extra, least = 2, 3

    def clean_row(self, row: Row) -> dict[str, Any]:
        threshold, off, percent = self.columns
        found = {
            "threshold": amount(row, threshold),
            "amount": amount(row, off, needed=False),
            "percent": amount(row, percent, needed=False),
        }
        if (found["amount"] is None) == (found["percent"] is None):
            raise ValidationError(gettext("an amount or a percentage is expected, one of the two"))
        return found

    def check_rows(self, rows: Sequence[Row]) -> None:
        thresholds = [row["threshold"] for row in rows]
        if len(set(thresholds)) != len(thresholds):
            raise ValidationError(gettext("Two rows start at the same spend"))


class WindowsField(RowsField):
    """Weekly hours as the campaign stores them."""

    columns = (
        Column("days", _("Days"), days=True),
        Column("from", _("From"), "18:00", "text"),
        Column("to", _("To"), "22:00", "text"),
    )
    extra, least = 1, 2

    def clean_row(self, row: Row) -> dict[str, Any]:
        days = sorted({int(day) for day in row["days"] if str(day).isdigit()})
        window = {"days": days, "from": row["from"], "to": row["to"]}
        if not days:
            raise ValidationError(gettext("choose at least one day"))
        problem = check_weekly_windows([window])
        if problem:
            raise ValidationError(_told(problem))
        return window


def _told(problem: str) -> str:
    if "ends before" in problem:
        return gettext("it ends before it starts; split one that passes midnight in two rows")
    return gettext("times look like 18:00; 24:00 is the end of a day")


class CartField(RowsField):
    """What is in a cart; a blank price is the product's own."""

    columns = (
        Column("product", _("Product (external id)"), "", "text"),
        Column("quantity", _("Quantity"), "1", "numeric"),
        Column("price", _("Price of one"), "25.00"),
    )
    extra, least = 2, 4

    def clean_row(self, row: Row) -> dict[str, Any]:
        text = row["quantity"] or "1"
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 10_000:
            raise ValidationError(gettext("Quantity: a whole number from 1 is expected"))
        price = amount(row, self.columns[2], needed=False)
        if price is None and not row["product"]:
            raise ValidationError(gettext("a product or a price is expected"))
        return {"product": row["product"], "quantity": int(text), "price": price}

    def check_rows(self, rows: Sequence[Row]) -> None:
        if not rows:
            raise ValidationError(gettext("Put something in the cart"))
