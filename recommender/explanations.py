"""What the models read of a shopper and a coupon, in words an operator reads. Web half: no model is loaded.

`explained` turns a stored reason into sentences; `pipeline.explanation` says how its features were found.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from coupons.money import format_money

LEVELS = {
    "product": gettext_lazy("the coupon's products"),
    "type": gettext_lazy("products of the coupon's type"),
    "commodity": gettext_lazy("products of the coupon's category"),
    "brand": gettext_lazy("products of the coupon's brand"),
}
HABITS: dict[str, Any] = {
    "trips": ngettext_lazy("Bought %(products)s on %(n)d day", "Bought %(products)s on %(n)d days", "n"),
    "trips_28": gettext_lazy("Bought %(products)s on %(n)d of the last 28 days"),
    "trips_84": gettext_lazy("Bought %(products)s on %(n)d of the last 84 days"),
    "top_trips": gettext_lazy("Bought what they like best of %(products)s %(n)d times"),
    "favourite_trips": gettext_lazy("Bought what they like best of %(products)s %(n)d times"),
    "recency": ngettext_lazy("Bought %(products)s %(n)d day before", "Last bought %(products)s %(n)d days before", "n"),
    "interval": ngettext_lazy("Buys %(products)s every day", "Buys %(products)s about every %(n)d days", "n"),
    "due": gettext_lazy("%(amount)s times the usual interval has passed since they bought %(products)s"),
    "share": gettext_lazy("Spends %(percent)s %% of their money on %(products)s"),
    "share_84": gettext_lazy("Spent %(percent)s %% of their money of the last 84 days on %(products)s"),
    "trip_share": gettext_lazy("Buys %(products)s on %(percent)s %% of their visits"),
    "rate": gettext_lazy("Buys %(products)s on %(percent)s %% of all days"),
    "loyalty": gettext_lazy("%(percent)s %% of what they spend on %(products)s is for those of this coupon"),
    "count": ngettext_lazy(
        "Bought %(n)d different one of %(products)s", "Bought %(n)d different ones of %(products)s", "n"
    ),
    "spend": gettext_lazy("Spent %(money)s on %(products)s"),
    "spend_84": gettext_lazy("Spent %(money)s on %(products)s in the last 84 days"),
    "coupon_lines": ngettext_lazy(
        "Used a coupon %(n)d time for %(products)s", "Used coupons %(n)d times for %(products)s", "n"
    ),
    "coupon_lines_84": ngettext_lazy(
        "Used a coupon %(n)d time for %(products)s in the last 84 days",
        "Used coupons %(n)d times for %(products)s in the last 84 days",
        "n",
    ),
    "coupon_recency": ngettext_lazy(
        "Used a coupon for %(products)s %(n)d day before", "Last used a coupon for %(products)s %(n)d days before", "n"
    ),
    "coupon_share": gettext_lazy("Uses a coupon on %(percent)s %% of the days they buy %(products)s"),
    "known": gettext_lazy("Bought %(percent)s %% of %(products)s before"),
    "saving": gettext_lazy("Saves %(percent)s %% when buying %(products)s"),
    "browsed_28": ngettext_lazy(
        "Looked at %(products)s %(n)d time in the last 28 days",
        "Looked at %(products)s %(n)d times in the last 28 days",
        "n",
    ),
    "shown_28": ngettext_lazy(
        "Was shown a coupon for %(products)s %(n)d time in the last 28 days",
        "Was shown coupons for %(products)s %(n)d times in the last 28 days",
        "n",
    ),
    "clicked_28": ngettext_lazy(
        "Clicked a coupon for %(products)s %(n)d time in the last 28 days",
        "Clicked coupons for %(products)s %(n)d times in the last 28 days",
        "n",
    ),
    "claimed_28": ngettext_lazy(
        "Claimed %(n)d coupon for %(products)s in the last 28 days",
        "Claimed %(n)d coupons for %(products)s in the last 28 days",
        "n",
    ),
    "dismissed": ngettext_lazy(
        "Dismissed %(n)d coupon for %(products)s", "Dismissed %(n)d coupons for %(products)s", "n"
    ),
    "rating": gettext_lazy("Rated %(products)s %(amount)s"),
    "enough": gettext_lazy("Buys %(amount)s times as many of %(products)s at once as the coupon asks for"),
}
"""By what follows the level in a feature's name."""

_CHOICE = gettext_lazy("Number %(n)d of this campaign's coupons by what they bought before")
FACTS: dict[str, Any] = {
    "list_spend_share": gettext_lazy(
        "%(percent)s %% of what they spent on this campaign's products was for this coupon's"
    ),
    "list_commodity_share": gettext_lazy(
        "%(percent)s %% of what they spent on this campaign's categories was for this coupon's"
    ),
    "list_type_share": gettext_lazy(
        "%(percent)s %% of what they spent on this campaign's types of products was for this coupon's"
    ),
    "list_rank_product_spend": _CHOICE,
    "list_rank_product_trips": _CHOICE,
    "list_rank_product_trips_84": _CHOICE,
    "list_rank_product_coupon_lines": gettext_lazy("Number %(n)d of this campaign's coupons by their use of coupons"),
    "list_rank_commodity_spend": gettext_lazy(
        "Number %(n)d of this campaign's coupons by what they buy in its category"
    ),
    "list_rank_type_spend": gettext_lazy("Number %(n)d of this campaign's coupons by what they buy of its type"),
    "list_known_count": ngettext_lazy(
        "Bought products of %(n)d coupon of the campaign", "Bought products of %(n)d coupons of the campaign", "n"
    ),
    "redeemed_coupons": ngettext_lazy("Redeemed %(n)d coupon", "Redeemed %(n)d coupons", "n"),
    "redeemed_coupons_84": ngettext_lazy(
        "Redeemed %(n)d coupon in the last 84 days", "Redeemed %(n)d coupons in the last 84 days", "n"
    ),
    "redeemed_campaigns": ngettext_lazy("Redeemed in %(n)d campaign", "Redeemed in %(n)d campaigns", "n"),
    "redeemed_same_kind": ngettext_lazy(
        "Redeemed %(n)d coupon in campaigns of this kind", "Redeemed %(n)d coupons in campaigns of this kind", "n"
    ),
    "redeemed_commodity": ngettext_lazy(
        "Redeemed %(n)d coupon for the same category", "Redeemed %(n)d coupons for the same category", "n"
    ),
    "redeemed_recency": ngettext_lazy(
        "Redeemed a coupon %(n)d day before", "Last redeemed a coupon %(n)d days before", "n"
    ),
    "redeemed_rate": gettext_lazy("Redeems in %(percent)s %% of the campaigns they are sent"),
    "sent_campaigns": ngettext_lazy("Was sent %(n)d campaign before", "Was sent %(n)d campaigns before", "n"),
    "sent_same_kind": ngettext_lazy(
        "Was sent %(n)d campaign of this kind before", "Was sent %(n)d campaigns of this kind before", "n"
    ),
    "shopper_trips": ngettext_lazy("Came on %(n)d day", "Came on %(n)d days", "n"),
    "shopper_trips_28": gettext_lazy("Came on %(n)d of the last 28 days"),
    "shopper_trips_84": gettext_lazy("Came on %(n)d of the last 84 days"),
    "shopper_recency": ngettext_lazy("Came %(n)d day before", "Last came %(n)d days before", "n"),
    "shopper_spend": gettext_lazy("Spent %(money)s in all"),
    "shopper_basket": gettext_lazy("Spends %(money)s on a visit"),
    "shopper_coupon_rate": gettext_lazy("Uses coupons for %(percent)s %% of what they buy"),
    "shopper_coupon_trip_rate": gettext_lazy("Uses coupons on %(percent)s %% of their visits"),
    "shopper_coupon_lines": ngettext_lazy("Bought %(n)d item with a coupon", "Bought %(n)d items with coupons", "n"),
    "shopper_coupon_lines_84": ngettext_lazy(
        "Bought %(n)d item with a coupon in the last 84 days",
        "Bought %(n)d items with coupons in the last 84 days",
        "n",
    ),
    "shopper_coupon_recency": ngettext_lazy(
        "Used a coupon %(n)d day before", "Last used a coupon %(n)d days before", "n"
    ),
    "shopper_shown_28": ngettext_lazy(
        "Was shown a coupon %(n)d time in the last 28 days", "Was shown coupons %(n)d times in the last 28 days", "n"
    ),
    "shopper_clicked_28": ngettext_lazy(
        "Clicked a coupon %(n)d time in the last 28 days", "Clicked coupons %(n)d times in the last 28 days", "n"
    ),
    "shopper_claimed_28": ngettext_lazy(
        "Claimed %(n)d coupon in the last 28 days", "Claimed %(n)d coupons in the last 28 days", "n"
    ),
    "shopper_dismissed": ngettext_lazy("Dismissed %(n)d coupon", "Dismissed %(n)d coupons", "n"),
    "coupon_reach": gettext_lazy("%(percent)s %% of the shoppers bought the coupon's products lately"),
    "coupon_units": ngettext_lazy("The coupon asks for %(n)d item", "The coupon asks for %(n)d items", "n"),
    "coupon_least_spend": gettext_lazy("The coupon asks for %(money)s of its products"),
    "coupon_saving": gettext_lazy("The coupon takes %(percent)s %% off the usual price"),
    "coupon_alike": ngettext_lazy(
        "%(n)d other coupon of the campaign is for the same products",
        "%(n)d other coupons of the campaign are for the same products",
        "n",
    ),
    "shopper_least_spend": gettext_lazy("The coupon asks for %(amount)s times what they spend on a visit"),
    "coupon_products": ngettext_lazy("The coupon is for %(n)d product", "The coupon is for %(n)d products", "n"),
    "campaign_coupons": ngettext_lazy("The campaign has %(n)d coupon", "The campaign has %(n)d coupons", "n"),
    "campaign_days": ngettext_lazy("The campaign runs for %(n)d day", "The campaign runs for %(n)d days", "n"),
    "interest_any": gettext_lazy("Buys from one of the coupon's categories soon, with a probability of %(percent)s %%"),
    "interest_max": gettext_lazy("Buys from the coupon's best category soon, with a probability of %(percent)s %%"),
    "interest_mean": gettext_lazy("Has a mean interest of %(percent)s %% in the coupon's categories"),
    "interest_lift": gettext_lazy("Is %(amount)s times as interested in the coupon's categories as somebody unknown"),
    "content_match": gettext_lazy("What they buy is %(percent)s %% like the coupon's products"),
}


def explained(reason: Mapping[str, Any], currency: str) -> list[str]:
    """One sentence for the first interest and for each feature that carried a coupon; none twice."""
    sentences = [interest_text(item) for item in _mappings(reason.get("interests"))[:1]]
    sentences += [
        feature_text(str(item.get("feature")), _number(item.get("value")), currency)
        for item in _mappings(reason.get("features"))
    ]
    return list(dict.fromkeys(sentences))


def interest_text(interest: Mapping[str, Any]) -> str:
    """How much the interest model holds that a shopper is interested in a category."""
    score = _number(interest.get("score")) or 0.0
    return _("Interest in %(category)s: %(percent)s %%") % {
        "category": interest.get("category", ""),
        "percent": _plain(100 * score),
    }


def feature_text(name: str, value: float | None, currency: str) -> str:
    """A feature and its value as a sentence; its name where there are no words for it."""
    readable = name.replace("_", " ")
    if value is None:
        return _("Nothing is known of %(feature)s") % {"feature": readable}
    level, _underscore, habit = name.partition("_")
    text = FACTS.get(name) or (HABITS.get(habit) if level in LEVELS else None)
    if text is None:
        return _("%(feature)s: %(value)s") % {"feature": readable, "value": _plain(value)}
    return str(
        text
        % {
            "products": str(LEVELS.get(level, "")),
            "n": round(value),
            "percent": _plain(100 * value),
            "money": format_money(round(value), currency),
            "amount": _plain(value),
        }
    )


def _plain(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.2g}"


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _mappings(items: Any) -> list[Mapping[str, Any]]:
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []
