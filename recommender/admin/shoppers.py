"""The shopper's page with what the recommender knows: interests, a year of visits, present coupons and why."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext

from coupons.admin.shoppers import ShopperAdmin
from coupons.models import Shopper
from recommender.admin.shopper_page import shopper_page

admin.site.unregister(Shopper)


@admin.register(Shopper)
class ShopperWithInterestsAdmin(ShopperAdmin):
    def get_urls(self) -> list[URLPattern]:
        edit = path("<path:object_id>/edit/", self.admin_site.admin_view(self.edit_view), name="coupons_shopper_edit")
        return [edit, *super().get_urls()]

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
            "may_edit": self.has_change_permission(request, shopper),
        }
        return TemplateResponse(request, "admin/coupons/shopper/page.html", context)

    def edit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form: attributes, and whether coupons are personal."""
        answer: HttpResponse = super().change_view(request, object_id)
        return answer
