"""What our lists have in common: no full counts, one query for the rows and none per row."""

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


class BigTableAdmin(PlatformAdmin):
    """For tables that may hold millions: pages are walked, never counted, and lists start with the newest."""

    paginator = InfinitePaginator
    show_full_result_count = False
    ordering: tuple[str, ...] = ("-pk",)
    show_facets = DjangoModelAdmin.show_facets.NEVER
    actions = None
    sortable_by: tuple[str, ...] | None = ()
    """Sorting reads the whole table; lists that are small enough name their columns."""


class ReadOnly:
    """Rows that the platform writes and nobody edits: history, ledgers, results."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  (Django's signature)
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False
