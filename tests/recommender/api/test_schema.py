"""The OpenAPI document: valid, complete, and true."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client


@pytest.fixture
def schema(tmp_path: Path) -> dict[str, Any]:
    """Fails on any warning: an endpoint that can't be described is not finished."""
    file = tmp_path / "schema.json"
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", "--file", str(file))
    document: dict[str, Any] = json.loads(file.read_text())
    return document


def test_it_describes_each_endpoint_with_its_refusals(schema: dict[str, Any]) -> None:
    paths = schema["paths"]
    read, write = paths["/api/v1/recommendations"]["get"], paths["/api/v1/events"]["post"]
    assert set(read["responses"]) == {"200", "400", "401", "403", "429"}
    assert set(write["responses"]) == {"200", "207", "400", "401", "403", "413", "429"}
    for operation in (read, write):
        assert operation["security"] == [{"ApiKey": []}, {"ApiKeyHeader": []}]
        for status, response in operation["responses"].items():
            media_type = "application/json" if status.startswith("2") else "application/problem+json"
            assert set(response["content"]) == {media_type}
            assert response["content"][media_type]["examples"]


def test_it_names_every_parameter(schema: dict[str, Any]) -> None:
    parameters = schema["paths"]["/api/v1/recommendations"]["get"]["parameters"]
    assert {parameter["name"] for parameter in parameters} == {
        "Shopper-Token",
        "shopper",
        "limit",
        "cart_total",
        "channel",
        "lat",
        "lon",
        "radius_m",
        "place",
    }
    assert [parameter["name"] for parameter in parameters if parameter.get("required")] == []


def test_both_headers_are_declared(schema: dict[str, Any]) -> None:
    schemes = schema["components"]["securitySchemes"]
    assert {(scheme["type"], scheme["in"], scheme["name"]) for scheme in schemes.values()} == {
        ("apiKey", "header", "Authorization"),
        ("apiKey", "header", "X-Api-Key"),
    }


def test_it_is_served_beside_its_page(client: Client) -> None:
    served = client.get("/api/schema/")
    assert served.status_code == 200
    assert b"/api/v1/recommendations" in served.content
    page = client.get("/api/docs/")
    assert page.status_code == 200
    assert b"/api/schema/" in page.content


def test_every_request_and_every_answer_has_an_example(schema: dict[str, Any]) -> None:
    lacking = [
        (method, path, part)
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
        for part, body in [("request", operation.get("requestBody", {})), *operation["responses"].items()]
        for content in body.get("content", {}).values()
        if not content.get("examples")
    ]
    assert lacking == []
