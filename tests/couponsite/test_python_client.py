"""The generated Python client, used for real: over HTTP against the live web process."""

import importlib
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.coupons.api.client import open_shop, running_campaign
from tests.coupons.factories import make_coupon

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_clean")]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Imports a module of the client from its folder, where nothing is installed."""
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2] / "clients" / "python"))
    yield lambda name: importlib.import_module(f"coupon_platform_client.{name}")
    for name in [name for name in sys.modules if name.startswith("coupon_platform_client")]:
        del sys.modules[name]


def test_a_shop_in_python_recommends_claims_and_redeems(live_site: str, load: Any) -> None:
    shop = open_shop()
    coupon = make_coupon(running_campaign(shop.channel), title="Made-up dollar")
    client = load("client").AuthenticatedClient(base_url=live_site, token=shop.plaintext, prefix="Api-Key")

    slate = load("api.recommendations.recommendations_read").sync(client=client, shopper="ann", limit=3)
    assert [(item.title, item.coupon) for item in slate.items] == [("Made-up dollar", coupon.uid)]

    claim = load("models").Claim(coupon=coupon.uid, slate_id=slate.slate_id)
    grant = load("api.wallet.wallet_claim").sync(
        external_id="ann", client=client, body=claim, idempotency_key=uuid.uuid4().hex
    )
    assert (grant.title, grant.status) == ("Made-up dollar", "issued")

    token = load("api.shopper_tokens.shopper_tokens_issue").sync(
        client=client, body=load("models").ShopperTokenRequest(shopper="ann")
    )
    assert (token.shopper, token.channel) == ("ann", shop.channel.slug)

    problem = load("api.wallet.wallet_list").sync(external_id="nobody", client=client)
    assert (problem.code, problem.status) == ("not_found", 404)
