"""Channels and API keys. A key's plaintext is in one answer only: it is never stored and never in a cookie."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant

from coupons.admin.base import Kept, PlatformAdmin
from coupons.admin.display import pill
from coupons.enums import KeyKind, Scope
from coupons.models import ApiKey, Channel
from coupons.services.api_keys import check_origins, create_api_key, revoke_api_key
from coupons.timezones import is_timezone


class ChannelForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Channel
        fields = ("name", "slug", "kind", "currency", "timezone")

    def clean_currency(self) -> str:
        code: str = self.cleaned_data["currency"].strip().upper()
        if not (len(code) == 3 and code.isascii() and code.isalpha()):
            raise ValidationError(gettext("Three letters are expected, for example USD"))
        return code

    def clean_timezone(self) -> str:
        name: str = self.cleaned_data["timezone"]
        if not is_timezone(name):
            raise ValidationError(gettext("There is no such time zone, for example Europe/Berlin"))
        return name


@admin.register(Channel)
class ChannelAdmin(Kept, PlatformAdmin):
    form = ChannelForm
    list_display = ("name", "slug", "kind", "currency", "timezone")
    search_fields = ("name", "slug")
    ordering = ("name",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        """The ledger's amounts are in the currency, and clients go by the slug: both stay."""
        return ("slug", "currency") if obj else ()


DEFAULT_SCOPES = (Scope.READ_RECOMMENDATIONS, Scope.WRITE_EVENTS)
"""What nearly every key needs; the rest is ticked on purpose."""


class NewKeyForm(forms.Form):
    """What a new key is for."""

    name = forms.CharField(label=_("name"), max_length=100, help_text=_("Who will use it, for example Web shop"))
    channel = forms.ModelChoiceField(label=_("channel"), queryset=Channel.objects.order_by("name"))
    kind = forms.ChoiceField(label=_("kind"), choices=KeyKind.choices, initial=KeyKind.SERVER)
    scopes = forms.MultipleChoiceField(
        label=_("scopes"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple, initial=DEFAULT_SCOPES
    )
    allowed_origins = forms.CharField(
        label=_("allowed origins"),
        required=False,
        help_text=_("Only for a browser's key: pages of other sites that may use it, one a line"),
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "https://shop.example"}),
    )

    def clean(self) -> dict[str, Any]:
        """Origins as a list, each of them one."""
        data = {**(super().clean() or {})}
        data["allowed_origins"] = data.get("allowed_origins", "").split()
        try:
            check_origins(data["allowed_origins"], kind=data.get("kind", KeyKind.SERVER))
        except ValueError as error:
            self.add_error("allowed_origins", str(error).removeprefix("allowed_origins: "))
        return data


@admin.register(ApiKey)
class ApiKeyAdmin(PlatformAdmin):
    list_display = ("name", "prefix", "state", "kind", "channel", "scope_list", "created_at")
    list_filter = ("kind", "channel")
    list_select_related = ("channel",)
    search_fields = ("name", "=prefix")
    ordering = ("-created_at",)
    readonly_fields = ("prefix", "state", "kind", "channel", "scope_list", "created_at", "revoked_at")
    fields = (
        "name", "prefix", "state", "kind", "channel", "scope_list", "allowed_origins", "requests_per_minute",
        "created_at", "revoked_at",
    )  # fmt: skip
    actions_detail = ("revoke",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Keys are revoked, so that what they did stays explained."""
        return False

    @display(description=_("status"))
    def state(self, key: ApiKey) -> str:
        return pill(gettext("Revoked"), "bad", "block") if key.revoked_at else pill(gettext("In use"), "ok")

    @display(description=_("scopes"))
    def scope_list(self, key: ApiKey) -> str:
        """In words; one that is no longer known stays as it was."""
        named = dict(Scope.choices)
        return ", ".join(str(named.get(scope, scope)) for scope in key.scopes)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:  # noqa: ARG002
        """Ask what the key is for, then show its plaintext in the answer to that very request."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewKeyForm(request.POST or None)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": gettext("New API key")}
        if request.method == "POST" and form.is_valid():
            key, plaintext = create_api_key(**form.cleaned_data)
            self.log_addition(request, key, [{"added": {}}])
            context |= {"key": key, "plaintext": plaintext}
            answer = TemplateResponse(request, "admin/coupons/apikey/created.html", context)
            answer.headers["Cache-Control"] = "no-store"
            return answer
        return TemplateResponse(request, "admin/coupons/apikey/new.html", {**context, "form": form})

    @action(  # type: ignore[untyped-decorator]  # Unfold ships no types
        description=_("Revoke…"), url_path="revoke", icon="block", permissions=["change"], variant=ActionVariant.DANGER
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and on POST refuse the key from now on."""
        key = cast("ApiKey | None", self.get_object(request, object_id))
        if key is None:
            raise Http404
        page = reverse("admin:coupons_apikey_change", args=[key.pk])
        if request.method == "POST":
            revoke_api_key(key=key, now=timezone.now())
            self.log_change(request, key, gettext("Revoked"))
            messages.success(request, gettext("%(name)s is revoked. Requests with it are refused.") % {"name": key})
            return HttpResponseRedirect(page)
        return TemplateResponse(
            request,
            "admin/confirm.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": gettext("Revoke %(name)s") % {"name": key.name},
                "points": [
                    gettext("Requests with this key are refused from now on."),
                    gettext("It cannot be undone; make a new key instead."),
                ],
                "submit": gettext("Revoke the key"),
                "final": True,
                "back": page,
            },
        )
