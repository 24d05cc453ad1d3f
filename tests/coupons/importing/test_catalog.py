"""Categories, brands and products from files."""

from coupons.importing.catalog import BRANDS, CATEGORIES, PRODUCTS
from coupons.models import Brand, Category, Product, RejectedRow
from tests.coupons.importing.files import Importer, counts


def test_products_alone_make_their_categories_and_brands(importer: Importer) -> None:
    summary = importer(
        PRODUCTS,
        "product,title,category,brand,brand_name,private_label,price_minor,package_size,attributes",
        'p1,Margherita,Food > Frozen > Pizza,b1,Bella,no,399,12 oz,"{""spicy"": false}"',
        "p2,Ice,Food>Frozen,b2,,yes,,,",
        "p3,Gift card,,,,,,,",
    )
    assert counts(summary) == (3, 3, 0, 0)
    tree = Category.objects.order_by("level").values_list("external_id", "name", "parent__external_id", "level")
    assert list(tree) == [
        ("Food", "Food", None, 1),
        ("Food > Frozen", "Frozen", "Food", 2),
        ("Food > Frozen > Pizza", "Pizza", "Food > Frozen", 3),
    ]
    assert list(Brand.objects.order_by("external_id").values_list("external_id", "name", "private_label")) == [
        ("b1", "Bella", False),
        ("b2", "b2", True),
    ]
    pizza = Product.objects.get(external_id="p1")
    assert pizza.category == Category.objects.get(name="Pizza")
    assert (pizza.title, pizza.price_minor, pizza.package_size) == ("Margherita", 399, "12 oz")
    assert pizza.attributes == {"spicy": False}
    card = Product.objects.get(external_id="p3")
    assert (card.category, card.brand, card.price_minor, card.active, card.attributes) == (None, None, None, True, {})


def test_twice_changes_nothing_and_a_new_version_updates(importer: Importer) -> None:
    importer(PRODUCTS, "product,title,price_minor", "p1,Tea,100", "p2,Coffee,200")
    before = list(Product.objects.order_by("pk").values())
    again = importer(PRODUCTS, "product,title,price_minor", "p1,Tea,100", "p2,Coffee,200", again=True)
    assert counts(again) == (2, 0, 2, 0)
    assert list(Product.objects.order_by("pk").values()) == before
    changed = importer(PRODUCTS, "product,title,price_minor", "p2,Coffee,250", "p3,Milk,90")
    assert counts(changed) == (2, 1, 1, 0)
    prices = dict(Product.objects.values_list("external_id", "price_minor"))
    assert prices == {"p1": 100, "p2": 250, "p3": 90}


def test_a_file_without_a_column_leaves_that_column_alone(importer: Importer) -> None:
    importer(PRODUCTS, "product,title,price_minor,brand", "p1,Tea,100,b1")
    importer(PRODUCTS, "product,title", "p1,Green tea")
    tea = Product.objects.select_related("brand").get()
    assert tea.brand is not None
    assert (tea.title, tea.price_minor, tea.brand.external_id) == ("Green tea", 100, "b1")
    importer(PRODUCTS, "product,title,price_minor", "p1,Green tea,")
    assert Product.objects.get().price_minor is None


def test_a_finished_file_is_not_read_again_unless_asked(importer: Importer) -> None:
    first = importer(PRODUCTS, "product,title", "p1,Tea")
    second = importer(PRODUCTS, "product,title", "p1,Tea")
    assert second.done_before
    assert second.run.pk == first.run.pk
    assert "(--again repeats it)" in second.lines()[0]


def test_bad_rows_are_kept_with_line_field_value_and_reason(importer: Importer) -> None:
    summary = importer(
        PRODUCTS,
        "product,title,price_minor,rating,category",
        "p1,Tea,-5,,",
        ",Nameless,1,,",
        "p3,,1,,",
        "p4,Milk,1,5.5,",
        "p5,Milk,1,x,",
        "p6,Milk,1,,A >> B",
        "p7,Milk,1",
        "p8,Milk,1,4.5,A",
        "p8,Milk again,1,,",
    )
    assert counts(summary) == (9, 1, 0, 8)
    rows = RejectedRow.objects.order_by("line").values_list("line", "field", "value", "reason")
    assert list(rows) == [
        (1, "price_minor", "-5", "is negative"),
        (2, "product", "", "is empty"),
        (3, "title", "", "is empty"),
        (4, "rating", "5.5", "is not between 0 and 5"),
        (5, "rating", "x", "is not a number"),
        (6, "category", "A >> B", "is not a path like A > B > C"),
        (7, "", "", "has 3 fields, the header has 5"),
        (9, "product", "p8", "the same product stood in an earlier row of this file"),
    ]
    assert RejectedRow.objects.get(line=1).raw == {
        "product": "p1",
        "title": "Tea",
        "price_minor": "-5",
        "rating": None,
        "category": None,
    }
    assert list(Product.objects.values_list("external_id", "title")) == [("p8", "Milk")]
    assert "  rejected: 1 x price_minor is negative (first: row 1)" in summary.lines()
    assert "  rejected: 1 x the row has 3 fields, the header has 5 (first: row 7)" in summary.lines()


def test_a_double_is_found_across_chunks(importer: Importer) -> None:
    rows = [f"p{n},Tea" for n in range(6)]
    summary = importer(PRODUCTS, "product,title", *rows, "p0,Other tea", chunk_rows=2)
    assert counts(summary) == (7, 6, 0, 1)
    assert Product.objects.get(external_id="p0").title == "Tea"


def test_names_of_categories_and_brands(importer: Importer) -> None:
    importer(PRODUCTS, "product,title,category,brand", "p1,Ice,FRZN > ICE,69")
    summary = importer(CATEGORIES, "category,name", "FRZN,Frozen", "FRZN > ICE,", "FRZN > PIZZA,Pizza")
    assert counts(summary) == (3, 1, 2, 0)
    assert dict(Category.objects.values_list("external_id", "name")) == {
        "FRZN": "Frozen",
        "FRZN > ICE": "ICE",
        "FRZN > PIZZA": "Pizza",
    }
    importer(BRANDS, "brand,name,private_label", "69,House,yes")
    assert Brand.objects.values_list("name", "private_label").get() == ("House", True)


def test_deep_categories_in_any_order(importer: Importer) -> None:
    summary = importer(CATEGORIES, "category", "A > B > C > D", "A", "A > B")
    assert counts(summary) == (3, 3, 0, 0)
    assert list(Category.objects.order_by("level").values_list("external_id", flat=True)) == [
        "A",
        "A > B",
        "A > B > C",
        "A > B > C > D",
    ]
