"""The trigram index of product titles, where the server lets us have pg_trgm (coupons.catalog_search)."""

from typing import Any

from django.db import migrations


def make_index(_apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            """
            DO $$ BEGIN
                CREATE EXTENSION IF NOT EXISTS pg_trgm;
                CREATE INDEX IF NOT EXISTS product_title_trigram
                    ON coupons_product USING gin (upper(title::text) gin_trgm_ops);
            EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
                RAISE NOTICE 'pg_trgm may not be installed here: product titles are searched without an index';
            END $$
            """
        )


def drop_index(_apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("DROP INDEX IF EXISTS product_title_trigram")


class Migration(migrations.Migration):
    dependencies = [("coupons", "0007_browser_keys")]

    operations = [migrations.RunPython(make_index, drop_index)]
