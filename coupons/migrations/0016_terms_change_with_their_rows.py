"""A change of a coupon's benefit, steps, targets or budgets is a change of the coupon's own row, or its campaign's.

So a look at these rows tells whether what is known of a coupon still holds: Postgres writes every change of a row as a
new tuple. See coupons/kept_terms.py.
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION coupons_change_with_terms() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_coupons bigint[];
    of_campaigns bigint[];
BEGIN
    IF TG_TABLE_NAME = 'coupons_benefittier' THEN
        SELECT array_agg(b.coupon_id) INTO of_coupons
            FROM coupons_benefit b WHERE b.id IN (SELECT changed.benefit_id FROM changed);
    ELSE
        SELECT array_agg(DISTINCT changed.coupon_id) INTO of_coupons FROM changed;
    END IF;
    IF TG_TABLE_NAME = 'coupons_budget' THEN
        SELECT array_agg(DISTINCT changed.campaign_id) INTO of_campaigns FROM changed;
    END IF;
    -- in one order, whatever order the rows came in
    PERFORM 1 FROM coupons_campaign WHERE id = ANY(of_campaigns) ORDER BY id FOR NO KEY UPDATE;
    UPDATE coupons_campaign SET priority = priority WHERE id = ANY(of_campaigns);
    PERFORM 1 FROM coupons_coupon WHERE id = ANY(of_coupons) ORDER BY id FOR NO KEY UPDATE;
    UPDATE coupons_coupon SET active = active WHERE id = ANY(of_coupons);
    RETURN NULL;
END $$;
"""
DROP = "DROP FUNCTION coupons_change_with_terms();"

TABLES = ("coupons_benefit", "coupons_benefittier", "coupons_coupontarget", "coupons_budget")
TRIGGERS = {
    "inserted": ("INSERT", "NEW"),
    "updated": ("UPDATE", "NEW"),
    "moved": ("UPDATE", "OLD"),
    "gone": ("DELETE", "OLD"),
}
"""An update is looked at from both sides: a row may have belonged to another coupon."""


def create(table: str, name: str) -> str:
    event, side = TRIGGERS[name]
    return (
        f"CREATE TRIGGER coupons_terms_{name} AFTER {event} ON {table} REFERENCING {side} TABLE AS changed"
        " FOR EACH STATEMENT EXECUTE FUNCTION coupons_change_with_terms();"
    )


class Migration(migrations.Migration):
    dependencies = [("coupons", "0015_wallet_names")]

    operations = [
        migrations.RunSQL(CREATE, DROP),
        *(
            migrations.RunSQL(create(table, name), f"DROP TRIGGER coupons_terms_{name} ON {table};")
            for table in TABLES
            for name in TRIGGERS
        ),
    ]
