"""What an operator can do with a coupon besides editing it: try it on a cart, have codes made."""

import logging
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError as BrokerError
from unfold.decorators import action

from coupons import tasks
from coupons.admin.preview_page import preview_context
from coupons.errors import CouponError
from coupons.models import Coupon
from coupons.services import create_code_batch

logger = logging.getLogger(__name__)


class CodesForm(forms.Form):
    """A batch of codes to be made."""

    name = forms.CharField(label=_("name"), max_length=100, help_text=_("For example Leaflet, May"))
    size = forms.IntegerField(label=_("codes"), min_value=1, max_value=5_000_000, initial=1000)
    # it hides the `prefix` of a form itself, which stays None for a form of its own
    prefix = forms.CharField(label=_("prefix"), max_length=20, required=False)  # type: ignore[assignment]
    uses_per_code = forms.IntegerField(
        label=_("uses per code"), min_value=1, required=False, initial=1, help_text=_("Blank for any number")
    )
    usage_limit = forms.IntegerField(label=_("uses over the batch"), min_value=1, required=False)


class CouponActions:
    """Part of CouponAdmin."""

    actions_detail = ("preview", "generate_codes", "code_file")
    admin_site: Any
    opts: Any

    def has_generate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:  # noqa: ARG002
        return request.user.has_perm("coupons.add_codebatch")

    def _coupon(self, request: HttpRequest, object_id: str) -> Coupon:
        coupon = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if not isinstance(coupon, Coupon):
            raise Http404
        return coupon

    def _context(self, request: HttpRequest, coupon: Coupon, title: str) -> dict[str, Any]:
        back = reverse("admin:coupons_coupon_change", args=[coupon.pk])
        context = {"opts": self.opts, "title": title, "coupon": coupon, "back": back}
        return {**self.admin_site.each_context(request), **context}

    @action(description=_("Preview…"), url_path="preview", icon="visibility", permissions=["view"])  # type: ignore[untyped-decorator]  # Unfold ships no types
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What it would give; a GET, since nothing is written."""
        coupon = self._coupon(request, object_id)
        context = self._context(request, coupon, gettext("Preview of %(coupon)s") % {"coupon": coupon})
        return TemplateResponse(
            request, "admin/coupons/coupon/preview.html", {**context, **preview_context(coupon, request.GET)}
        )

    @action(  # type: ignore[untyped-decorator]
        description=_("Import codes…"), url_path="import-codes-page", icon="upload", permissions=["generate"]
    )
    def code_file(self, request: HttpRequest, object_id: str) -> HttpResponse:  # noqa: ARG002
        return HttpResponseRedirect(_codes_url(object_id))

    @action(  # type: ignore[untyped-decorator]
        description=_("Generate codes…"), url_path="generate-codes", icon="qr_code_2", permissions=["generate"]
    )
    def generate_codes(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for how many; on POST a batch that a worker fills."""
        coupon = self._coupon(request, object_id)
        form = CodesForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                batch = create_code_batch(coupon=coupon, **form.cleaned_data)
            except CouponError as error:
                too_long = error.detail.startswith("prefix")
                form.add_error("prefix" if too_long else None, gettext("It is too long") if too_long else error.detail)
            else:
                transaction.on_commit(lambda: _enqueue(batch.pk))
                messages.success(request, gettext("The codes are being made."))
                return HttpResponseRedirect(reverse("admin:coupons_codebatch_change", args=[batch.pk]))
        context = self._context(request, coupon, gettext("Generate codes for %(coupon)s") % {"coupon": coupon})
        return TemplateResponse(request, "admin/coupons/coupon/codes.html", {**context, "form": form})


def _codes_url(object_id: str) -> str:
    return reverse("admin:coupons_coupon_import_codes", args=[object_id])


def _enqueue(batch_id: int) -> None:
    """Without a task queue the batch stays pending, as its page says."""
    try:
        tasks.generate_codes.delay(batch_id)
    except (BrokerError, OSError):
        logger.exception("Code batch %s could not be queued; run the task again", batch_id)
