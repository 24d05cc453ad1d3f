"""What is done to one row on a page of its own: who may, a question first, and what came of it."""

from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from recommender.admin.policy_words import refusal_text
from recommender.services.policies import PolicyError

Row = TypeVar("Row", bound=models.Model)


class Steps(Generic[Row]):
    """Mixed into a ModelAdmin. `refusal` is what its services raise, `related` what its pages read of other tables."""

    refusal: ClassVar[type[PolicyError]]
    related: ClassVar[tuple[str, ...]]
    model: type[Row]
    opts: Any
    admin_site: Any

    def row(self, pk: int) -> Row | None:
        return self.model._default_manager.select_related(*self.related).filter(pk=pk).first()

    def row_for(self, request: HttpRequest, pk: int, *permissions: str) -> Row:
        """The row for somebody with any of the permissions. Raises PermissionDenied, Http404."""
        if not any(request.user.has_perm(permission) for permission in permissions):
            raise PermissionDenied
        row = self.row(pk)
        if row is None:
            raise Http404
        return row

    def url(self, name: str, row: Row) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=[row.pk])

    def attempt(
        self, request: HttpRequest, row: Row, act: Callable[[], object], said: str, then: str = ""
    ) -> HttpResponse:
        """Do it and say so, or say why not; back to the row's page, or on to `then`."""
        try:
            act()
        except self.refusal as error:
            messages.error(request, refusal_text(error))
            return HttpResponseRedirect(self.url("change", row))
        messages.success(request, said)
        return HttpResponseRedirect(then or self.url("change", row))

    def ask(
        self,
        request: HttpRequest,
        row: Row,
        title: str,
        points: list[str],
        submit: str,
        *,
        form: forms.Form | None = None,
        blocked: str = "",
    ) -> HttpResponse:
        """The question before it, with what it will do. `blocked` says why it cannot be done."""
        context = {
            "title": title,
            "points": points,
            "submit": submit,
            "form": form,
            "blocked": blocked,
            "back": self.url("change", row),
        }
        return self.page(request, "admin/confirm.html", context)

    def page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, template, shared | context)
