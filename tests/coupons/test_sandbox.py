"""A sandbox: whatever is tried there, the real channel's counters and budgets stay as they are."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from coupons.models import Budget, BudgetCounter, Channel, Coupon, Redemption, UsageCounter
from tests.coupons.api.client import Shop, cart, open_shop, refused, running_campaign
from tests.coupons.factories import make_channel, make_coupon

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]


def made(of: Channel) -> tuple[Shop, dict[str, str]]:
    """The sandbox's server key and coupons, read from what the command prints."""
    out = StringIO()
    call_command("create_sandbox", of=of.slug, stdout=out)
    lines = dict(line.split(maxsplit=1) for line in out.getvalue().replace("server key", "server").splitlines())
    channel = Channel.objects.get(slug=f"sandbox-{of.slug}")
    key = channel.apikey_set.get(prefix=lines["server"].split(".")[0])
    names = ("always", "percent", "min-spend", "code", "one-claim", "ended")
    return Shop(channel, key, lines["server"]), {name: lines[name].split()[0] for name in names}


def order(reference: str, **more: Any) -> dict[str, Any]:
    return {"order_ref": reference, "shopper": "ann", "mode": "redeem", "cart": cart(2_000), **more}


def test_every_outcome_can_be_tried_and_nothing_real_moves() -> None:
    real = make_channel(slug="web", name="Web")
    limited = make_coupon(running_campaign(real), usage_limit=5)
    budget = Budget.objects.create(coupon=limited, kind="money", period="total", limit_n=1_000)
    sandbox, coupons = made(real)
    assert sandbox.channel.currency == real.currency
    done = sandbox.post("redemptions", order("1", coupons=[coupons["always"], coupons["percent"]]))
    assert (done.status_code, done.json()["discount_minor"]) == (201, 290)
    assert sandbox.post("redemptions", order("2", codes=["sandbox-1O"])).json()["discount_minor"] == 200
    assert refused(sandbox.post("redemptions", order("3", coupons=[coupons["percent"]])))[1] == "shopper_limit_reached"
    assert refused(sandbox.post("redemptions", order("4", coupons=[coupons["min-spend"]])))[1] == "not_eligible"
    assert refused(sandbox.post("redemptions", order("5", coupons=[coupons["ended"]])))[1] == "campaign_ended"
    assert sandbox.post("shoppers/ann/coupons", {"coupon": coupons["one-claim"]}).status_code == 201
    assert refused(sandbox.post("shoppers/bob/coupons", {"coupon": coupons["one-claim"]}))[1] == "pool_exhausted"
    assert refused(sandbox.post("redemptions", order("6", coupons=[str(limited.uid)])))[1] == "not_found"
    assert Redemption.objects.filter(channel=real).count() == 0
    real_counters = UsageCounter.objects.filter(scope_id=limited.pk)
    assert list(real_counters.values_list("held_n", "redeemed_n").distinct()) == [(0, 0)]
    assert not BudgetCounter.objects.filter(budget=budget, spent_n__gt=0).exists()


def test_it_is_made_once_and_its_keys_are_new_each_time() -> None:
    real = make_channel(slug="web")
    (first, coupons), (second, same) = made(real), made(real)
    assert coupons == same
    assert first.plaintext != second.plaintext
    assert Coupon.objects.count() == 6
    assert [key.get("shoppers/nobody/coupons").status_code for key in (first, second)] == [404, 404]


def test_the_real_key_sees_nothing_of_it_and_a_sandbox_has_none_of_its_own() -> None:
    shop = open_shop(make_channel(slug="web"))
    sandbox, coupons = made(shop.channel)
    assert refused(shop.post("redemptions", order("1", coupons=[coupons["always"]]))) == (404, "not_found")
    with pytest.raises(CommandError, match="sandbox itself"):
        call_command("create_sandbox", of=sandbox.channel.slug)
    with pytest.raises(CommandError, match="does not exist"):
        call_command("create_sandbox", of="nowhere")
