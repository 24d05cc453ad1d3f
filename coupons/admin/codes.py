"""Codes that shoppers type, and the batches that make them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import action

from coupons.admin.base import BigTableAdmin, Kept, PlatformAdmin, ReadOnly
from coupons.admin.display import choice_pill, number
from coupons.admin.state import refused
from coupons.codes import normalise_code
from coupons.enums import BatchStatus
from coupons.errors import LimitBelowUse
from coupons.models import Channel, CodeBatch, CouponCode
from coupons.services import export_codes

TONES = {
    BatchStatus.PENDING: ("plain", "hourglass_top"),
    BatchStatus.RUNNING: ("info", "autorenew"),
    BatchStatus.DONE: ("ok", "check"),
    BatchStatus.FAILED: ("bad", "close"),
}
REFRESH_S = 3


@admin.register(CodeBatch)
class CodeBatchAdmin(ReadOnly, PlatformAdmin):
    """Batches are asked for on the coupon's page, filled by a worker, and read here."""

    list_display = ("name", "coupon", "size", "made", "state", "created_at")
    list_filter = ("status",)
    list_select_related = ("coupon",)
    search_fields = ("name",)
    ordering = ("-pk",)
    actions_detail = ("download",)
    fields = (
        "name", "coupon", "progress", "state", "error", "prefix", "uses_per_code", "usage_limit", "created_at",
        "finished_at", "uid",
    )  # fmt: skip
    readonly_fields = fields

    def has_export_permission(self, request: HttpRequest, object_id: Any = None) -> bool:  # noqa: ARG002
        """A file of codes is money: seeing a batch is not enough."""
        return request.user.has_perm("coupons.export_codebatch")

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """While codes are being made, the page asks again by itself."""
        answer: HttpResponse = super().change_view(request, *args, **kwargs)
        batch = getattr(answer, "context_data", {}).get("original")
        if isinstance(batch, CodeBatch) and batch.status in {BatchStatus.PENDING, BatchStatus.RUNNING}:
            answer.headers["Refresh"] = str(REFRESH_S)
        return answer

    @display(description=_("status"), ordering="status")
    def state(self, batch: CodeBatch) -> str:
        return choice_pill(batch, "status", TONES)

    @display(description=_("made"), ordering="generated_n")
    def made(self, batch: CodeBatch) -> str:
        return number(batch.generated_n)

    @display(description=_("codes"))
    def progress(self, batch: CodeBatch) -> str:
        percent = 100 * batch.generated_n // batch.size if batch.size else 0
        return format_html(
            '<span class="cp"><progress value="{}" max="{}" aria-label="{}"></progress> {} / {} ({} %)</span>',
            batch.generated_n,
            batch.size,
            _("codes"),
            number(batch.generated_n),
            number(batch.size),
            percent,
        )

    @action(description=_("Download CSV"), url_path="codes.csv", icon="download", permissions=["export"])  # type: ignore[untyped-decorator]  # Unfold ships no types
    def download(self, request: HttpRequest, object_id: str) -> StreamingHttpResponse:
        batch = self.get_object(request, object_id)
        if not isinstance(batch, CodeBatch):
            raise Http404
        headers = {"Content-Disposition": f'attachment; filename="codes-{batch.uid}.csv"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(export_codes(batch=batch), content_type="text/csv; charset=utf-8", headers=headers)


class CodeForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean_usage_limit(self) -> int | None:
        limit: int | None = self.cleaned_data["usage_limit"]
        if limit is not None and limit < self.instance.held_n + self.instance.redeemed_n:
            raise forms.ValidationError(gettext("A limit cannot be set below the uses already taken."))
        return limit


@admin.register(CouponCode)
class CouponCodeAdmin(Kept, BigTableAdmin):
    """Switched off, not deleted."""

    list_display = ("code", "coupon", "batch", "active", "usage_limit", "held_n", "redeemed_n")
    list_filter = (("coupon", AutocompleteSelectFilter), "active")
    list_select_related = ("coupon", "batch")
    search_fields = ("=code_norm",)
    form = CodeForm
    readonly_fields = ("code", "coupon", "batch", "channel", "held_n", "redeemed_n")
    fields = ("code", "coupon", "batch", "channel", "active", "usage_limit", "held_n", "redeemed_n")

    def save_model(self, request: HttpRequest, obj: CouponCode, form: Any, change: bool) -> None:  # noqa: ARG002
        """What was edited alone: the till counts uses in the same row meanwhile."""
        if columns := sorted({"active", "usage_limit"} & set(form.changed_data)):
            obj.save(update_fields=columns)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """A use that was taken while the form was checked may leave no room for its limit."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            return refused(request, LimitBelowUse("usage_limit"), request.path)

    def has_add_permission(self, request: object) -> bool:  # noqa: ARG002
        """Codes come from batches, which make them unguessable."""
        return False

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002  (Django's signature)
        queryset: QuerySet[CouponCode],
        search_term: str,
    ) -> tuple[QuerySet[CouponCode], bool]:
        """A code as people type it, in any case and with dashes; by channel, as the unique index has it."""
        norm = normalise_code(search_term)
        if not norm:
            return queryset, False
        return queryset.filter(code_norm=norm, channel__in=Channel.objects.values("pk")), False
