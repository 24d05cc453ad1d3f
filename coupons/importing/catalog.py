"""Categories, brands and products. They belong to the shop as a whole, so no channel is needed."""

from django.db.backends.utils import CursorWrapper

from coupons.importing.columns import Column, Kind
from coupons.importing.tables import Context, TableImport, Value
from coupons.models import Brand, Category, Product

_PATH_HELP = "Where it stands in the tree, outermost first: `Grocery > Frozen food > Pizza`"

_ADD_LEVEL = """
    INSERT INTO coupons_category (external_id, name, parent_id, level)
    SELECT DISTINCT array_to_string(parts[1:%(level)s], ' > '), left(parts[%(level)s], 100), parent.id, %(level)s
    FROM (SELECT DISTINCT string_to_array(category, ' > ') AS parts FROM staged WHERE category IS NOT NULL) path
    LEFT JOIN coupons_category parent ON parent.external_id = array_to_string(parts[1:%(level)s - 1], ' > ')
    WHERE cardinality(parts) >= %(level)s
    ON CONFLICT DO NOTHING
"""

_ADD_BRANDS = """
    INSERT INTO coupons_brand (external_id, name, private_label)
    SELECT DISTINCT ON (brand) brand, coalesce(brand_name, brand), coalesce(private_label, false)
    FROM staged WHERE brand IS NOT NULL ORDER BY brand, line
    ON CONFLICT DO NOTHING
"""


def add_categories(cursor: CursorWrapper, _context: Context) -> None:
    """Every category on the paths in `staged` that is missing, outermost level first."""
    cursor.execute("SELECT max(cardinality(string_to_array(category, ' > '))) FROM staged")
    for level in range(1, (cursor.fetchone()[0] or 0) + 1):
        cursor.execute(_ADD_LEVEL, {"level": level})


def _add_categories_and_brands(cursor: CursorWrapper, context: Context) -> None:
    add_categories(cursor, context)
    cursor.execute(_ADD_BRANDS)


def _write_categories(cursor: CursorWrapper, context: Context) -> int:
    """A parent must exist before its child, so the rows go in level by level and not in one statement."""
    cursor.execute(
        "SELECT count(*) FROM resolved "
        "WHERE broken IS NULL AND external_id NOT IN (SELECT external_id FROM coupons_category)"
    )
    new = int(cursor.fetchone()[0])
    add_categories(cursor, context)
    if "name" in context.present:
        cursor.execute(
            "UPDATE coupons_category kept SET name = resolved.name FROM resolved "
            "WHERE broken IS NULL AND kept.external_id = resolved.external_id AND kept.name <> resolved.name"
        )
    return new


CATEGORIES = TableImport(
    name="categories",
    help="Names for the categories. Needed only where a name differs from its part of the path.",
    target=Category,
    needs_channel=False,
    key=("category",),
    conflict="(external_id)",
    columns=(
        Column("category", Kind.PATH, required=True, max_length=300, help=_PATH_HELP),
        Column("name", max_length=100, help="Shown to people; without it, the last part of the path"),
    ),
    values={
        "external_id": Value("s.category"),
        "name": Value("left(coalesce(s.name, regexp_replace(s.category, '^.* > ', '')), 100)", "name"),
    },
    write=_write_categories,
)

BRANDS = TableImport(
    name="brands",
    help="Names of the brands.",
    target=Brand,
    needs_channel=False,
    key=("brand",),
    conflict="(external_id)",
    columns=(
        Column("brand", required=True, max_length=64, help="The brand's id in the shop"),
        Column("name", max_length=100, help="Shown to people; without it, the id"),
        Column("private_label", Kind.BOOLEAN, help="The shop's own brand"),
    ),
    values={
        "external_id": Value("s.brand"),
        "name": Value("coalesce(s.name, s.brand)", "name"),
        "private_label": Value("coalesce(s.private_label, false)", "private_label"),
    },
)

PRODUCTS = TableImport(
    name="products",
    help="What the shop sells. Categories and brands named here are made where they are missing.",
    target=Product,
    needs_channel=False,
    key=("product",),
    conflict="(external_id)",
    columns=(
        Column("product", required=True, max_length=64, help="The product's id in the shop"),
        Column("title", required=True, max_length=200, help="Shown to people"),
        Column("category", Kind.PATH, max_length=300, help=_PATH_HELP),
        Column("brand", max_length=64, help="The brand's id"),
        Column("brand_name", max_length=100, help="Name of the brand where it is new"),
        Column("private_label", Kind.BOOLEAN, help="Whether the brand is the shop's own, where it is new"),
        Column("price_minor", Kind.INTEGER, minimum=0, help="Price in minor units (cents)"),
        Column("package_size", max_length=50, help="As printed: `50 oz`"),
        Column("description", help="Long text"),
        Column("rating", Kind.NUMBER, minimum=0, maximum=5, help="Mean rating, 0 to 5"),
        Column("image_url", max_length=500, help="Address of a picture"),
        Column("attributes", Kind.JSON, help="Anything else, as a JSON object"),
        Column("active", Kind.BOOLEAN, help="No: not sold any more"),
    ),
    prepare=_add_categories_and_brands,
    joins="LEFT JOIN coupons_category category ON category.external_id = s.category "
    "LEFT JOIN coupons_brand brand ON brand.external_id = s.brand",
    values={
        "external_id": Value("s.product"),
        "title": Value("s.title", "title"),
        "category_id": Value("category.id", "category"),
        "brand_id": Value("brand.id", "brand"),
        "price_minor": Value("s.price_minor", "price_minor"),
        "package_size": Value("coalesce(s.package_size, '')", "package_size"),
        "description": Value("coalesce(s.description, '')", "description"),
        "rating": Value("round(s.rating, 2)", "rating"),
        "image_url": Value("coalesce(s.image_url, '')", "image_url"),
        "attributes": Value("coalesce(s.attributes, '{}')::jsonb", "attributes"),
        "active": Value("coalesce(s.active, true)", "active"),
    },
)
