"""Products in the admin: prices as people write them."""

import pytest
from django.test import Client
from django.urls import reverse

from coupons.models import Product
from tests.coupons.factories import make_channel
from tests.made_up_rows import make_superuser

pytestmark = pytest.mark.django_db

FORM = {"external_id": "p1", "title": "Oat milk", "attributes": "{}", "active": "on"}


@pytest.mark.parametrize(
    ("currency", "typed", "stored"), [("USD", "1.19", 119), ("JPY", "120", 120), ("USD", "", None)]
)
def test_a_price_is_typed_in_the_shops_currency(client: Client, currency: str, typed: str, stored: int | None) -> None:
    make_channel(currency=currency)
    client.force_login(make_superuser())
    assert client.post(reverse("admin:coupons_product_add"), {**FORM, "price": typed}).status_code == 302
    product = Product.objects.get()
    assert product.price_minor == stored
    form = client.get(reverse("admin:coupons_product_change", args=[product.pk])).context["adminform"].form
    assert str(form["price"].value() if stored is not None else "") == typed


def test_a_price_finer_than_the_currency_is_refused(client: Client) -> None:
    make_channel(currency="JPY")
    client.force_login(make_superuser())
    answer = client.post(reverse("admin:coupons_product_add"), {**FORM, "price": "1.50"})
    assert answer.context["adminform"].form.errors.keys() == {"price"}
    assert Product.objects.count() == 0
