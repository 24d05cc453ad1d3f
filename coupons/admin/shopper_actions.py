"""What an operator can do with the accounts of a shopper: treat some as one person, take one apart again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from coupons.errors import CouponError
from coupons.models import Shopper
from coupons.services import merge_shoppers, split_shopper

MOST_ACCOUNTS = 20


class ShopperActions:
    """Part of ShopperAdmin; both write the audit log."""

    actions_detail = ("split",)

    @admin.action(description=_("Treat as one person"), permissions=["change"])
    def treat_as_one_person(self, request: HttpRequest, chosen: QuerySet[Shopper]) -> None:
        """The oldest account stands for the person. Limits count for all of them from now on."""
        accounts = list(chosen.order_by("pk")[: MOST_ACCOUNTS + 1])
        if not 2 <= len(accounts) <= MOST_ACCOUNTS:
            messages.error(request, gettext("Choose 2 to %(most)s accounts of one person.") % {"most": MOST_ACCOUNTS})
            return
        for other in accounts[1:]:
            merge_shoppers(keep=accounts[0], other=other, actor=f"user:{request.user.pk}")
        count = len(accounts)
        said = ngettext("%(count)s account is one person.", "%(count)s accounts are one person.", count)
        messages.success(request, said % {"count": count})

    @action(description=_("Take apart"), url_path="split", icon="call_split", permissions=["change"])  # type: ignore[untyped-decorator]  # Unfold ships no types
    def split(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        """Make this account a person of its own again."""
        shopper = Shopper.objects.get(pk=object_id)
        try:
            split_shopper(shopper=shopper, actor=f"user:{request.user.pk}")
        except CouponError as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, gettext("The account is a person of its own now."))
        return HttpResponseRedirect(reverse("admin:coupons_shopper_change", args=[shopper.pk]))
