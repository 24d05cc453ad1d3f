"""Codes of a shop's own into a batch: the file is tried first in a transaction that is undone, then read for good."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir
from typing import IO, Any
from uuid import UUID, uuid4

import openpyxl
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coupons.enums import BatchStatus
from coupons.models import CodeBatch, Coupon
from coupons.services import ImportedCodes, import_codes, write_audit

MOST_SHOWN = 200
REASONS = {
    "empty": _("it is empty"),
    "letters and digits are expected": _("letters and digits are expected"),
    "known already": _("it is known already"),
    "longer than 40 characters": _("it is longer than 40 characters"),
}


class CodeFileForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("For example Leaflet, May"))
    uses_per_code = forms.IntegerField(
        label=_("Uses per code"), min_value=1, required=False, initial=1, help_text=_("Blank for any number")
    )
    file = forms.FileField(label=_("File"), help_text=_("CSV or XLSX; the codes are in its first column"))


class CodeFilePage:
    """Part of CouponAdmin."""

    admin_site: Any
    opts: Any

    def import_codes_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Try a file and say what it would bring; on confirmation read the same file for good."""
        coupon = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if not isinstance(coupon, Coupon):
            raise Http404
        if not request.user.has_perm("coupons.add_codebatch"):
            raise PermissionDenied
        if "confirm" in request.POST:
            return self._read(request, coupon)
        form = CodeFileForm(request.POST or None, request.FILES or None)
        context: dict[str, Any] = {"form": form}
        if request.method == "POST" and form.is_valid():
            context |= self._try(request, coupon, form)
        page = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Import codes for %(coupon)s") % {"coupon": coupon},
            "back": reverse("admin:coupons_coupon_change", args=[coupon.pk]),
            **context,
        }
        return TemplateResponse(request, "admin/coupons/coupon/import_codes.html", page)

    def _try(self, request: HttpRequest, coupon: Coupon, form: CodeFileForm) -> dict[str, Any]:
        data = form.cleaned_data
        key = uuid4()
        path = _path(request, key)
        with path.open("wb") as file:
            for chunk in data["file"].chunks():
                file.write(chunk)
        try:
            with transaction.atomic():
                found = _load(coupon, data["name"], data["uses_per_code"], path)
                transaction.set_rollback(True)
        except (ValueError, OSError, KeyError) as error:
            path.unlink(missing_ok=True)
            form.add_error("file", gettext("It cannot be read: %(why)s") % {"why": error})
            return {}
        return {"found": found, "key": key, "bad": told(found), "bad_n": len(found.bad) + found.more_bad}

    def _read(self, request: HttpRequest, coupon: Coupon) -> HttpResponse:
        page = reverse("admin:coupons_coupon_import_codes", args=[coupon.pk])
        try:
            path = _path(request, UUID(request.POST.get("key", "")))
            uses = int(request.POST["uses_per_code"]) if request.POST.get("uses_per_code") else None
        except ValueError:
            path, uses = Path("missing"), None
        if not path.is_file():
            messages.error(request, gettext("The file is no longer here. Choose it again."))
            return HttpResponseRedirect(page)
        with transaction.atomic():
            found = _load(coupon, request.POST.get("name", "")[:100] or path.stem, uses, path)
            batch = CodeBatch.objects.filter(coupon=coupon).latest("pk")
            write_audit(
                actor=f"user:{request.user.pk}", action="import_codes", subject=coupon, before={},
                after={"batch": batch.pk, "codes": found.new},
            )  # fmt: skip
        path.unlink(missing_ok=True)
        messages.success(request, gettext("%(n)s codes were imported.") % {"n": f"{found.new:,}"})
        return HttpResponseRedirect(reverse("admin:coupons_codebatch_change", args=[batch.pk]))


def _path(request: HttpRequest, key: UUID) -> Path:
    """Where this person's file waits for the confirmation; the name holds nothing that they typed."""
    return Path(gettempdir()) / f"codes-{request.user.pk}-{key}"


def _load(coupon: Coupon, name: str, uses: int | None, path: Path) -> ImportedCodes:
    batch = CodeBatch.objects.create(coupon=coupon, name=name, size=0, uses_per_code=uses, status=BatchStatus.DONE)
    with path.open("rb") as file:
        return import_codes(batch=batch, lines=lines_of(file))


def lines_of(file: IO[bytes]) -> Iterator[str]:
    """CSV lines of either kind of file, one at a time. Raises ValueError for one that is neither."""
    start = file.read(4)
    file.seek(0)
    if start == b"PK\x03\x04":
        sheet = openpyxl.load_workbook(file, read_only=True).active
        out = io.StringIO()
        for row in sheet.iter_rows(max_col=1, values_only=True) if sheet is not None else ():
            out.seek(0)
            out.truncate()
            csv.writer(out).writerow(["" if row[0] is None else str(row[0])])
            yield out.getvalue()
        return
    yield from io.TextIOWrapper(file, encoding="utf-8-sig", newline="")


def told(found: ImportedCodes) -> list[dict[str, Any]]:
    """The first bad lines in words."""
    return [
        {"line": bad.line, "value": bad.value, "text": str(REASONS.get(bad.reason, bad.reason))}
        for bad in found.bad[:MOST_SHOWN]
    ]
