"""What our lists have in common: no full counts, one query for the rows and none per row."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin import ModelAdmin as DjangoModelAdmin
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator


class PlatformAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    """The base of every list here."""

    list_per_page = 50
    compressed_fields = False
    warn_unsaved_form = True
    list_filter_submit = True

    def page_name(self, row: Any) -> str:
        """What the header and the question before a deletion call a row."""
        return str(row)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            row.shown_name = self.page_name(row)
        return row

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[tuple[Any, dict[str, Any]]]:
        """Without what is only shown while there is no row to show it of, and without cards that are empty then."""
        found = super().get_fieldsets(request, obj)
        if obj is not None:
            return list(found)
        later = set(self.get_readonly_fields(request, obj))
        kept = [(title, {**options, "fields": _without(options["fields"], later)}) for title, options in found]
        return [(title, options) for title, options in kept if options["fields"]]


class BigTableAdmin(PlatformAdmin):
    """For tables that may hold millions: pages are walked, never counted, and lists start with the newest."""

    paginator = InfinitePaginator
    show_full_result_count = False
    ordering: tuple[str, ...] = ("-pk",)
    show_facets = DjangoModelAdmin.show_facets.NEVER
    actions = None
    sortable_by: tuple[str, ...] | None = ()
    """Sorting reads the whole table; lists that are small enough name their columns."""


class Kept:
    """Rows that are not deleted here: what refers to them stays explained."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  (Django's signature)
        return False


class ShownWithIts:
    """Inlines of tables that have no list: whoever may see the page sees them."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  (Django's signature)
        return True


class ReadOnly(Kept):
    """Rows that the platform writes and nobody edits: history, ledgers, results."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  (Django's signature)
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Without a way to a history that nobody can have written."""
        context = {"show_history": False, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)  # type: ignore[misc]


def _without(fields: Sequence[Any], later: set[Any]) -> list[Any]:
    """A fieldset's names, those of a line in a tuple of their own, without some."""
    found: list[Any] = []
    for field in fields:
        if isinstance(field, list | tuple):
            found += [tuple(left)] if (left := [name for name in field if name not in later]) else []
        elif field not in later:
            found.append(field)
    return found
