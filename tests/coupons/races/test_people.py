"""Accounts that become one person, or two, while they buy: no use is lost, and limits are those of who they are."""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from django.db.models import QuerySet

from coupons.errors import ShopperLimitReached
from coupons.models import Coupon, Redemption, Shopper, ShopperUsage
from coupons.persons import accounts_of, owner_id
from coupons.reconcile import find_drift
from coupons.services import merge_shoppers, split_shopper, transactions
from tests.coupons.factories import make_coupon, make_shopper
from tests.coupons.ledger import assert_balanced, redeem, use
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)
ACTOR = "key:made-up"
ROUNDS = 8

Move = Callable[[pytest.MonkeyPatch], tuple[Coupon, Shopper]]


def pair(coupon: Coupon) -> tuple[Shopper, Shopper]:
    return make_shopper(coupon.campaign.channel), make_shopper(coupon.campaign.channel)


def fresh(shopper: Shopper) -> Shopper:
    return Shopper.objects.select_related("channel").get(pk=shopper.pk)


def overtake(monkeypatch: pytest.MonkeyPatch, *, buy: Callable[[], object], move: Callable[[], object]) -> None:
    """`move` while `buy` has written its row and not yet counted it; one that waits for `buy` is let wait."""
    written, moved = Event(), Event()
    finish = transactions._finish

    def finish_late(opened: Any, *, commit: bool) -> None:
        if not written.is_set():  # the purchase comes first
            written.set()
            moved.wait(0.5)
        finish(opened, commit=commit)

    def then_move() -> None:
        assert written.wait(5)
        move()
        moved.set()

    monkeypatch.setattr(transactions, "_finish", finish_late)
    outcomes = race(buy, then_move)
    monkeypatch.setattr(transactions, "_finish", finish)
    assert [one for one in outcomes if isinstance(one, BaseException)] == []


@pytest.fixture
def without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Merging and splitting look first, write afterwards, and lock nobody."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows.all())


def use_before_and_during_a_merge(monkeypatch: pytest.MonkeyPatch) -> tuple[Coupon, Shopper]:
    """Both of two uses are taken, the second while its account becomes the person who took the first."""
    coupon = make_coupon(per_shopper_limit=2)
    keep, other = pair(coupon)
    redeem(keep, "before", use(coupon))
    overtake(
        monkeypatch,
        buy=lambda: redeem(other, "during", use(coupon)),
        move=lambda: merge_shoppers(keep=keep, other=other, actor=ACTOR),
    )
    return coupon, fresh(keep)


def use_before_and_during_a_split(monkeypatch: pytest.MonkeyPatch) -> tuple[Coupon, Shopper]:
    """One account takes both of two uses, the second while it becomes a person of its own."""
    coupon = make_coupon(per_shopper_limit=2)
    keep, other = pair(coupon)
    merge_shoppers(keep=keep, other=other, actor=ACTOR)
    joined = fresh(other)
    redeem(joined, "before", use(coupon))
    overtake(
        monkeypatch,
        buy=lambda: redeem(joined, "during", use(coupon)),
        move=lambda: split_shopper(shopper=joined, actor=ACTOR),
    )
    return coupon, fresh(other)


MOVES = [use_before_and_during_a_merge, use_before_and_during_a_split]


@pytest.mark.parametrize("move", MOVES)
def test_who_has_taken_every_use_gets_no_more_by_becoming_somebody_else_meanwhile(
    move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    coupon, person = move(monkeypatch)
    with pytest.raises(ShopperLimitReached):
        redeem(person, "after", use(coupon))
    assert ShopperUsage.objects.get(coupon=coupon, shopper=person).redeemed_n == 2
    assert_balanced()


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.usefixtures("without_locks")
def test_without_locks_one_of_the_uses_is_counted_for_nobody(move: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    coupon, person = move(monkeypatch)
    accounts = Shopper.objects.filter(accounts_of(owner_id(person)))
    assert Redemption.objects.filter(shopper__in=accounts, coupon=coupon).count() == 2
    assert ShopperUsage.objects.get(coupon=coupon, shopper=person).redeemed_n == 1
    assert find_drift() != []


def test_a_split_during_redemptions_leaves_each_person_their_own() -> None:
    coupon = make_coupon(per_shopper_limit=2)
    for number in range(ROUNDS):
        keep, other = pair(coupon)
        merge_shoppers(keep=keep, other=other, actor=ACTOR)
        redeem(fresh(keep), f"first-{number}", use(coupon))
        one, two = fresh(keep), fresh(other)
        outcomes = race(
            lambda one=one, n=number: redeem(one, f"a-{n}", use(coupon)),  # type: ignore[misc]
            lambda two=two, n=number: redeem(two, f"b-{n}", use(coupon)),  # type: ignore[misc]
            lambda two=two: split_shopper(shopper=two, actor=ACTOR),  # type: ignore[misc]
        )
        assert not isinstance(outcomes[2], BaseException)
        refused = [each for each in outcomes[:2] if isinstance(each, BaseException)]
        assert {type(each) for each in refused} <= {ShopperLimitReached}
        for account in (keep, other):
            uses = Redemption.objects.filter(shopper=account).count()
            counted = ShopperUsage.objects.filter(shopper=account).values_list("redeemed_n", flat=True)
            assert sum(counted) == uses
            assert uses <= 2
    assert_balanced()
