"""The addresses of the admin's pages, for whoever opens them all: axe, and the pictures."""

from collections.abc import Mapping

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.db import models
from django.test import RequestFactory
from django.urls import reverse

Rows = Mapping[type[models.Model], models.Model]
"""A row of each table; a table without one has no pages of a row."""

ALONE = (
    "index", "coupons_coupon_changelist", "coupons_campaign_add", "coupons_coupon_import",
    "recommender_trainingrun_train_now", "django_celery_beat_periodictask_add",
)  # fmt: skip
OF_A_ROW = (
    "coupons_campaign_change", "coupons_coupon_change", "coupons_coupon_preview", "coupons_shopper_change",
    "recommender_trainingrun_change", "recommender_modelversion_change", "recommender_modelversion_activate",
    "recommender_policy_change", "recommender_policy_edit", "recommender_experiment_change",
)  # fmt: skip
FURTHER = {
    "coupons_campaign": ("duplicate", "submit", "archive"),
    "coupons_coupon": ("import_codes", "generate_codes", "history"),
    "coupons_coupongrant": ("take_back",),
    "coupons_shopper": ("edit", "erase"),
    "recommender_trainingrun": ("mail", "stop"),
    "recommender_modelversion": ("shadow",),
    "recommender_policy": ("preview", "copy", "discard", "promote"),
    "recommender_experiment": ("edit", "start", "stop", "discard"),
}


def own_pages(rows: Rows) -> list[str]:
    """Those with a template of their own, and one of each kind of the frame's; home is the first."""
    keys = {_label(model): quote(row.pk) for model, row in rows.items()}
    of_rows = [(name, keys.get(name.rsplit("_", 1)[0])) for name in OF_A_ROW]
    return [
        *(reverse(f"admin:{name}") for name in ALONE),
        *(reverse(f"admin:{name}", args=[key]) for name, key in of_rows if key),
    ]


def all_pages(rows: Rows, user: User) -> list[str]:
    """Home, what is our own, and of every table the list, a row's page, and the forms to add and to delete."""
    request = RequestFactory().get("/")
    request.user = user
    alone = ("password_change", "recommender_modelversion_compare", "recommender_modelversion_rollback")
    paths = [*own_pages(rows), *(reverse(f"admin:{name}") for name in alone)]
    for model, at in admin.site._registry.items():
        label = _label(model)
        paths.append(reverse(f"admin:{label}_changelist"))
        if model in rows:
            delete = ("delete",) if at.has_delete_permission(request, rows[model]) else ()
            pages = ("change", *delete, *FURTHER.get(label, ()))
            paths += [reverse(f"admin:{label}_{page}", args=[quote(rows[model].pk)]) for page in pages]
        if at.has_add_permission(request):
            paths.append(reverse(f"admin:{label}_add"))
    return list(dict.fromkeys(paths))


def _label(model: type[models.Model]) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"
