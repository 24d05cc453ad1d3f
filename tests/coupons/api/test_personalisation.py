"""Stop personal coupons: the shopper's own wish, audited, and nobody else's."""

import pytest

from coupons.models import AuditEntry, Shopper
from tests.coupons.api.client import Shop, open_browser, open_shop, refused
from tests.coupons.factories import make_shopper

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def test_a_shopper_stops_personal_coupons_from_the_page_and_starts_them_again(shop: Shop) -> None:
    make_shopper(shop.channel, external_id="ann")
    page = open_browser(shop, "ann")
    for wish in (False, False, True):
        answer = page.send("put", "shoppers/ann/personalisation", {"personalised": wish})
        assert (answer.status_code, answer.json()) == (200, {"shopper": "ann", "personalised": wish})
        assert page.get("shoppers/ann/personalisation").json()["personalised"] is wish
    changes = AuditEntry.objects.order_by("pk").values_list("action", "before", "after")
    assert list(changes) == [
        ("personalisation", {"personalised": True}, {"personalised": False}),
        ("personalisation", {"personalised": False}, {"personalised": True}),
    ]


def test_a_wish_may_come_before_anything_is_known(shop: Shop) -> None:
    assert refused(shop.get("shoppers/new/personalisation")) == (404, "not_found")
    assert shop.send("put", "shoppers/new/personalisation", {"personalised": False}).status_code == 200
    assert Shopper.objects.get().personalised is False


def test_nobody_decides_for_another(shop: Shop) -> None:
    make_shopper(shop.channel, external_id="ann")
    bob = open_browser(shop, "bob")
    stop = {"personalised": False}
    assert refused(bob.send("put", "shoppers/ann/personalisation", stop)) == (403, "other_shopper")
    assert refused(bob.get("shoppers/ann/personalisation")) == (403, "other_shopper")
    assert open_shop().send("put", "shoppers/ann/personalisation", stop).status_code == 200  # another channel's ann
    assert Shopper.objects.get(channel=shop.channel).personalised is True
    wrong = shop.send("put", "shoppers/ann/personalisation", {"personalised": "no"})
    assert refused(wrong) == (400, "invalid_parameter")
