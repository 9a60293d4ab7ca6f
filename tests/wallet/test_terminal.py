"""The terminal door through real HTTP: what a bar's terminal sends, loses, and is refused.

No broker is running for it: the door is given the address of a closed port.
"""

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import jwt
import pytest
import requests

from contracts import ticket_code
from contracts.errors import Code
from contracts.money import Money
from contracts.roles import Actor, Principal, Role
from contracts.ticketing import TicketIssued
from contracts.wallet import CreditWallet, LoadMethod, WalletDebited, WalletReversed
from services.chassis.testing import Harness
from services.wallet.usecases import credits, facts
from tests.chassis.support import Processes, Rows
from tests.running import Servers
from tests.wallet.door import Door, TokenMaker, money

MANAGER = Actor(Principal.USER, "u2", "Max", frozenset({Role.WALLET_MANAGER}))
EVERYTHING = (  # method, path, and a body that would be accepted
    ("POST", "/terminal/v1/debits"), ("POST", "/terminal/v1/reversals"),
    ("GET", "/terminal/v1/wallets/7K3QMXW04T"), ("GET", "/terminal/v1/debits/some-key"),
)


class Bar:
    """One door on one database for all tests of this file, and what lies behind it."""

    def __init__(self, ledger: Harness, directory: Path) -> None:
        self.ledger = ledger
        self.rows = Rows(ledger.url)
        self.tokens = TokenMaker()
        self.tokens.publish(self.rows)
        plain = ledger.url.replace("+psycopg", "")
        self.processes = Processes(directory, {"WALLET_DATABASE_URL": plain})
        self.door = Door(self.processes, self.tokens)

    def wallet(self, cents: int) -> str:
        """The code of a new wallet with this much on it."""
        code = ticket_code.new_code()
        self.ledger.react(facts.open_wallet, TicketIssued(
            ticket_id=uuid4(), code=code, wallet_allowed=True))
        if cents:
            self.ledger.call(credits.credit, CreditWallet(
                code=code, amount=Money(cents), method=LoadMethod.CASH, reason="desk"), MANAGER)
        return code

    def balance(self, code: str) -> int:
        return int(self.rows.one("SELECT paid + gifted FROM wallets WHERE code = :code", code=code))

    def debits(self, code: str) -> int:
        """How many debits of this wallet will be told to the books."""
        wallet = self.rows.one("SELECT id FROM wallets WHERE code = :code", code=code)
        return sum(item.wallet_id == wallet for item in self.ledger.said(WalletDebited))


@pytest.fixture(scope="module")
def bar(
    servers: Servers, template: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bar]:
    name = servers.create_database("cha_bar", template("wallet"))
    ledger = Harness("wallet", servers.database_url(name))
    made = Bar(ledger, tmp_path_factory.mktemp("bar"))
    yield made
    made.processes.stop_all()
    made.rows.engine.dispose()
    ledger.close()
    servers.drop_database(name)


def problem(answer: requests.Response, status: int, code: Code) -> dict[str, Any]:
    """The problem document of a refusal."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
    return answer.json()


def ask(bar: Bar, method: str, path: str, token: str | None, **more: Any) -> requests.Response:
    headers = {"Idempotency-Key": str(uuid4())} | more.pop("headers", {})
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return requests.request(method, bar.door.url + path, headers=headers, timeout=10, **more)


# ------------------------------------------------------------------ a bar's day


def test_a_debit(bar: Bar) -> None:
    code = bar.wallet(2000)
    beers = [{"label": "Bière", "quantity": 2, "unit_price": money(350)}]
    answer = bar.door.debit(code, 700, lines=beers)
    said = answer.json()
    assert answer.status_code == 201
    assert (said["amount"], said["balance"], said["kind"]) == (money(-700), money(1300), "debit")
    assert bar.door.get(f"/terminal/v1/wallets/{code}").json()["balance"] == money(1300)
    assert bar.balance(code) == 1300 and bar.debits(code) == 1


def test_a_lost_answer_is_given_again(bar: Bar) -> None:
    code, key = bar.wallet(2000), str(uuid4())
    address = urlsplit(bar.door.url)
    body = json.dumps({"code": code, "amount": money(500)})
    with socket.create_connection((address.hostname, address.port)) as wire:  # and no answer read
        wire.sendall("\r\n".join((
            "POST /terminal/v1/debits HTTP/1.1", f"Host: {address.netloc}",
            f"Authorization: {bar.door.http.headers['Authorization']}",
            f"Idempotency-Key: {key}", "Content-Type: application/json",
            f"Content-Length: {len(body)}", "", body,
        )).encode())
        time.sleep(0.5)
    again = bar.door.debit(code, 500, key)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert bar.balance(code) == 1500 and bar.debits(code) == 1
    assert bar.door.get(f"/terminal/v1/debits/{key}").json() == again.json()


def test_what_became_of_a_key(bar: Bar) -> None:
    code, key = bar.wallet(100), str(uuid4())
    problem(bar.door.get(f"/terminal/v1/debits/{key}"), 404, Code.DEBIT_NOT_FOUND)
    said = problem(bar.door.debit(code, 500, key), 409, Code.INSUFFICIENT_FUNDS)
    assert said["errors"]["balance"] == money(100)
    problem(bar.door.get(f"/terminal/v1/debits/{key}"), 409, Code.INSUFFICIENT_FUNDS)
    other = bar.tokens.token(Role.WALLET_CASHIER, sub="u9")  # another's keys are not mine
    problem(ask(bar, "GET", f"/terminal/v1/debits/{key}", other), 404, Code.DEBIT_NOT_FOUND)


def test_a_key_is_for_one_request(bar: Bar) -> None:
    code, key = bar.wallet(1000), str(uuid4())
    assert bar.door.debit(code, 100, key).status_code == 201
    problem(bar.door.debit(code, 200, key), 422, Code.IDEMPOTENCY_KEY_REUSED)
    assert bar.balance(code) == 900


def test_a_reversal_gives_back_once(bar: Bar) -> None:
    code = bar.wallet(1000)
    taken = bar.door.debit(code, 400).json()
    body = {"movement_id": taken["movement_id"], "reason": "wrong drink"}
    answer = bar.door.post("/terminal/v1/reversals", body)
    assert (answer.status_code, answer.json()["balance"]) == (201, money(1000))
    problem(bar.door.post("/terminal/v1/reversals", body), 409, Code.MOVEMENT_NOT_REVERSIBLE)
    assert bar.balance(code) == 1000
    told = [str(item.reverses) for item in bar.ledger.said(WalletReversed)]
    assert told.count(taken["movement_id"]) == 1
    missing = body | {"movement_id": str(uuid4())}
    problem(bar.door.post("/terminal/v1/reversals", missing), 404, Code.MOVEMENT_NOT_FOUND)


def test_the_sale_point_comes_from_the_token(bar: Bar) -> None:
    code, mine = bar.wallet(1000), uuid4()
    token = bar.tokens.token(Role.WALLET_CASHIER, sale_points=(mine,))
    body = {"code": code, "amount": money(100)}
    said = ask(bar, "POST", "/terminal/v1/debits", token, json=body)
    assert said.json()["sale_point_id"] == str(mine)
    elsewhere = body | {"sale_point_id": str(uuid4())}
    problem(ask(bar, "POST", "/terminal/v1/debits", token, json=elsewhere),
            403, Code.SALE_POINT_NOT_YOURS)
    assert bar.balance(code) == 900


def test_many_terminals_on_one_wallet(bar: Bar) -> None:
    code = bar.wallet(1000)
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: bar.door.debit(code, 100), range(30)))
    taken = [item for item in answers if item.status_code == 201]
    assert len(taken) == 10 and bar.balance(code) == 0 and bar.debits(code) == 10
    for answer in answers:
        if answer not in taken:
            problem(answer, 409, Code.INSUFFICIENT_FUNDS)


def test_it_says_whether_it_is_ready(bar: Bar) -> None:
    assert requests.get(f"{bar.door.url}/live", timeout=5).status_code == 200
    ready = requests.get(f"{bar.door.url}/ready", timeout=5).json()
    assert ready == {"ready": True, "checks": {"database": "ok"}}
    assert "http_request_seconds" in requests.get(f"{bar.door.url}/metrics", timeout=5).text


# ------------------------------------------------------------------ who may


@pytest.mark.parametrize("role", Role)
def test_every_role_at_every_door(bar: Bar, role: Role) -> None:
    code = bar.wallet(1000)
    allowed = role in (Role.ADMIN, Role.WALLET_CASHIER)
    token = bar.tokens.token(role)
    answers = [
        ask(bar, method, path.replace("7K3QMXW04T", code), token,
            json={"code": code, "amount": money(100)} if method == "POST" else None)
        for method, path in EVERYTHING
    ]
    if allowed:
        assert [item.status_code for item in answers] == [201, 422, 200, 404]
    else:
        for answer in answers:
            problem(answer, 403, Code.ROLE_MISSING)
    assert bar.balance(code) == (900 if allowed else 1000)


@pytest.mark.parametrize("kind", ["eshop", "holder", "system", "anonymous"])
def test_other_principals_have_no_business_here(bar: Bar, kind: str) -> None:
    token = bar.tokens.token(Role.WALLET_CASHIER, kind=kind)
    for method, path in EVERYTHING:
        problem(ask(bar, method, path, token), 403, Code.ROLE_MISSING)


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
def test_tokens_that_are_none(bar: Bar, method: str, path: str) -> None:
    claims = bar.tokens.claims(Role.ADMIN)
    forged = jwt.encode(claims, TokenMaker().private, "EdDSA", {"kid": "k1"})
    unsigned = jwt.encode(claims, None, "none", {"kid": "k1"})
    expired = bar.tokens.token(Role.ADMIN, exp=int(time.time()) - 60)
    for token, code in (
        (None, Code.TOKEN_MISSING), (forged, Code.TOKEN_INVALID), (unsigned, Code.TOKEN_INVALID),
        ("nonsense", Code.TOKEN_INVALID), (expired, Code.TOKEN_EXPIRED),
    ):
        answer = ask(bar, method, path, token, json={})
        problem(answer, 401, code)
        assert answer.headers["WWW-Authenticate"] == "Bearer"


# ------------------------------------------------------------------ what is no request


@pytest.mark.parametrize(("body", "fields"), [
    ({}, {"code", "amount"}),
    ({"code": "7K3QMXW04T", "amount": 500}, {"amount"}),
    ({"code": "7K3QMXW04T", "amount": {"amount": 5.0, "currency": "CHF"}}, {"amount"}),
    ({"code": "7K3QMXW04T", "amount": {"amount": "5", "currency": "CHF"}}, {"amount"}),
    ({"code": "7K3QMXW04T", "amount": {"amount": 5, "currency": "chf"}}, {"amount"}),
    ({"code": "x", "amount": {"amount": 5, "currency": "CHF"}}, {"code"}),
    ({"code": "7K3QMXW04T", "amount": {"amount": 5, "currency": "CHF"}, "price": 1}, {"price"}),
    ({"code": "7K3Q\x00MXW", "amount": {"amount": 5, "currency": "CHF"}}, {"code"}),
])
def test_wrong_fields_are_named(bar: Bar, body: dict, fields: set[str]) -> None:
    said = problem(bar.door.post("/terminal/v1/debits", body), 422, Code.VALIDATION_FAILED)
    assert set(said["errors"]) == fields


def test_refusals_of_the_exchange_itself(bar: Bar) -> None:
    token = bar.tokens.token(Role.WALLET_CASHIER)
    path, sent = "/terminal/v1/debits", {"Content-Type": "application/json"}
    for answer, status, code in (
        (ask(bar, "GET", "/nothing", token), 404, Code.NOT_FOUND),
        (ask(bar, "GET", "/terminal/v1/wallets/", token), 404, Code.NOT_FOUND),
        (ask(bar, "DELETE", path, token), 405, Code.METHOD_NOT_ALLOWED),
        (ask(bar, "POST", path, token, data="{", headers=sent), 400, Code.MALFORMED_JSON),
        (ask(bar, "POST", path, token, data="[]", headers=sent), 400, Code.MALFORMED_JSON),
        (ask(bar, "POST", path, token, data="a=1"), 415, Code.UNSUPPORTED_MEDIA_TYPE),
        (ask(bar, "POST", path, token, data="{" + " " * 200_000 + "}", headers=sent),
         413, Code.BODY_TOO_LARGE),
        (ask(bar, "POST", path, token, headers={"Idempotency-Key": ""},
             json={"code": bar.wallet(100), "amount": money(1)}),
         400, Code.IDEMPOTENCY_KEY_MISSING),
    ):
        problem(answer, status, code)


def test_unknown_and_mistyped_codes(bar: Bar) -> None:
    problem(bar.door.debit("AAAAAAAAAA", 100), 404, Code.WALLET_NOT_FOUND)
    problem(bar.door.get("/terminal/v1/wallets/AAAAAAAAAA"), 404, Code.WALLET_NOT_FOUND)
    problem(bar.door.debit("!" * ticket_code.TEXT_LENGTH, 100), 422, Code.TICKET_CODE_MALFORMED)
