"""Redemptions that come in past the services (files of a shop's past, fixtures) are counted against the limits too.

The services say so with a setting of their transaction and move the counters themselves, refusing what does not fit.
A past that went over a limit is a fact: it is counted, and the limit is full.
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION coupons_count_direct_redemption() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held integer := (NEW.status = 'held')::integer;
    used integer := (NEW.status IN ('redeemed', 'partially_rolled_back') OR NEW.kept_use)::integer;
BEGIN
    IF held + used = 0 THEN
        RETURN NEW;
    END IF;
    UPDATE coupons_usagecounter
        SET held_n = held_n + held, redeemed_n = redeemed_n + used, limit_n = GREATEST(limit_n, held_n + redeemed_n + 1)
        WHERE id = (SELECT id FROM coupons_usagecounter WHERE scope = 'coupon' AND scope_id = NEW.coupon_id
                    ORDER BY limit_n - held_n - redeemed_n DESC, slot LIMIT 1);
    UPDATE coupons_shopperusage u
        SET held_n = held_n + held, redeemed_n = redeemed_n + used, limit_n = GREATEST(limit_n, held_n + redeemed_n + 1)
        FROM coupons_shopper s
        WHERE s.id = NEW.shopper_id AND u.coupon_id = NEW.coupon_id
            AND u.shopper_id = coalesce(s.same_person_as_id, s.id);
    IF NEW.code_id IS NOT NULL THEN
        UPDATE coupons_couponcode SET held_n = held_n + held, redeemed_n = redeemed_n + used WHERE id = NEW.code_id;
        UPDATE coupons_usagecounter
            SET held_n = held_n + held, redeemed_n = redeemed_n + used,
                limit_n = GREATEST(limit_n, held_n + redeemed_n + 1)
            WHERE scope = 'batch'
                AND scope_id = (SELECT batch_id FROM coupons_couponcode WHERE id = NEW.code_id);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER coupons_count_direct_redemption
    AFTER INSERT ON coupons_redemption FOR EACH ROW
    WHEN (current_setting('coupons.counted_by_service', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION coupons_count_direct_redemption();
"""

DROP = """
DROP TRIGGER coupons_count_direct_redemption ON coupons_redemption;
DROP FUNCTION coupons_count_direct_redemption();
"""


class Migration(migrations.Migration):
    dependencies = [("coupons", "0003_counter_triggers")]

    operations = [migrations.RunSQL(CREATE, DROP)]
