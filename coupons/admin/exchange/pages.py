"""The pages of django-import-export in our words: what would change, what is wrong where, and the bad lines to mend."""

import csv
import io
from typing import Any
from uuid import uuid4

from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import CSV, XLSX
from unfold.contrib.import_export.forms import ExportForm, ImportForm

KEPT_S = 3_600
MOST_SHOWN = 200


class ExchangePages(ImportExportModelAdmin):  # type: ignore[misc]  # ships no types
    """Part of an admin page; `import_needs` and `export_needs` are permissions by name."""

    formats = import_formats = export_formats = [CSV, XLSX]
    import_form_class = ImportForm
    export_form_class = ExportForm
    import_template_name = "admin/coupons/import.html"
    import_needs: tuple[str, ...] = ()
    export_needs: tuple[str, ...] = ()
    show_change_form_export = False

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms(self.import_needs)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms(self.export_needs)

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_bad_lines"
        bad = path("import/bad-lines/<uuid:key>.csv", self.admin_site.admin_view(self.bad_lines_view), name=name)
        return [bad, *super().get_urls()]

    def import_action(self, request: HttpRequest, **options: Any) -> HttpResponse:
        """The library's page with its result told as rows of problems and counts."""
        answer: Any = super().import_action(request, **options)
        result = getattr(answer, "context_data", {}).get("result")
        if result is not None:
            faults = faults_of(result)
            context = {
                "faults": faults[:MOST_SHOWN],
                "faults_n": len(faults),
                "counts": counts_of(result),
                "shown": [row for row in result.valid_rows()[:MOST_SHOWN] if row.import_type != "skip"],
            }
            if faults:
                context["bad_lines"] = self._keep(request, result)
            answer.context_data |= context
        return answer  # type: ignore[no-any-return]

    def _keep(self, request: HttpRequest, result: Any) -> str:
        """The bad lines as a file for an hour, for this person; returns where."""
        key = uuid4()
        cache.set(f"bad-lines-{request.user.pk}-{key}", bad_lines(result), KEPT_S)
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_bad_lines", args=[key])

    def bad_lines_view(self, request: HttpRequest, key: Any) -> HttpResponse:
        if not self.has_import_permission(request):
            raise PermissionDenied
        content = cache.get(f"bad-lines-{request.user.pk}-{key}")
        if content is None:
            raise Http404
        headers = {"Content-Disposition": 'attachment; filename="bad-lines.csv"', "Cache-Control": "no-store"}
        return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


def faults_of(result: Any) -> list[dict[str, Any]]:
    """One entry a problem: line of the file (2 is the first of data), column, what stands there, what is wrong."""
    headers = list(result.diff_headers)
    found: list[dict[str, Any]] = [
        {"line": "", "column": "", "value": "", "text": str(error.error)} for error in result.base_errors
    ]
    if found:  # the file as a whole is no good: its lines say nothing
        return found
    for row in result.invalid_rows:
        values = dict(zip(headers, row.values, strict=False))
        for name, texts in row.field_specific_errors.items():
            for text in texts:
                found.append({"line": row.number + 1, "column": name, "value": values.get(name, ""), "text": text})
        found += [{"line": row.number + 1, "column": "", "value": "", "text": t} for t in row.non_field_specific_errors]
    for line, errors in result.row_errors():
        found += [{"line": line + 1, "column": "", "value": "", "text": str(each.error)} for each in errors]
    return sorted(found, key=lambda fault: fault["line"] or 0)


def counts_of(result: Any) -> list[tuple[str, int]]:
    totals = result.totals
    return [
        (gettext("New"), totals["new"]),
        (gettext("Changed"), totals["update"]),
        (gettext("Unchanged"), totals["skip"]),
        (gettext("With errors"), totals["invalid"] + totals["error"]),
    ]


def bad_lines(result: Any) -> str:
    """CSV of the lines that were not accepted, as they stood, with a column more that says why."""
    told: dict[int, list[str]] = {}
    for fault in faults_of(result):
        if fault["line"]:
            text = f"{fault['column']}: {fault['text']}" if fault["column"] else str(fault["text"])
            told.setdefault(fault["line"], []).append(text)
    out = io.StringIO()
    writer = csv.writer(out)
    rows = {number + 1: row.row_values for number, row in enumerate(result.rows, start=1) if number + 1 in told}
    names = list(next(iter(rows.values()), {}) or {})
    writer.writerow([*names, "problem"])
    for line, values in sorted(rows.items()):
        writer.writerow([*((values or {}).get(name, "") for name in names), "; ".join(told[line])])
    return out.getvalue()
