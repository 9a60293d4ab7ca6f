"""What reaches a service, what is refused before it does, and what comes back."""

import json
from io import BytesIO
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from contracts.roles import Principal, Role
from gateway.endpoint import UPLOAD_MAX, Route
from tests.gateway.conftest import CountingRpc, token
from tests.gateway.samples import SOME_ID, STUCK_ID

CREDIT = "/v1/wallets/ABCD-1234/credits"
MONEY = {"amount": {"amount": 500}, "method": "cash", "reason": "desk"}
MANAGER = token(Role.WALLET_MANAGER, sub="lea")
CASHIER = token(Role.POS)
ADMIN = token(Role.ADMIN)


def keyed(headers: dict[str, str], key: str = "") -> dict[str, str]:
    return headers | {"Idempotency-Key": key or str(uuid4())}


def test_a_service_gets_message_actor_key_and_request_id(http: FlaskClient) -> None:
    headers = keyed(MANAGER, "key-1") | {"X-Request-Id": "front-end-0001"}
    answer = http.post(CREDIT, json=MONEY, headers=headers)
    assert answer.status_code == 201
    assert answer.headers["X-Request-Id"] == "front-end-0001"
    envelope = answer.json["envelope"]
    assert envelope["type"] == "wallet.credit_wallet.v1"
    assert envelope["id"] == "key-1"
    assert envelope["correlation_id"] == "front-end-0001"
    assert envelope["actor"] == {
        "kind": "user", "id": "lea", "name": "Lea", "roles": ["wallet_manager"],
        "sale_points": [str(SOME_ID)],
    }
    assert envelope["body"] == {
        "code": "ABCD-1234", "amount": {"amount": 500, "currency": "CHF"}, "method": "cash",
        "reason": "desk", "sale_point_id": None,
    }


@pytest.mark.parametrize(("raw", "status", "code"), [
    ("{", 400, "MALFORMED_JSON"),
    ("[1]", 400, "MALFORMED_JSON"),
    ('{"amount": NaN}', 400, "MALFORMED_JSON"),
    ('{"amount": 1e999}', 400, "MALFORMED_JSON"),
    ('{"amount": 1, "amount": 2}', 400, "MALFORMED_JSON"),
    ("[" * 30 + "]" * 30, 400, "MALFORMED_JSON"),
    ("[" * 100_000, 400, "MALFORMED_JSON"),
    ('{"amount": 1' + "0" * 30 + "}", 400, "MALFORMED_JSON"),
    (b'{"reason": "\xff"}', 400, "MALFORMED_JSON"),
    ("{}", 422, "VALIDATION_FAILED"),
    ("", 422, "VALIDATION_FAILED"),
    (json.dumps(MONEY | {"price": 1}), 422, "VALIDATION_FAILED"),
    (json.dumps(MONEY | {"code": "OTHER-1"}), 422, "VALIDATION_FAILED"),
    (json.dumps(MONEY | {"amount": 12.5}), 422, "VALIDATION_FAILED"),
    (json.dumps(MONEY | {"reason": "\x00"}), 422, "VALIDATION_FAILED"),
    ("x" * (2**20 + 1), 413, "BODY_TOO_LARGE"),
])
def test_a_wrong_body_is_refused_here(
    http: FlaskClient, rpc: CountingRpc, raw: str | bytes, status: int, code: str
) -> None:
    rpc.sent.clear()
    answer = http.post(CREDIT, data=raw, headers=keyed(MANAGER), content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.content_type == "application/problem+json"
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert answer.json["detail"]
    assert not rpc.sent


def test_other_media_types_paths_and_methods(http: FlaskClient) -> None:
    answer = http.post(CREDIT, data="a=1", headers=keyed(MANAGER), content_type="text/plain")
    assert (answer.status_code, answer.json["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    answer = http.get("/v1/nothing")
    assert (answer.status_code, answer.json["code"]) == (404, "NOT_FOUND")
    answer = http.delete("/v1/orders")
    assert (answer.status_code, answer.json["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
    for each in (http.get("/v1/nothing"), http.delete("/v1/orders")):
        assert each.content_type == "application/problem+json"


def test_money_needs_a_key_and_other_writes_may_have_one(http: FlaskClient) -> None:
    for key in ("", "with space", "ä", "x" * 256):
        headers = MANAGER | ({"Idempotency-Key": key} if key else {})
        answer = http.post(CREDIT, json=MONEY, headers=headers)
        assert (answer.status_code, answer.json["code"]) == (400, "IDEMPOTENCY_KEY_MISSING"), key
    first = http.post("/v1/sections", json={"name": {"fr": "Nuit"}}, headers=ADMIN)
    second = http.post("/v1/sections", json={"name": {"fr": "Nuit"}}, headers=ADMIN)
    assert first.json["envelope"]["id"] != second.json["envelope"]["id"]
    given = http.post("/v1/sections", json={"name": {"fr": "Nuit"}}, headers=keyed(ADMIN, "mine"))
    assert given.json["envelope"]["id"] == "mine"


def test_a_replay_says_so(http: FlaskClient) -> None:
    assert "Idempotency-Replayed" not in http.post(
        CREDIT, json=MONEY, headers=keyed(MANAGER)).headers
    answer = http.post(CREDIT, json=MONEY, headers=keyed(MANAGER, "replay-1"))
    assert answer.headers["Idempotency-Replayed"] == "true"


def test_anonymous_callers_share_no_keys_and_are_known_by_address(http: FlaskClient) -> None:
    credentials = {"username": "lea", "password": "secret"}
    answer = http.post("/v1/auth/login", json=credentials, headers={"Idempotency-Key": "same"})
    envelope = answer.json["envelope"]
    assert envelope["id"] != "same"
    assert (envelope["actor"]["kind"], envelope["actor"]["id"]) == ("anonymous", "127.0.0.1")


def test_a_scan_is_known_by_its_nonce(http: FlaskClient) -> None:
    scan = {"code": "ABCD", "screening_ids": [str(SOME_ID)], "nonce": "door-1-0001"}
    answer = http.post("/v1/checkins", json=scan, headers=token(Role.ENTRY_CHECK))
    assert answer.json["envelope"]["id"] == "door-1-0001"


def test_query_arguments_are_typed_by_the_message(http: FlaskClient) -> None:
    answer = http.get("/v1/orders?limit=7&to_refund=true&state=paid", headers=CASHIER)
    body = answer.json["envelope"]["body"]
    assert (body["limit"], body["to_refund"], body["state"]) == (7, True, "paid")


@pytest.mark.parametrize(("query", "field"), [
    ("limit=0", "limit"), ("limit=1.5", "limit"), ("limit=x", "limit"), ("limit=", "limit"),
    ("limit=" + "9" * 5000, "limit"), ("limit=1&limit=2", "limit"), ("to_refund=1", "to_refund"),
    ("state=lost", "state"), ("screening_id=7", "screening_id"), ("unknown=1", "unknown"),
    ("cursor=%00", "cursor"),
])
def test_wrong_query_arguments_are_named(
    http: FlaskClient, rpc: CountingRpc, query: str, field: str
) -> None:
    rpc.sent.clear()
    answer = http.get(f"/v1/orders?{query}", headers=CASHIER)
    assert (answer.status_code, answer.json["code"]) == (422, "VALIDATION_FAILED")
    assert list(answer.json["errors"]) == [field]
    assert not rpc.sent


def test_writes_take_no_query_arguments(http: FlaskClient) -> None:
    answer = http.post(f"{CREDIT}?dry_run=true", json=MONEY, headers=keyed(MANAGER))
    assert list(answer.json["errors"]) == ["dry_run"]


def test_free_metadata_may_hold_any_number(http: FlaskClient) -> None:
    made = {"title": {"fr": "Nuit"}, "metadata": {"ratio": 1.85, "reels": 5}}
    answer = http.post("/v1/productions", json=made, headers=ADMIN)
    assert answer.json["envelope"]["body"]["metadata"] == {"ratio": 1.85, "reels": 5}


def test_what_the_gateway_fills_in_cannot_be_sent(http: FlaskClient) -> None:
    answer = http.get("/v1/statistics/weekday?by=hour", headers=token(Role.STATS))
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["by"])
    answer = http.get("/v1/statistics/weekday", headers=token(Role.STATS))
    assert answer.json["envelope"]["body"]["by"] == "weekday"


def test_a_list_in_the_path_is_that_one(http: FlaskClient) -> None:
    answer = http.post(f"/v1/screenings/{SOME_ID}/price-grid",
                       json={"price_grid_id": str(SOME_ID)}, headers=ADMIN)
    assert answer.json["envelope"]["body"]["screening_ids"] == [str(SOME_ID)]


# ------------------------------------------------------------------ files


def test_a_file_comes_back_under_its_name(http: FlaskClient) -> None:
    answer = http.get(f"/v1/orders/{SOME_ID}/tickets.pdf", headers=CASHIER)
    assert answer.data == b"ticketing_documents.tickets_pdf.v1"
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=Buro.txt; filename*=UTF-8''B%C3%BCro.txt"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("path", "accept", "answered"), [
    ("", "application/json", "accounting.get_sales_statement.v1"),
    ("", "*/*", "accounting.get_sales_statement.v1"),
    ("", "text/csv", "csv"),
    ("", "text/csv;q=0.5, application/json;q=0.4", "csv"),
    (".csv", "*/*", "csv"),
    (".xlsx", "", "xlsx"),
])
def test_a_statement_comes_in_the_format_asked_for(
    http: FlaskClient, rpc: CountingRpc, path: str, accept: str, answered: str
) -> None:
    headers = token(Role.ACCOUNTING) | ({"Accept": accept} if accept else {})
    answer = http.get(f"/v1/statements/sales{path}", headers=headers)
    assert answer.status_code == 200
    if answered.startswith("accounting."):
        assert answer.json["envelope"]["type"] == answered
    else:
        assert rpc.sent[-1] == "accounting_reports.export_sales_statement"


def test_an_unknown_format_is_not_acceptable(http: FlaskClient) -> None:
    headers = token(Role.ACCOUNTING) | {"Accept": "image/png"}
    answer = http.get("/v1/statements/sales", headers=headers)
    assert (answer.status_code, answer.json["code"]) == (406, "NOT_ACCEPTABLE")


def test_a_programme_file_is_uploaded_with_its_options(http: FlaskClient) -> None:
    answer = http.post("/v1/imports", headers=ADMIN, data={
        "file": (BytesIO(b"titre;heure\n"), "programme.csv"), "format": "csv",
        "options": '{"venue": "Grande Salle"}',
    })
    body = answer.json["envelope"]["body"]
    assert answer.status_code == 201
    assert (body["filename"], body["content"], body["format"]) == (
        "programme.csv", "dGl0cmU7aGV1cmUK", "csv")
    assert body["options"]["venue"] == "Grande Salle"


@pytest.mark.parametrize(("form", "status"), [
    ({"format": "csv"}, 422),
    ({"file": (BytesIO(b"a"), "a.csv"), "colour": "red"}, 422),
    ({"file": (BytesIO(b"a"), "a.csv"), "content": "YQ=="}, 422),
    ({"file": (BytesIO(b"a"), "a.csv"), "other": (BytesIO(b"a"), "b.csv")}, 422),
    ({"file": (BytesIO(b"a"), "a.csv"), "options": "{"}, 400),
    ({"file": (BytesIO(b"a"), "a.csv"), "options": '{"x": NaN}'}, 400),
    ({"file": (BytesIO(b"a" * UPLOAD_MAX), "a.csv")}, 413),
], ids=["no file", "unknown part", "own field", "two files", "no json", "not strict", "too large"])
def test_a_wrong_upload_is_refused(http: FlaskClient, form: dict, status: int) -> None:
    answer = http.post("/v1/imports", headers=ADMIN, data=form,
                       content_type="multipart/form-data")
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"


def test_an_upload_larger_than_other_bodies_may_be_is_taken(http: FlaskClient) -> None:
    answer = http.post("/v1/imports", headers=ADMIN,
                       data={"file": (BytesIO(b"a" * 3_000_000), "a.csv")})
    assert answer.status_code == 201


def test_the_payment_provider_is_passed_on_as_it_spoke(http: FlaskClient) -> None:
    said = '{"reference":  "r-1"}'
    answer = http.post("/v1/webhooks/payments", data=said,
                       headers={"X-Payment-Signature": "t=1,v1=ab"})
    assert answer.json["envelope"]["body"] == {"body": said, "signature": "t=1,v1=ab"}
    unsigned = http.post("/v1/webhooks/payments", data=said)
    assert (unsigned.status_code, unsigned.json["code"]) == (401, "WEBHOOK_SIGNATURE")


# ------------------------------------------------------------------ waiting for others


def pay(order_id: str, http: FlaskClient, key: str = ""):
    return http.post(f"/v1/orders/{order_id}/payments", headers=keyed(CASHIER, key), json={
        "method": "wallet", "amount": {"amount": 500}, "wallet_code": "ABCD-1234"})


def test_a_payment_waits_until_the_wallet_has_answered(
    http: FlaskClient, rpc: CountingRpc
) -> None:
    answer = pay(str(SOME_ID), http)
    assert (answer.status_code, answer.json["state"]) == (201, "paid")
    assert rpc.sent[-2:] == ["ticketing.pay_order", "ticketing.get_order"]
    asked = answer.json["envelope"]
    assert asked["correlation_id"] == answer.headers["X-Request-Id"]


def test_after_two_seconds_the_caller_asks_again_itself(http: FlaskClient) -> None:
    answer = pay(str(STUCK_ID), http, "replay-9")
    assert (answer.status_code, answer.json["state"]) == (202, "paying")
    assert answer.headers["Idempotency-Replayed"] == "true"


def test_a_session_waits_for_ticketing(http: FlaskClient) -> None:
    answer = http.post(f"/v1/registers/{SOME_ID}/sessions", json={}, headers=keyed(CASHIER))
    assert answer.status_code == 201


# ------------------------------------------------------------------ declarations


def test_a_route_must_say_who_may(http: FlaskClient) -> None:
    from contracts.wallet import GetWallet, WalletDebited, WalletView

    with pytest.raises(ValueError, match="names no roles"):
        Route("GET", "/v1/w/{code}", GetWallet, (), WalletView, "")
    with pytest.raises(TypeError):
        Route("GET", "/v1/w/{code}", GetWallet)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="path parameters"):
        Route("GET", "/v1/w/{id}", GetWallet, (Role.POS,), WalletView, "")
    with pytest.raises(ValueError, match="carries an event"):
        Route("POST", "/v1/w", WalletDebited, (Role.POS,), WalletView, "")


def test_the_web_shop_is_a_principal_of_its_own(http: FlaskClient) -> None:
    answer = http.get("/v1/orders", headers=token(kind=Principal.ESHOP))
    assert answer.json["envelope"]["actor"]["kind"] == "eshop"
