"""The description of the interface: complete, valid, and true."""

from collections.abc import Iterator
from threading import Thread
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks
from werkzeug.serving import make_server

from contracts.errors import Code
from contracts.roles import Role
from gateway.openapi import describe
from gateway.routes import ROUTES
from tests.gateway.conftest import token
from tests.running import Festival

FEW = settings(
    max_examples=3, deadline=None, derandomize=True, database=None,
    phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
)
ADMIN = token(Role.ADMIN)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return describe(ROUTES)


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for path in document["paths"].values() for item in path.values()]


def test_every_route_is_described_once(document: dict[str, Any]) -> None:
    described = {
        f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item
    }
    assert described == {f"{route.method} {route.path}" for route in ROUTES}
    names = [item["operationId"] for path in document["paths"].values() for item in path.values()]
    assert len(set(names)) == len(names)


def test_it_is_served_and_small_enough_to_read(http: FlaskClient) -> None:
    answer = http.get("/openapi.json")
    assert answer.json["openapi"] == "3.1.0"
    assert answer.content_type == "application/json"
    assert len(answer.data) < 500_000


def test_every_schema_is_valid_json_schema(document: dict[str, Any]) -> None:
    """OpenAPI 3.1 schemas are JSON Schema 2020-12, references included."""
    for name, schema in document["components"]["schemas"].items():
        jsonschema_rs.meta.validate(schema)
        jsonschema_rs.Draft202012Validator(document | {"$ref": f"#/components/schemas/{name}"})


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for key, item in value.items():
                if key == "$ref":
                    yield item
                else:
                    yield from references(item)
        elif isinstance(value, list):
            for item in value:
                yield from references(item)

    for reference in set(references(document)):
        found: Any = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def test_limits_enumerations_and_nulls_are_said(document: dict[str, Any]) -> None:
    order = document["paths"]["/v1/orders"]
    body = order["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["additionalProperties"] is False
    assert body["properties"]["lines"]["maxItems"] == 100
    assert body["properties"]["channel"] == {
        "type": ["string", "null"], "enum": ["desk", "web", "mobile", "partner", None]}
    assert body["properties"]["holder"] == {
        "anyOf": [{"$ref": "#/components/schemas/TicketHolder"}, {"type": "null"}]}
    limit = next(item for item in order["get"]["parameters"] if item["name"] == "limit")
    assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}
    assert document["components"]["schemas"]["Money"]["properties"]["currency"]["pattern"] == (
        "^[A-Z]{3}$")


def test_every_operation_says_who_may_and_what_can_go_wrong(
    operations: list[dict[str, Any]],
) -> None:
    for operation in operations:
        assert operation["x-roles"]
        assert operation["summary"]
        assert operation["x-roles"] == ["public"] or operation["security"] == [{"token": []}]
        assert {"405", "429", "500", "503", "504"} <= operation["responses"].keys()
        if operation["security"]:
            assert {"401", "403"} <= operation["responses"].keys()
        keys = [item for item in operation["parameters"] if item["name"] == "Idempotency-Key"]
        assert not (keys and keys[0]["required"]) or "400" in operation["responses"]


def test_problems_have_every_code(document: dict[str, Any]) -> None:
    codes = document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    assert set(codes) == {code.value for code in Code}


# ------------------------------------------------------------------ against the description


described = schemathesis.openapi.from_dict(describe(ROUTES))


@pytest.fixture(scope="module")
def alone(app: Flask) -> Iterator[str]:
    """The gateway before stand-ins, listening."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()


# Signing in: with the whole system, guesses lock an address out, as they should.
PEOPLE = r"^/v1/(auth/|holders|me/|approvals)"


@pytest.mark.slow
@described.include(path_regex=PEOPLE).parametrize()
@FEW
def test_whatever_is_sent_the_gateway_answers_as_described(
    case: schemathesis.Case, alone: str
) -> None:
    """Services are stand-ins here, so what they answer is not looked at."""
    response = case.call(base_url=alone, headers=ADMIN)
    assert response.status_code < 500, response.text
    case.validate_response(response, checks=[checks.status_code_conformance])


@pytest.fixture(scope="session")
def admin(festival: Festival) -> dict[str, str]:
    return {"Authorization": f"Bearer {festival.token()}"}


@pytest.mark.slow
@described.exclude(path_regex=PEOPLE).parametrize()
@FEW
def test_whatever_is_sent_the_whole_system_answers_as_described(
    case: schemathesis.Case, festival: Festival, admin: dict[str, str]
) -> None:
    response = case.call(base_url=festival.gateway, headers=admin)
    assert response.status_code < 500, response.text
    if response.status_code == 414:
        return  # the web server's answer to a line it will not read to its end
    case.validate_response(response, checks=[
        checks.status_code_conformance, checks.response_schema_conformance,
        checks.content_type_conformance,
    ])
