"""The shopper's page with what the recommender knows: interests, a year of visits, present coupons and why."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coupons.admin.shoppers import ShopperAdmin
from coupons.admin.state import actor_of
from coupons.models import Shopper
from coupons.services import erase_shopper
from recommender.admin.shopper_page import shopper_page

ERASE = "coupons.erase_shopper"

admin.site.unregister(Shopper)


class EraseForm(forms.Form):
    """The shopper's id, typed: what is erased does not come back."""

    typed = forms.CharField(label=_("Type the shopper's id to confirm"), max_length=64)

    def __init__(self, *args: Any, shopper: Shopper, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shopper = shopper

    def clean_typed(self) -> str:
        typed = str(self.cleaned_data["typed"])
        if typed != self.shopper.external_id:
            words = {"typed": typed, "id": self.shopper.external_id}
            raise forms.ValidationError(gettext("“%(typed)s” is not %(id)s. Nothing was erased.") % words)
        return typed


@admin.register(Shopper)
class ShopperWithInterestsAdmin(ShopperAdmin):
    def get_urls(self) -> list[URLPattern]:
        edit = path("<path:object_id>/edit/", self.admin_site.admin_view(self.edit_view), name="coupons_shopper_edit")
        erase = path("<int:pk>/erase/", self.admin_site.admin_view(self.erase_view), name="coupons_shopper_erase")
        return [edit, erase, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002  (Django's signature)
        extra_context: Any = None,  # noqa: ARG002
    ) -> HttpResponse:
        """What is known of the shopper; the form is behind the button."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        shopper = (
            Shopper.objects.select_related("channel").filter(pk=object_id).first() if object_id.isdecimal() else None
        )
        if shopper is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": shopper,
            "title": gettext("Shopper %(name)s") % {"name": shopper.external_id},
            "page": shopper_page(shopper, now=timezone.now()),
            "may_erase": shopper.erased_at is None and request.user.has_perm(ERASE),
            "may_edit": self.has_change_permission(request, shopper),
        }
        return TemplateResponse(request, "admin/coupons/shopper/page.html", context)

    def edit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form: attributes, and whether coupons are personal."""
        answer: HttpResponse = super().change_view(request, object_id)
        return answer

    def erase_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for the shopper's id, and on POST erase what is held of the shopper."""
        if not request.user.has_perm(ERASE):
            raise PermissionDenied
        shopper = Shopper.objects.filter(pk=pk).first()
        if shopper is None:
            raise Http404
        page = reverse("admin:coupons_shopper_change", args=[shopper.pk])
        form = EraseForm(request.POST or None, shopper=shopper)
        if request.method == "POST" and form.is_valid():
            erase_shopper(shopper=shopper, actor=actor_of(request), now=timezone.now())
            messages.success(request, gettext("What was held of %(shopper)s is erased.") % {"shopper": shopper})
            return HttpResponseRedirect(page)
        points = [
            gettext(
                "Attributes, segments, identities and all that was learnt are deleted; unused coupons are taken back."
            ),
            gettext("What the books need stays: uses and what was given back, by the shop's own id."),
            gettext("This can't be undone."),
        ]
        return TemplateResponse(
            request,
            "admin/confirm.html",
            {
                **self.admin_site.each_context(request), "opts": self.opts, "form": form, "points": points,
                "title": gettext("Erase the data of shopper %(shopper)s") % {"shopper": shopper},
                "submit": gettext("Erase"), "back": page, "final": True,
            },
        )  # fmt: skip
