"""Bodies read the short way give what the form gives, and what the form refuses is refused with its words."""

import random
from copy import deepcopy
from typing import Any

import pytest
from rest_framework import serializers

from coupons.api.evaluations import EvaluationRequestSerializer
from coupons.api.fields import ExternalId, Money, StrictSerializer, Text, _form, _plain_check, read_body
from coupons.api.plain_body import NOT_PLAIN
from coupons.api.problems import Problem
from coupons.api.redemptions import RedemptionRequestSerializer
from coupons.api.wallet import ClaimSerializer

UID = "b8c5bd44-8b7e-4f5e-a9f7-5f7f0a7f4f10"
CART: dict[str, Any] = {
    "items": [
        {"ref": "1", "quantity": 2, "unit_price_minor": 299, "product": "p-1"},
        {"ref": "2", "quantity": 1, "unit_price_minor": 0, "product": None},
    ],
    "shipping_minor": 499,
}
BODIES: list[tuple[type[StrictSerializer], dict[str, Any]]] = [
    (
        EvaluationRequestSerializer,
        {"shopper": "1823", "cart": CART, "coupons": [UID], "codes": ["abc 1"], "place": "x"},
    ),
    (EvaluationRequestSerializer, {"shopper": None, "cart": {"items": CART["items"][1:]}}),
    (
        RedemptionRequestSerializer,
        {
            "order_ref": "1",
            "shopper": "s",
            "mode": "hold",
            "cart": CART,
            "coupons": [UID],
            "expected_discount_minor": 1,
        },
    ),
    (ClaimSerializer, {"coupon": UID}),
]
ODD: list[Any] = [
    *(None, True, 0, 1, -1, 1.0, 1.5, 10**11, 10**11 + 1, 100_001, [], {}, [None], {"ref": "1"}),
    *("", " ", " a ", "1", "é", "\ud800", "\x00", "a\n", "x" * 64, "x" * 65, "hold", "Hold"),
    *(UID, UID.upper(), UID.replace("-", ""), f"{{{UID}}}", [UID] * 21),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something may be put in place of what is there."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, inner in inside for deeper in places(inner, (*path, key)))]


def mutant(body: Any, chance: random.Random) -> Any:
    """The body with one place changed, taken away or added."""
    changed = deepcopy(body)
    path = chance.choice(places(body))
    if not path:
        return chance.choice(ODD)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    what = chance.random()
    if what < 0.2:
        del holder[path[-1]]
    elif what < 0.3 and isinstance(holder, dict):
        holder["unknown"] = 1
    else:
        holder[path[-1]] = chance.choice(ODD)
    return changed


@pytest.mark.parametrize(("form", "body"), BODIES)
def test_what_is_in_order_is_read_the_short_way(form: type[StrictSerializer], body: dict[str, Any]) -> None:
    check = _plain_check(form, partial=False)
    assert check is not None
    assert check(body) == dict(_form(form, partial=False).run_validation(body))
    assert check(body) is not NOT_PLAIN


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_both_ways_read_alike_and_refuse_alike(number: int) -> None:
    form, body = BODIES[number]
    chance = random.Random(number)
    seen = {"read": 0, "refused": 0}
    for _ in range(400):
        changed = mutant(mutant(body, chance) if chance.random() < 0.3 else body, chance)
        try:
            expected = dict(_form(form, partial=False).run_validation(changed))
        except serializers.ValidationError:
            seen["refused"] += 1
            with pytest.raises(Problem):
                read_body(form, changed)
        else:
            seen["read"] += 1
            assert read_body(form, changed) == expected
    assert min(seen.values()) >= 5, seen


class RuleSerializer(StrictSerializer):
    """A form with a rule of its own."""

    name = Text(required=False)

    def validate(self, attrs: Any) -> Any:
        raise serializers.ValidationError("never")


class DefaultSerializer(StrictSerializer):
    """A form that fills in what is left out."""

    price = Money(default=7)


class WatchedSerializer(StrictSerializer):
    """A member with a rule of its own."""

    name = ExternalId(validators=[str.upper])


class OuterSerializer(StrictSerializer):
    """A form with such a one within."""

    inner = RuleSerializer()


@pytest.mark.parametrize("form", [RuleSerializer, DefaultSerializer, WatchedSerializer, OuterSerializer])
def test_a_form_with_rules_of_its_own_is_always_read_the_long_way(form: type[StrictSerializer]) -> None:
    assert _plain_check(form, partial=False) is None
