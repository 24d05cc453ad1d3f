"""Generated requests to every operation of the OpenAPI document: never a 5xx, never an answer off the document.

No seed is drawn, so a failure comes again with the same request. Half the requests keep to the document, at addresses
that find something, and half break it. Of the answers is asked: status, media type, headers and body as documented.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from coupons.models import ApiKey, CodeBatch, Coupon, Redemption
from couponsite.wsgi import application
from tests.coupons.api.client import Shop, cart, open_shop, running_campaign
from tests.coupons.factories import make_channel, make_coupon

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_clean")]

EXAMPLES = 10
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@contextmanager
def connection_kept() -> Iterator[None]:
    """A real request closes the connection that this test's transaction is on; django.test.Client sees to that too."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


@pytest.fixture
def shop() -> Shop:
    """A made-up shop with one of everything that an address can name."""
    made = open_shop(make_channel(slug="made-up"))
    ApiKey.objects.update(requests_per_minute=1_000_000)
    coupon = make_coupon(running_campaign(made.channel, external_id="spring"))
    order = {"order_ref": "1001", "shopper": "ann", "mode": "hold", "cart": cart(1_000), "coupons": [str(coupon.uid)]}
    assert made.post("redemptions", order).status_code == 201
    assert made.post("shoppers/ann/coupons", {"coupon": str(coupon.uid)}).status_code == 201
    assert made.post(f"coupons/{coupon.uid}/code-batches", {"name": "Leaflet", "size": 5}).status_code == 202
    return made


def known_address(label: str) -> dict[str, str] | None:
    """What fills the operation's address so that it finds something."""
    path = label.split(" ", 1)[1].removeprefix("/api/v1/")
    if "{external_id}" in path:
        return {"external_id": "ann" if path.startswith("shoppers") else "spring"}
    tables: dict[str, type[Coupon] | type[CodeBatch] | type[Redemption]] = {
        "coupons": Coupon,
        "code-batches": CodeBatch,
        "redemptions": Redemption,
    }
    return {"uid": str(tables[path.split("/")[0]].objects.get().uid)} if "{uid}" in path else None


def _operations() -> dict[str, Any]:
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    schema = schemathesis.openapi.from_dict(json.loads(json.dumps(document, default=str)))
    schema.app = application
    found: list[Any] = [result.ok() for result in schema.get_all_operations()]  # type: ignore[union-attr]  # all are Ok
    return {operation.label: operation for operation in found}


OPERATIONS = _operations()


def test_the_document_has_every_operation() -> None:
    assert len(OPERATIONS) >= 28


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: str(mode.value))
@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_no_answer_is_a_5xx_or_off_the_document(label: str, mode: GenerationMode, shop: Shop) -> None:
    known = known_address(label) if mode == GenerationMode.POSITIVE else None

    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode, path_parameters=known))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": f"Api-Key {shop.plaintext}"}, checks=CHECKS)

    with connection_kept():
        try:
            ask()
        except Unsatisfiable:
            assert mode == GenerationMode.NEGATIVE  # an address of one text, and nothing else that could be wrong
