"""Counters follow the limits they stand for, whoever writes the limit; the audit log only grows.

See docs/coupon-engine.md, "Limits and their counters".
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION coupons_resize_counter(
    of_scope text, of_id bigint, new_limit bigint, slots integer, seen_held bigint, seen_redeemed bigint
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    free bigint;
BEGIN
    IF new_limit IS NULL THEN
        DELETE FROM coupons_usagecounter WHERE scope = of_scope AND scope_id = of_id;
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM coupons_usagecounter WHERE scope = of_scope AND scope_id = of_id) THEN
        INSERT INTO coupons_usagecounter (scope, scope_id, slot, limit_n, held_n, redeemed_n)
        VALUES (of_scope, of_id, 0, GREATEST(new_limit, seen_held + seen_redeemed), seen_held, seen_redeemed);
    END IF;
    INSERT INTO coupons_usagecounter (scope, scope_id, slot, limit_n)
        SELECT of_scope, of_id, s, 0 FROM generate_series(0, slots - 1) s
        ON CONFLICT (scope, scope_id, slot) DO NOTHING;
    PERFORM 1 FROM coupons_usagecounter WHERE scope = of_scope AND scope_id = of_id ORDER BY slot FOR UPDATE;
    SELECT new_limit - sum(held_n + redeemed_n) INTO free
        FROM coupons_usagecounter WHERE scope = of_scope AND scope_id = of_id;
    IF free < 0 THEN
        RAISE EXCEPTION 'limit % is below the uses already taken', new_limit
            USING ERRCODE = 'check_violation', CONSTRAINT = 'usage_counter_within_limit';
    END IF;
    UPDATE coupons_usagecounter
        SET limit_n = held_n + redeemed_n + CASE
            WHEN slot < slots THEN free / slots + (CASE WHEN slot < free % slots THEN 1 ELSE 0 END)
            ELSE 0 END
        WHERE scope = of_scope AND scope_id = of_id;
END $$;

CREATE FUNCTION coupons_coupon_limits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    n_held bigint; n_redeemed bigint; n_claimed bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM coupons_usagecounter WHERE scope IN ('coupon', 'claim') AND scope_id = OLD.id;
        RETURN OLD;
    END IF;
    IF TG_OP = 'INSERT' AND NEW.usage_limit IS NULL AND NEW.claim_limit IS NULL THEN
        RETURN NEW;
    END IF;
    -- Uses in flight hold a key share of this row: wait until they have committed, so that they are counted below
    PERFORM 1 FROM coupons_coupon WHERE id = NEW.id FOR UPDATE;
    SELECT count(*) FILTER (WHERE status = 'held'),
           count(*) FILTER (WHERE status IN ('redeemed', 'partially_rolled_back') OR kept_use)
        INTO n_held, n_redeemed FROM coupons_redemption WHERE coupon_id = NEW.id;
    PERFORM coupons_resize_counter('coupon', NEW.id, NEW.usage_limit, NEW.counter_slots, n_held, n_redeemed);
    SELECT count(*) INTO n_claimed
        FROM coupons_coupongrant WHERE coupon_id = NEW.id AND status NOT IN ('expired', 'revoked');
    PERFORM coupons_resize_counter('claim', NEW.id, NEW.claim_limit, 1, 0, n_claimed);
    RETURN NEW;
END $$;

CREATE TRIGGER coupons_coupon_limits
    AFTER INSERT OR DELETE ON coupons_coupon FOR EACH ROW EXECUTE FUNCTION coupons_coupon_limits();
CREATE TRIGGER coupons_coupon_limits_changed
    AFTER UPDATE ON coupons_coupon FOR EACH ROW
    WHEN ((OLD.usage_limit, OLD.claim_limit, OLD.counter_slots, OLD.per_shopper_limit)
          IS DISTINCT FROM (NEW.usage_limit, NEW.claim_limit, NEW.counter_slots, NEW.per_shopper_limit))
    EXECUTE FUNCTION coupons_coupon_limits();

CREATE FUNCTION coupons_batch_limit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    n_held bigint; n_redeemed bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM coupons_usagecounter WHERE scope = 'batch' AND scope_id = OLD.id;
        RETURN OLD;
    END IF;
    PERFORM 1 FROM coupons_coupon WHERE id = NEW.coupon_id FOR UPDATE;
    SELECT count(*) FILTER (WHERE r.status = 'held'),
           count(*) FILTER (WHERE r.status IN ('redeemed', 'partially_rolled_back') OR r.kept_use)
        INTO n_held, n_redeemed
        FROM coupons_redemption r JOIN coupons_couponcode c ON c.id = r.code_id WHERE c.batch_id = NEW.id;
    PERFORM coupons_resize_counter('batch', NEW.id, NEW.usage_limit, 1, n_held, n_redeemed);
    RETURN NEW;
END $$;

CREATE TRIGGER coupons_batch_limit
    AFTER INSERT OR DELETE ON coupons_codebatch FOR EACH ROW EXECUTE FUNCTION coupons_batch_limit();
CREATE TRIGGER coupons_batch_limit_changed
    AFTER UPDATE ON coupons_codebatch FOR EACH ROW
    WHEN (OLD.usage_limit IS DISTINCT FROM NEW.usage_limit)
    EXECUTE FUNCTION coupons_batch_limit();

CREATE FUNCTION coupons_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER coupons_audit_append_only
    BEFORE UPDATE OR DELETE ON coupons_auditentry
    FOR EACH ROW EXECUTE FUNCTION coupons_audit_append_only();

-- Coupons that were there before their counters
SELECT coupons_resize_counter('coupon', c.id, c.usage_limit, 1, 0,
    (SELECT count(*) FROM coupons_redemption r
     WHERE r.coupon_id = c.id AND r.status IN ('redeemed', 'partially_rolled_back')))
FROM coupons_coupon c WHERE c.usage_limit IS NOT NULL;
"""

DROP = """
DROP TRIGGER coupons_audit_append_only ON coupons_auditentry;
DROP FUNCTION coupons_audit_append_only();
DROP TRIGGER coupons_batch_limit_changed ON coupons_codebatch;
DROP TRIGGER coupons_batch_limit ON coupons_codebatch;
DROP FUNCTION coupons_batch_limit();
DROP TRIGGER coupons_coupon_limits_changed ON coupons_coupon;
DROP TRIGGER coupons_coupon_limits ON coupons_coupon;
DROP FUNCTION coupons_coupon_limits();
DROP FUNCTION coupons_resize_counter(text, bigint, bigint, integer, bigint, bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("coupons", "0002_ledger")]

    operations = [migrations.RunSQL(CREATE, DROP)]
