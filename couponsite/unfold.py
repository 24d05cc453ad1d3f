"""How the admin looks and is laid out: the UNFOLD setting.

Colours here are the same as in static/admin-ours/tokens.css; Unfold wants its two ramps as settings.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _asset(name: str) -> Callable[[HttpRequest], str]:
    return lambda _request: static(f"admin-ours/{name}")


def _may_view(model: str) -> Callable[[HttpRequest], bool]:
    app, name = model.split("_", 1)
    return lambda request: request.user.has_perm(f"{app}.view_{name}")


def _list(title: Any, icon: str, model: str) -> dict[str, Any]:
    """A link to the list of `app_model`, shown to those who may view it."""
    return {
        "title": title,
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
            _list(_("Campaigns"), "campaign", "coupons_campaign"),
            _list(_("Coupons"), "sell", "coupons_coupon"),
            _list(_("Budgets"), "savings", "coupons_budget"),
            _list(_("Wallets"), "account_balance_wallet", "coupons_coupongrant"),
            _list(_("Ledger"), "receipt_long", "coupons_redemption"),
        ],
    ),
    _group(
        _("Recommend"),
        [
            _list(_("Training runs"), "model_training", "recommender_trainingrun"),
            _list(_("Models"), "layers", "recommender_modelversion"),
            _list(_("Policies"), "rule", "recommender_policy"),
            _list(_("Experiments"), "science", "recommender_experiment"),
            _list(_("Recommendations"), "recommend", "recommender_recommendation"),
            _list(_("Impressions"), "visibility", "recommender_impression"),
            _list(_("Decisions"), "account_tree", "recommender_slatelog"),
        ],
    ),
    _group(
        _("Shop"),
        [
            _list(_("Shoppers"), "groups", "coupons_shopper"),
            _list(_("Behaviour events"), "timeline", "recommender_behaviorevent"),
            _list(_("Products"), "inventory_2", "coupons_product"),
            _list(_("Categories"), "account_tree", "coupons_category"),
            _list(_("Brands"), "label", "coupons_brand"),
            _list(_("Imports"), "upload_file", "coupons_importrun"),
            _list(_("Rejected events"), "report", "recommender_rejectedevent"),
        ],
    ),
    _group(
        _("System"),
        [
            _list(_("Jobs"), "schedule", "django_celery_beat_periodictask"),
            _list(_("Audit trail"), "history", "coupons_auditentry"),
            _list(_("API keys"), "key", "coupons_apikey"),
            _list(_("Channels"), "storefront", "coupons_channel"),
            _list(_("Staff"), "badge", "auth_user"),
            _list(_("Roles"), "admin_panel_settings", "auth_group"),
        ],
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
