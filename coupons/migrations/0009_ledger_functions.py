"""Taking from a limit as one call that either takes or raises, so that it may travel with the COMMIT.

Error class CP: CP001 a coupon's, batch's or code's uses, CP002 a person's, CP003 a budget's, CP004 claims, CP005 a grant
that is not in the wallet, CP000 a limit without its counter. Foreign keys of what one use writes are checked at the end
of the statement, not with the COMMIT, when the hot row is locked.
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION coupons_take_use(
    of_scope text, of_id bigint, first_slot integer, held integer, redeemed integer, for_redemption bigint
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    other integer;
    tried boolean;
BEGIN
    UPDATE coupons_usagecounter SET held_n = held_n + held, redeemed_n = redeemed_n + redeemed
        WHERE scope = of_scope AND scope_id = of_id AND slot = first_slot AND held_n + redeemed_n < limit_n;
    IF FOUND THEN
        RETURN;
    END IF;
    LOOP
        tried := false;
        FOR other IN SELECT slot FROM coupons_usagecounter
            WHERE scope = of_scope AND scope_id = of_id AND held_n + redeemed_n < limit_n ORDER BY random()
        LOOP
            tried := true;
            UPDATE coupons_usagecounter SET held_n = held_n + held, redeemed_n = redeemed_n + redeemed
                WHERE scope = of_scope AND scope_id = of_id AND slot = other AND held_n + redeemed_n < limit_n;
            IF FOUND THEN
                UPDATE coupons_redemption SET counter_slot = other WHERE id = for_redemption;
                RETURN;
            END IF;
        END LOOP;
        EXIT WHEN NOT tried;
    END LOOP;
    IF NOT EXISTS (SELECT 1 FROM coupons_usagecounter WHERE scope = of_scope AND scope_id = of_id) THEN
        RAISE EXCEPTION '% % has a limit and no counter', of_scope, of_id USING ERRCODE = 'CP000';
    END IF;
    RAISE EXCEPTION 'the limit of % % is reached', of_scope, of_id
        USING ERRCODE = CASE of_scope WHEN 'claim' THEN 'CP004' ELSE 'CP001' END;
END $$;

CREATE FUNCTION coupons_take_code_use(of_id bigint, held integer, redeemed integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE coupons_couponcode SET held_n = held_n + held, redeemed_n = redeemed_n + redeemed
        WHERE id = of_id AND active AND (usage_limit IS NULL OR held_n + redeemed_n < usage_limit);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'code % has no use left', of_id USING ERRCODE = 'CP001', DETAIL = 'code';
    END IF;
END $$;

-- A first row is counted from the ledger, the use in hand included
CREATE FUNCTION coupons_take_shopper_use(
    of_coupon bigint, of_owner bigint, most bigint, held integer, redeemed integer
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO coupons_shopperusage AS u (coupon_id, shopper_id, limit_n, held_n, redeemed_n)
        SELECT of_coupon, of_owner, most, n.held, n.redeemed FROM (
            SELECT count(*) FILTER (WHERE r.status = 'held') AS held,
                   count(*) FILTER (WHERE r.status IN ('redeemed', 'partially_rolled_back') OR r.kept_use) AS redeemed
            FROM coupons_redemption r
            WHERE r.coupon_id = of_coupon AND r.shopper_id IN (
                SELECT s.id FROM coupons_shopper s WHERE s.id = of_owner OR s.same_person_as_id = of_owner)
        ) n WHERE n.held + n.redeemed <= most
        ON CONFLICT (coupon_id, shopper_id) DO UPDATE
            SET held_n = u.held_n + coupons_take_shopper_use.held,
                redeemed_n = u.redeemed_n + coupons_take_shopper_use.redeemed, limit_n = EXCLUDED.limit_n
            WHERE u.held_n + u.redeemed_n < EXCLUDED.limit_n;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'shopper % has no use of coupon % left', of_owner, of_coupon USING ERRCODE = 'CP002';
    END IF;
END $$;

CREATE FUNCTION coupons_take_budget(
    of_budget bigint, of_period date, most bigint, held bigint, spent bigint, of_kind text
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO coupons_budgetcounter AS b (budget_id, period_start, limit_n, held_n, spent_n)
        SELECT of_budget, of_period, most, held, spent WHERE held + spent <= most
        ON CONFLICT (budget_id, period_start) DO UPDATE
            SET held_n = b.held_n + EXCLUDED.held_n, spent_n = b.spent_n + EXCLUDED.spent_n, limit_n = EXCLUDED.limit_n
            WHERE b.held_n + b.spent_n + EXCLUDED.held_n + EXCLUDED.spent_n <= EXCLUDED.limit_n;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'budget % does not cover it', of_budget USING ERRCODE = 'CP003', DETAIL = of_kind;
    END IF;
END $$;

CREATE FUNCTION coupons_take_grant(of_id bigint, becomes text, required boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE coupons_coupongrant SET status = becomes WHERE id = of_id AND status = 'issued';
    IF required AND NOT FOUND THEN
        RAISE EXCEPTION 'grant % is not in the wallet', of_id USING ERRCODE = 'CP005';
    END IF;
END $$;

CREATE FUNCTION coupons_shift_code_use(of_id bigint, held integer, redeemed integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE coupons_couponcode SET held_n = held_n + held, redeemed_n = redeemed_n + redeemed WHERE id = of_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'code % is gone', of_id USING ERRCODE = 'CP000';
    END IF;
END $$;

CREATE FUNCTION coupons_shift_use(
    of_scope text, of_id bigint, of_slot integer, held integer, redeemed integer
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE coupons_usagecounter SET held_n = held_n + held, redeemed_n = redeemed_n + redeemed
        WHERE scope = of_scope AND scope_id = of_id AND slot = of_slot
            AND held_n + held >= 0 AND redeemed_n + redeemed >= 0;
    IF FOUND THEN
        RETURN;
    END IF;
    UPDATE coupons_usagecounter SET held_n = held_n + held, redeemed_n = redeemed_n + redeemed
        WHERE id = (SELECT id FROM coupons_usagecounter WHERE scope = of_scope AND scope_id = of_id
                        AND held_n + held >= 0 AND redeemed_n + redeemed >= 0 ORDER BY slot LIMIT 1 FOR UPDATE);
    IF NOT FOUND AND EXISTS (SELECT 1 FROM coupons_usagecounter WHERE scope = of_scope AND scope_id = of_id) THEN
        RAISE EXCEPTION '% % has no use to give back', of_scope, of_id USING ERRCODE = 'CP000';
    END IF;
END $$;

CREATE FUNCTION coupons_shift_budget(
    of_budget bigint, of_period date, held bigint, spent bigint
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE coupons_budgetcounter SET held_n = held_n + held, spent_n = spent_n + spent
        WHERE budget_id = of_budget AND period_start = of_period;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'budget % has no counter from %', of_budget, of_period USING ERRCODE = 'CP000';
    END IF;
END $$;
"""

DROP = """
DROP FUNCTION coupons_shift_budget(bigint, date, bigint, bigint);
DROP FUNCTION coupons_shift_use(text, bigint, integer, integer, integer);
DROP FUNCTION coupons_shift_code_use(bigint, integer, integer);
DROP FUNCTION coupons_take_grant(bigint, text, boolean);
DROP FUNCTION coupons_take_budget(bigint, date, bigint, bigint, bigint, text);
DROP FUNCTION coupons_take_shopper_use(bigint, bigint, bigint, integer, integer);
DROP FUNCTION coupons_take_code_use(bigint, integer, integer);
DROP FUNCTION coupons_take_use(text, bigint, integer, integer, integer, bigint);
"""

CHECK_FOREIGN_KEYS = """
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT conrelid::regclass AS of_table, conname FROM pg_constraint
        WHERE contype = 'f' AND conrelid IN (
            'coupons_redemption'::regclass, 'coupons_redemptionline'::regclass, 'coupons_budgetcharge'::regclass,
            'coupons_shopperusage'::regclass, 'coupons_budgetcounter'::regclass, 'coupons_outboxevent'::regclass)
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER CONSTRAINT %I DEFERRABLE INITIALLY {when}', one.of_table, one.conname);
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("coupons", "0008_title_index")]

    operations = [
        migrations.RunSQL(CREATE, DROP),
        migrations.RunSQL(
            CHECK_FOREIGN_KEYS.replace("{when}", "IMMEDIATE"), CHECK_FOREIGN_KEYS.replace("{when}", "DEFERRED")
        ),
    ]
