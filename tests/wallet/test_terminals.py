"""Terminals with keys of their own: enrolled once, limited to what they may, revoked at once."""

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.errors import Code
from contracts.roles import Role
from contracts.wallet import ListTerminals, TerminalRight
from services.wallet.queries import terminals
from tests.acceptance.terminal_client import Refused, TerminalClient
from tests.wallet.door import money
from tests.wallet.purse import BAR, CASHIER, balance, faults, open_wallet
from tests.wallet.stand import Stand, article


def refused(status: int, code: Code, act) -> None:
    with pytest.raises(Refused) as refusal:
        act()
    assert (refusal.value.status, refusal.value.code) == (status, code)


def test_enrolled_once_by_what_the_qr_code_says(stand: Stand) -> None:
    made = stand.new_terminal("Bar 1", articles=(article("Bière", 500),))
    client = TerminalClient(stand.door.url)
    said = client.enrol(made["enrolment"])
    assert said["terminal"]["name"] == "Bar 1" and said["terminal"]["enrolled_at"]
    assert client.enrol(made["enrolment"])["terminal"] == said["terminal"]  # answer was lost
    other = TerminalClient(stand.door.url)
    refused(401, Code.ENROLMENT_INVALID, lambda: other.enrol(made["enrolment"]))
    for wrong in ("FT1:x:y", "", made["enrolment"][:-4] + "AAAA", f"FT1:{uuid4().hex}:AAAA"):
        refused(401, Code.ENROLMENT_INVALID, lambda wrong=wrong: other.enrol(wrong))
    assert client.get("/terminal/v1/me")["terminal"]["terminal_id"] == client.id
    page = stand.ledger.ask(terminals.list_terminals, ListTerminals(limit=500), CASHIER)
    (seen,) = [item for item in page.items if str(item.terminal_id) == client.id]
    assert seen.last_seen_at is not None
    assert made["enrolment"].split(":")[2] not in str(
        stand.rows.all("SELECT row_to_json(terminals)::text FROM terminals"))


def test_a_code_that_is_too_old_enrols_nobody(stand: Stand) -> None:
    made = stand.new_terminal()
    stand.rows.run("UPDATE terminals SET enrolment_ends_at = now() WHERE id = :id",
                   id=made["terminal"]["terminal_id"])
    refused(401, Code.ENROLMENT_INVALID,
            lambda: TerminalClient(stand.door.url).enrol(made["enrolment"]))


def test_it_sells_and_answers_what_is_printed(stand: Stand) -> None:
    code = open_wallet(stand.ledger, paid=2000, gifted=300, name="Anna Maria Muster")
    discreet, friendly = stand.terminal("Bar 1"), stand.terminal("Bar 2", shows_names=True)
    said = discreet.debit(code, 1200)
    assert (said["balance"], said["available"], said["first_name"]) == (
        money(1100), money(1100), None)
    assert said["receipt"]["seller"] == "Bar 1" and said["receipt"]["total"] == money(1200)
    assert said["sale_point_id"] == str(BAR) == said["receipt"]["sale_point_id"]
    assert said["receipt"]["number"] == f"{code[-4:]}-{said['number']}"
    assert friendly.debit(code, 100)["first_name"] == "Anna"
    assert discreet.get(f"/terminal/v1/wallets/{code}")["first_name"] is None
    assert friendly.get(f"/terminal/v1/wallets/{code}")["first_name"] == "Anna"


def test_articles_of_its_list_at_their_prices(stand: Stand) -> None:
    code = open_wallet(stand.ledger, paid=5000)
    client = stand.terminal(articles=(article("Bière", 500), article("Eau", 300, "reduced")))

    def line(label: str, cents: int, quantity: int = 1) -> dict:
        return {"label": label, "quantity": quantity, "unit_price": money(cents)}

    said = client.debit(code, 1300, lines=[line("Bière", 500, 2), line("Eau", 300)])
    assert [item["vat_code"] for item in said["lines"]] == ["normal", "reduced"]
    for cents, lines in ((400, [line("Bière", 400)]), (500, [line("Vin", 500)]), (500, [])):
        refused(409, Code.ARTICLE_NOT_ALLOWED,
                lambda cents=cents, lines=lines: client.debit(code, cents, lines=lines))
    assert balance(stand.ledger, code) == (3700, 0)


def test_only_what_it_has_the_right_to(stand: Stand) -> None:
    code = open_wallet(stand.ledger, paid=5000)
    client = stand.terminal(rights=(TerminalRight.DEBIT,))
    sold = client.debit(code, 100)
    hold = {"code": code, "amount": money(100), "label": "tab"}
    for path, body in (
        ("reversals", {"movement_id": sold["movement_id"], "reason": "x"}), ("holds", hold),
        ("allowances", {"code": code, "amount": money(100)}),
    ):
        refused(403, Code.TERMINAL_RIGHT_MISSING,
                lambda path=path, body=body: client.post(f"/terminal/v1/{path}", body))
    whole = stand.terminal()
    whole.post("/terminal/v1/reversals", {"movement_id": sold["movement_id"], "reason": "x"})
    held = whole.post("/terminal/v1/holds", hold)
    taken = whole.post(f"/terminal/v1/holds/{held['hold_id']}/capture", {})
    assert taken["balance"] == money(4900) and not faults(stand.ledger)
    refused(403, Code.SALE_POINT_NOT_YOURS,
            lambda: whole.debit(code, 100, sale_point_id=str(uuid4())))


def test_revoked_at_once_but_the_answer_to_a_known_key_stays(stand: Stand) -> None:
    code = open_wallet(stand.ledger, paid=5000)
    client, key = stand.terminal(), str(uuid4())
    first = client.debit(code, 100, key=key)
    stand.revoke(client)
    for act in (lambda: client.debit(code, 100), lambda: client.get("/terminal/v1/me"),
                lambda: client.get(f"/terminal/v1/wallets/{code}")):
        refused(401, Code.TERMINAL_REVOKED, act)
    assert client.debit(code, 100, key=key) == first
    assert balance(stand.ledger, code) == (4900, 0)


def test_it_ends_with_its_date(stand: Stand) -> None:
    code = open_wallet(stand.ledger, paid=5000)
    client = stand.terminal(valid_until=datetime.now(UTC) + timedelta(seconds=1))
    client.debit(code, 100)
    time.sleep(1.1)
    refused(401, Code.TERMINAL_REVOKED, lambda: client.debit(code, 100))


def test_a_token_says_who_and_nothing_else_counts(stand: Stand) -> None:
    client, now = stand.terminal(rights=(TerminalRight.DEBIT,)), int(time.time())
    good = {"aud": "wallet-terminal", "iat": now, "exp": now + 300}

    def ask(claims: dict, key=client.private, kid: str = client.id) -> int:
        token = jwt.encode(claims, key, "EdDSA", {"kid": kid})
        path = f"{stand.door.url}/terminal/v1/me"
        return stand.door.http.get(path, headers={"Authorization": f"Bearer {token}"}).status_code

    assert ask(good) == 200
    assert ask(good | {"kind": "user", "roles": [Role.ADMIN], "sub": "root"}) == 200
    for claims in (good | {"aud": "festival"}, good | {"exp": now - 60}, good | {"exp": now + 9999},
                   {"aud": "wallet-terminal", "iat": now}):
        assert ask(claims) == 401
    assert ask(good, Ed25519PrivateKey.generate()) == 401
    assert ask(good, kid=str(uuid4())) == 401
    assert ask(good, kid=stand.new_terminal()["terminal"]["terminal_id"]) == 401
    people = jwt.encode(stand.tokens.claims(Role.ADMIN), client.private, "EdDSA",
                        {"kid": client.id})
    answer = stand.door.http.get(f"{stand.door.url}/terminal/v1/me",
                                 headers={"Authorization": f"Bearer {people}"})
    assert answer.status_code == 401
