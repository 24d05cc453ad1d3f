"""How the admin looks and is laid out: the UNFOLD setting.

Colours here are the same as in static/admin-ours/tokens.css; Unfold wants its two ramps as settings.
"""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _


def _asset(name: str) -> Callable[[HttpRequest], str]:
    return lambda _request: static(f"admin-ours/{name}")


def _may_view(model: str) -> Callable[[HttpRequest], bool]:
    app, name = model.rsplit("_", 1)
    return lambda request: request.user.has_perm(f"{app}.view_{name}")


def _plural(model: str) -> str:
    app, name = model.rsplit("_", 1)
    return str(capfirst(str(apps.get_model(app, name)._meta.verbose_name_plural)))


_title = lazy(_plural, str)
"""Of a list: settings are read before there are models."""


def _list(icon: str, model: str) -> dict[str, Any]:
    """A link to the list of `app_model`, by the name the list has, shown to those who may view it."""
    return {
        "title": _title(model),
        "icon": icon,
        "link": reverse_lazy(f"admin:{model}_changelist"),
        "permission": _may_view(model),
    }


def _group(title: Any, items: list[dict[str, Any]], *, collapsible: bool = False) -> dict[str, Any]:
    return {"title": title, "separator": True, "collapsible": collapsible, "items": items}


PETROL = {
    "50": "#ecf8fb",
    "100": "#d2eef5",
    "200": "#a8deea",
    "300": "#70c7da",
    "400": "#35a9c3",
    "500": "#1a91ad",
    "600": "#0b7490",
    "700": "#0c5e76",
    "800": "#114d60",
    "900": "#134151",
    "950": "#062936",
}
"""The one brand colour."""

SLATE = {
    "50": "#f7f9fa",
    "100": "#eef2f4",
    "200": "#dfe5e9",
    "300": "#c5ced5",
    "400": "#9aa8b3",
    "500": "#5a6874",
    "600": "#414d57",
    "700": "#364049",
    "800": "#2b353d",
    "900": "#192025",
    "950": "#11161a",
}

NAVIGATION = [
    {
        "title": None,
        "items": [{"title": _("Home"), "icon": "home", "link": reverse_lazy("admin:index")}],
    },
    _group(
        _("Promote"),
        [
            _list("campaign", "coupons_campaign"),
            _list("sell", "coupons_coupon"),
            _list("password", "coupons_couponcode"),
            _list("savings", "coupons_budget"),
            _list("account_balance_wallet", "coupons_coupongrant"),
            _list("receipt_long", "coupons_redemption"),
        ],
    ),
    _group(
        _("Recommend"),
        [
            _list("model_training", "recommender_trainingrun"),
            _list("layers", "recommender_modelversion"),
            _list("rule", "recommender_policy"),
            _list("science", "recommender_experiment"),
            _list("recommend", "recommender_recommendation"),
            _list("trending_up", "recommender_popularcoupon"),
            _list("visibility", "recommender_impression"),
            _list("account_tree", "recommender_slatelog"),
        ],
    ),
    _group(
        _("Shop"),
        [
            _list("groups", "coupons_shopper"),
            _list("timeline", "recommender_behaviorevent"),
            _list("inventory_2", "coupons_product"),
            _list("account_tree", "coupons_category"),
            _list("label", "coupons_brand"),
            _list("location_on", "coupons_place"),
            _list("upload_file", "coupons_importrun"),
            _list("report", "recommender_rejectedevent"),
            {
                "title": _("Demo shop"),
                "icon": "shopping_bag",
                "link": reverse_lazy("shop:home"),
                "permission": lambda _request: bool(getattr(settings, "DEMO_SHOP", False)),
            },
        ],
    ),
    _group(
        _("System"),
        [
            _list("schedule", "django_celery_beat_periodictask"),
            _list("history", "coupons_auditentry"),
            _list("key", "coupons_apikey"),
            _list("webhook", "coupons_webhookendpoint"),
            _list("storefront", "coupons_channel"),
            _list("badge", "auth_user"),
            _list("admin_panel_settings", "auth_group"),
        ],
        collapsible=True,
    ),
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Coupon platform"),
    "SITE_HEADER": _("Coupon platform"),
    "SITE_SUBHEADER": _("Personal coupons"),
    "SITE_SYMBOL": "sell",
    "SITE_URL": None,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _asset("favicon.svg")}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "base": SLATE,
        "primary": PETROL,
        "font": {
            "subtle-light": "#5a6874",
            "subtle-dark": "#9aa8b3",
            "default-light": "#364049",
            "default-dark": "#c9d2d9",
            "important-light": "#161c21",
            "important-dark": "#f1f5f7",
        },
    },
    "STYLES": [_asset("tokens.css"), _asset("shell.css"), _asset("parts.css"), _asset("guide.css")],
    "SCRIPTS": [_asset("charts.js"), _asset("labels.js")],
    "DASHBOARD_CALLBACK": "recommender.dashboard.dashboard",
    "COMMAND": {"search_models": False, "show_history": False},
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": NAVIGATION},
}
