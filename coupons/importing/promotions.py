"""Campaigns, whom they were sent to, their coupons and what those cover."""

from zoneinfo import available_timezones

from django.db.backends.utils import CursorWrapper

from coupons.enums import Audience, BenefitType, CampaignStatus, CouponTrigger, TargetMode
from coupons.importing import shoppers
from coupons.importing.columns import Column, Kind
from coupons.importing.tables import Context, Rule, TableImport, Value
from coupons.models import Campaign, CampaignMember, Coupon, CouponTarget

CAMPAIGN = Column("campaign", required=True, max_length=64, help="The campaign's id in the shop")
COUPON = Column("coupon", required=True, max_length=64, help="The coupon's id, unique within its campaign")
SHOPPER = Column("shopper", required=True, max_length=64, help="The shopper's id")
_BIG = 2**31 - 1

CAMPAIGN_JOIN = (
    "LEFT JOIN coupons_campaign campaign ON campaign.channel_id = %(channel)s AND campaign.external_id = s.campaign "
)
COUPON_JOIN = CAMPAIGN_JOIN + (
    "LEFT JOIN coupons_coupon coupon ON coupon.campaign_id = campaign.id AND coupon.external_id = s.coupon "
)
CAMPAIGN_UNKNOWN = Rule("campaign", "campaign.id IS NULL", "is not a campaign of this channel")
COUPON_UNKNOWN = Rule("coupon", "coupon.id IS NULL", "is not a coupon of this campaign")

CAMPAIGNS = TableImport(
    name="campaigns",
    help="When coupons run.",
    target=Campaign,
    key=("campaign",),
    conflict="(channel_id, external_id)",
    columns=(
        CAMPAIGN,
        Column("starts_at", Kind.TIME, required=True, help="First instant; a date means its first midnight"),
        Column(
            "ends_at",
            Kind.TIME,
            required=True,
            ends_day=True,
            help="The instant after; a date means the end of that day",
        ),
        Column("name", max_length=100, help="Shown to people; without it, the id"),
        Column("kind", max_length=40, help="The shop's own label, for example `Type A`"),
        Column("status", choices=frozenset(CampaignStatus.values), help="Without it, `draft`"),
        Column("timezone", choices=frozenset(available_timezones()), help="Without it, the channel's"),
        Column("audience", choices=frozenset(Audience.values), help="Without it, `everyone`"),
        Column("priority", Kind.INTEGER, minimum=-32768, maximum=32767, help="Higher goes first; without it, 0"),
    ),
    rules=(Rule("ends_at", "s.ends_at <= s.starts_at", "is not after starts_at"),),
    values={
        "channel_id": Value("%(channel)s::bigint"),
        "external_id": Value("s.campaign"),
        "name": Value("coalesce(s.name, s.campaign)", "name"),
        "kind": Value("coalesce(s.kind, '')", "kind"),
        "status": Value("coalesce(s.status, 'draft')", "status"),
        "starts_at": Value("s.starts_at", "starts_at"),
        "ends_at": Value("s.ends_at", "ends_at"),
        "timezone": Value("coalesce(s.timezone, %(zone)s)", "timezone"),
        "audience": Value("coalesce(s.audience, 'everyone')", "audience"),
        "priority": Value("coalesce(s.priority, 0)", "priority"),
    },
)

MEMBERS = TableImport(
    name="members",
    help="Whom a campaign was sent to: its audience where that is `members`, and what training compares.",
    target=CampaignMember,
    key=("campaign", "shopper"),
    conflict="(campaign_id, shopper_id)",
    columns=(CAMPAIGN, SHOPPER),
    joins=CAMPAIGN_JOIN + shoppers.JOIN,
    rules=(CAMPAIGN_UNKNOWN, shoppers.UNKNOWN, shoppers.ERASED),
    values={"campaign_id": Value("campaign.id"), "shopper_id": Value("shopper.id")},
)

_WRITE_BENEFITS = """
    INSERT INTO coupons_benefit AS kept
        (coupon_id, type, percent_bp, amount_minor, max_discount_minor, buy_quantity, get_quantity, gift_product_id)
    SELECT coupon.id, s.benefit_type, s.percent_bp, s.amount_minor, s.max_discount_minor, s.buy_quantity,
        s.get_quantity, gift.id
    FROM resolved JOIN staged s USING (line)
    JOIN coupons_coupon coupon
        ON coupon.campaign_id = resolved.campaign_id AND coupon.external_id = resolved.external_id
    LEFT JOIN coupons_product gift ON gift.external_id = s.gift
    WHERE broken IS NULL
    ON CONFLICT (coupon_id) DO UPDATE
    SET type = excluded.type, percent_bp = excluded.percent_bp, amount_minor = excluded.amount_minor,
        max_discount_minor = excluded.max_discount_minor, buy_quantity = excluded.buy_quantity,
        get_quantity = excluded.get_quantity, gift_product_id = excluded.gift_product_id
    WHERE (kept.type, kept.percent_bp, kept.amount_minor, kept.max_discount_minor, kept.buy_quantity, kept.get_quantity,
            kept.gift_product_id)
        IS DISTINCT FROM (excluded.type, excluded.percent_bp, excluded.amount_minor, excluded.max_discount_minor,
            excluded.buy_quantity, excluded.get_quantity, excluded.gift_product_id)
"""


def _write_benefits(cursor: CursorWrapper, _context: Context) -> None:
    cursor.execute(_WRITE_BENEFITS)


_BENEFITS = frozenset(BenefitType.values) - {BenefitType.TIERS.value}
"""Steps don't fit a row: coupons with them are made in the admin or by the API."""
_OF_PERCENT, _OF_AMOUNT = "s.benefit_type NOT IN ('percent', 'buy_x_get_y')", "s.benefit_type <> 'amount'"
_OF_BUYING, _OF_GIFT = "s.benefit_type <> 'buy_x_get_y'", "s.benefit_type <> 'gift'"
_BENEFIT_RULES = (
    Rule("percent_bp", "s.benefit_type = 'percent' AND s.percent_bp IS NULL", "is needed for a percent benefit"),
    Rule("amount_minor", "s.benefit_type = 'amount' AND s.amount_minor IS NULL", "is needed for an amount benefit"),
    Rule("buy_quantity", f"NOT {_OF_BUYING} AND s.buy_quantity IS NULL", "is needed for a buy_x_get_y benefit"),
    Rule("get_quantity", f"NOT {_OF_BUYING} AND s.get_quantity IS NULL", "is needed for a buy_x_get_y benefit"),
    Rule("gift", f"NOT {_OF_GIFT} AND s.gift IS NULL", "is needed for a gift benefit"),
    Rule("percent_bp", f"{_OF_PERCENT} AND s.percent_bp IS NOT NULL", "fits a percent or buy_x_get_y benefit only"),
    Rule("amount_minor", f"{_OF_AMOUNT} AND s.amount_minor IS NOT NULL", "fits an amount benefit only"),
    Rule("buy_quantity", f"{_OF_BUYING} AND s.buy_quantity IS NOT NULL", "fits a buy_x_get_y benefit only"),
    Rule("get_quantity", f"{_OF_BUYING} AND s.get_quantity IS NOT NULL", "fits a buy_x_get_y benefit only"),
    Rule("gift", f"{_OF_GIFT} AND s.gift IS NOT NULL", "fits a gift benefit only"),
    Rule("gift", "s.gift IS NOT NULL AND gift.id IS NULL", "is not a known product"),
)

COUPONS = TableImport(
    name="coupons",
    help="The offers of a campaign and what they take off.",
    target=Coupon,
    key=("campaign", "coupon"),
    conflict="(campaign_id, external_id)",
    columns=(
        CAMPAIGN,
        COUPON,
        Column("title", required=True, max_length=200, help="Shown to people"),
        Column("benefit_type", required=True, choices=_BENEFITS, help="What it gives"),
        Column(
            "percent_bp",
            Kind.INTEGER,
            minimum=1,
            maximum=10_000,
            help="For `percent`: hundredths of a percent, 1000 is 10 %; for `buy_x_get_y`: off what is got",
        ),
        Column("amount_minor", Kind.INTEGER, minimum=1, help="For `amount`: minor units (cents)"),
        Column("max_discount_minor", Kind.INTEGER, minimum=1, help="At most so much off, in minor units"),
        Column("buy_quantity", Kind.INTEGER, minimum=1, maximum=_BIG, help="For `buy_x_get_y`: items to pay for"),
        Column("get_quantity", Kind.INTEGER, minimum=1, maximum=_BIG, help="For `buy_x_get_y`: items got for that"),
        Column("gift", max_length=64, help="For `gift`: the id of the product that is given"),
        Column("trigger", choices=frozenset(CouponTrigger.values), help="Without it, `code`"),
        Column("usage_limit", Kind.INTEGER, minimum=1, maximum=_BIG, help="Uses in all; empty: no limit"),
        Column(
            "per_shopper_limit",
            Kind.INTEGER,
            minimum=1,
            maximum=_BIG,
            absent="1",
            help="Uses per shopper; empty: no limit; without the column, 1",
        ),
        Column("min_spend_minor", Kind.INTEGER, minimum=0, help="Order value it needs, in minor units"),
        Column("min_quantity", Kind.INTEGER, minimum=0, maximum=_BIG, help="Covered items it needs"),
        Column("active", Kind.BOOLEAN, help="No: switched off"),
    ),
    joins=CAMPAIGN_JOIN + "LEFT JOIN coupons_product gift ON gift.external_id = s.gift ",
    rules=(
        CAMPAIGN_UNKNOWN,
        *_BENEFIT_RULES,
    ),
    values={
        "campaign_id": Value("campaign.id"),
        "external_id": Value("s.coupon"),
        "title": Value("s.title", "title"),
        "trigger": Value("coalesce(s.trigger, 'code')", "trigger"),
        "active": Value("coalesce(s.active, true)", "active"),
        "usage_limit": Value("s.usage_limit", "usage_limit"),
        "per_shopper_limit": Value("s.per_shopper_limit", "per_shopper_limit"),
        "min_spend_minor": Value("coalesce(s.min_spend_minor, 0)", "min_spend_minor"),
        "min_quantity": Value("coalesce(s.min_quantity, 0)", "min_quantity"),
    },
    finish=_write_benefits,
)

TARGETS = TableImport(
    name="targets",
    help="What a coupon covers or leaves out: one product, category (with all below it) or brand a row.",
    target=CouponTarget,
    key=("campaign", "coupon", "product", "category", "brand"),
    conflict="(coupon_id, product_id, category_id, brand_id)",
    columns=(
        CAMPAIGN,
        COUPON,
        Column("product", max_length=64, help="The product's id"),
        Column("category", Kind.PATH, max_length=300, help="The category's path"),
        Column("brand", max_length=64, help="The brand's id"),
        Column("mode", choices=frozenset(TargetMode.values), help="Without it, `include`"),
    ),
    joins=COUPON_JOIN
    + "LEFT JOIN coupons_product product ON product.external_id = s.product "
    + "LEFT JOIN coupons_category category ON category.external_id = s.category "
    + "LEFT JOIN coupons_brand brand ON brand.external_id = s.brand",
    rules=(
        CAMPAIGN_UNKNOWN,
        COUPON_UNKNOWN,
        Rule("", "num_nonnulls(s.product, s.category, s.brand) <> 1", "needs exactly one of product, category, brand"),
        Rule("product", "s.product IS NOT NULL AND product.id IS NULL", "is not a known product"),
        Rule("category", "s.category IS NOT NULL AND category.id IS NULL", "is not a known category"),
        Rule("brand", "s.brand IS NOT NULL AND brand.id IS NULL", "is not a known brand"),
    ),
    values={
        "coupon_id": Value("coupon.id"),
        "kind": Value(
            "CASE WHEN s.product IS NOT NULL THEN 'product' "
            "WHEN s.category IS NOT NULL THEN 'category' ELSE 'brand' END"
        ),
        "mode": Value("coalesce(s.mode, 'include')", "mode"),
        "product_id": Value("product.id"),
        "category_id": Value("category.id"),
        "brand_id": Value("brand.id"),
    },
)
