"""Staff and their roles, in the same dress as everything else; permissions in words."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from coupons.admin.base import PlatformAdmin
from coupons.admin.display import EMPTY

admin.site.unregister(User)
admin.site.unregister(Group)

VERBS = {"add": _("add"), "change": _("change"), "delete": _("delete"), "view": _("view")}


def permission_words(permission: Permission) -> str:
    """`Campaigns: change`, or what a permission of ours says of itself."""
    model = permission.content_type.model_class()
    if model is None:
        return permission.name
    verb, _sep, of = permission.codename.partition("_")
    does = VERBS[verb] if verb in VERBS and of == model._meta.model_name else gettext(permission.name)
    return f"{capfirst(str(model._meta.verbose_name_plural))}: {does}"


def permissions_on_offer() -> QuerySet[Permission]:
    """Those that a list of the admin asks for; the tables without one have permissions that nothing asks for."""
    types = ContentType.objects.get_for_models(*admin.site._registry).values()
    found = Permission.objects.filter(content_type__in=[each.pk for each in types])
    return found.select_related("content_type").order_by("content_type__app_label", "content_type__model", "codename")


class PermissionsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return permission_words(obj)


class RolesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return gettext(obj.name)  # the four that a site begins with are in the catalogue


class InWords:
    """The pickers of permissions and roles, and what goes with one that is deleted."""

    opts: Any

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, Any]:
        """Without the rows that tie it to its roles or permissions: a hundred lines that say nothing."""
        found, counts, needed, protected = super().get_deleted_objects(objs, request)  # type: ignore[misc]
        ties = [field.remote_field.through._meta for field in self.opts.local_many_to_many]
        plurals = {str(tie.verbose_name_plural) for tie in ties}
        kept = {name: n for name, n in counts.items() if str(name) not in plurals}
        return _without(found, tuple(f"{capfirst(str(tie.verbose_name))}: " for tie in ties)), kept, needed, protected

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.remote_field.model is Permission:
            kwargs |= {"queryset": permissions_on_offer(), "form_class": PermissionsField}
        elif db_field.remote_field.model is Group:
            kwargs |= {"form_class": RolesField}
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]


def _without(lines: list[Any], beginnings: tuple[str, ...]) -> list[Any]:
    """A nested list of texts without those that begin so."""
    kept = [_without(line, beginnings) if isinstance(line, list) else line for line in lines]
    return [line for line in kept if line != [] and not (isinstance(line, str) and line.startswith(beginnings))]


@admin.register(User)
class UserAdmin(InWords, DjangoUserAdmin, PlatformAdmin):  # type: ignore[type-arg,misc]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "full_name", "email", "roles", "is_active", "last_login")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows: QuerySet[User] = super().get_queryset(request)
        return rows.prefetch_related("groups")

    @display(description=_("name"))
    def full_name(self, user: User) -> str:
        return user.get_full_name() or EMPTY

    @display(description=_("roles"))
    def roles(self, user: User) -> str:
        """An administrator may do everything, with a role and without."""
        if user.is_superuser:
            return gettext("Administrator")
        return ", ".join(gettext(group.name) for group in user.groups.all()) or EMPTY


@admin.register(Group)
class GroupAdmin(InWords, DjangoGroupAdmin, PlatformAdmin):  # type: ignore[misc]
    list_display = ("role",)

    def page_name(self, row: Group) -> str:
        return self.role(row)

    @display(description=_("role"), ordering="name")
    def role(self, group: Group) -> str:
        return gettext(group.name)
