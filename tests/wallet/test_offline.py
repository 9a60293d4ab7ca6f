"""Selling without a network: what is kept beforehand, what may be risked, how it is settled."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.errors import Code
from contracts.money import Money
from contracts.wallet import (
    BlockWallet,
    GetOfflineExposure,
    ListOfflineLosses,
    WalletDebited,
)
from services.wallet.queries import terminals
from services.wallet.usecases import holds, payouts
from tests.acceptance.terminal_client import OfflineRefused, Refused, TerminalClient
from tests.wallet.door import money
from tests.wallet.purse import (
    BAR,
    CASHIER,
    accounts,
    available,
    balance,
    debit,
    faults,
    open_wallet,
)
from tests.wallet.stand import Stand


def settled(items: list[dict]) -> list[tuple[int, int, int, bool]]:
    """Sequence, taken, lost, within caps."""
    return [(item["settled"]["sequence"], item["settled"]["taken"]["amount"],
             item["settled"]["lost"]["amount"], item["settled"]["within_caps"]) for item in items]


def exposure(stand: Stand):
    return stand.ledger.ask(terminals.get_offline_exposure, GetOfflineExposure(), CASHIER)


def by_hand(client: TerminalClient, code: str, cents: int, grant_id: str, **more) -> dict:
    """A debit as a terminal that disregards its caps would sign it."""
    client.sequence += 1
    signed = client.sign({
        "sequence": client.sequence, "code": code, "amount": money(cents), "grant_id": grant_id,
        "at": datetime.now(UTC).isoformat(), "lines": []} | more)
    return client.post("/terminal/v1/offline-debits", {"debits": [signed]})["items"][0]


def test_an_allowance_is_kept_spent_in_parts_and_never_lost(stand: Stand) -> None:
    code = open_wallet(stand.ledger, paid=5000)
    client = stand.terminal()
    backed = exposure(stand).backed
    client.keep_allowance(code, 3000)
    assert available(stand.ledger, code) == 2000
    assert exposure(stand).backed == backed + Money(3000)
    with pytest.raises(Exception, match="INSUFFICIENT_FUNDS"):
        debit(stand.ledger, code, 2001)
    client.debit_offline(code, 1200)
    client.debit_offline(code, 700)
    with pytest.raises(OfflineRefused):
        client.debit_offline(code, 1200)
    client.sequence -= 1
    assert settled(client.settle()) == [(1, 1200, 0, True), (2, 700, 0, True)]
    assert balance(stand.ledger, code) == (3100, 0) and available(stand.ledger, code) == 2000
    client.post(f"/terminal/v1/holds/{client.allowances[code].grant_id}/void", {})
    assert available(stand.ledger, code) == 3100 and not faults(stand.ledger)


def test_settled_in_order_and_once_however_often_and_in_whatever_order_it_is_sent(
    stand: Stand,
) -> None:
    rich, poor = open_wallet(stand.ledger, paid=9000), open_wallet(stand.ledger, paid=500)
    client = stand.terminal()
    stand.grant_terms(client)
    client.fetch_terms()
    for code, cents in ((poor, 400), (rich, 1000), (poor, 300)):
        client.debit_offline(code, cents)
    batch = list(client.queue)
    first = client.post("/terminal/v1/offline-debits", {"debits": batch[::-1]})["items"]
    assert settled(first) == [(1, 400, 0, True), (2, 1000, 0, True), (3, 100, 200, True)]
    again = client.post("/terminal/v1/offline-debits", {"debits": batch})["items"]
    assert again == first
    stand.rows.run("DELETE FROM inbox")  # a week later
    assert settled(client.settle()) == settled(first)
    assert (balance(stand.ledger, rich), balance(stand.ledger, poor)) == ((8000, 0), (0, 0))
    assert not faults(stand.ledger)


def test_what_is_lost_has_a_name_and_was_stated_beforehand(stand: Stand) -> None:
    code = open_wallet(stand.ledger, paid=500)
    client = stand.terminal("Bar 9")
    risk = exposure(stand).worst_case
    stand.grant_terms(client, per_outage=1500)
    assert exposure(stand).worst_case == risk + Money(1500)
    client.fetch_terms()
    lost_before = accounts(stand.ledger).get("losses:offline", 0)
    sold_before = accounts(stand.ledger).get(f"sales:{BAR}", 0)
    client.debit_offline(code, 1200)
    with pytest.raises(OfflineRefused):
        client.debit_offline(code, 400)
    client.sequence -= 1
    (item,) = client.settle()
    assert settled([item]) == [(1, 500, 700, True)]
    assert item["settled"]["authorised_by"] == "Lea"
    assert accounts(stand.ledger)["losses:offline"] == lost_before - 700
    assert accounts(stand.ledger)[f"sales:{BAR}"] == sold_before + 1200
    said = stand.ledger.said(WalletDebited)[-1]
    assert (said.amount, said.paid, said.lost, said.authorised_by) == (
        Money(1200), Money(500), Money(700), "Lea")
    found = stand.ledger.ask(terminals.list_offline_losses, ListOfflineLosses(
        since=datetime.now(UTC) - timedelta(minutes=1)), CASHIER)
    (loss,) = [item for item in found.items if str(item.terminal_id) == client.id]
    assert (loss.lost, loss.authorised_by, loss.sequence) == (Money(700), "Lea", 1)
    (mine,) = [item for item in exposure(stand).terminals if str(item.terminal_id) == client.id]
    assert (mine.at_risk, mine.lost) == (Money(300), Money(700))
    assert not faults(stand.ledger)


@pytest.mark.parametrize(("cents", "caps"), [
    (1500, {"per_debit": 1000}), (1500, {"per_wallet": 1000}), (1500, {"per_outage": 1000}),
    (1500, {"per_terminal": 1000}),
])
def test_beyond_its_caps_a_terminal_takes_nothing_from_the_holder(
    stand: Stand, cents: int, caps: dict[str, int]
) -> None:
    code = open_wallet(stand.ledger, paid=9000)
    client = stand.terminal("Bar 7")
    terms = stand.grant_terms(client, **caps)
    item = by_hand(client, code, cents, terms["terms_id"])
    assert settled([item]) == [(1, 0, cents, False)]
    assert "Bar 7" in item["settled"]["authorised_by"]
    assert balance(stand.ledger, code) == (9000, 0) and not faults(stand.ledger)


def test_beyond_an_allowance_only_the_allowance_is_taken(stand: Stand) -> None:
    code = open_wallet(stand.ledger, paid=9000)
    client = stand.terminal()
    client.keep_allowance(code, 1000)
    item = by_hand(client, code, 1500, client.allowances[code].grant_id)
    assert settled([item]) == [(1, 1000, 500, False)] and balance(stand.ledger, code) == (8000, 0)


def test_after_its_end_an_allowance_is_not_spent(stand: Stand) -> None:
    code = open_wallet(stand.ledger, paid=9000)
    client = stand.terminal()
    client.keep_allowance(code, 1000)
    grant, late = client.allowances[code].grant_id, datetime.now(UTC) + timedelta(hours=5)
    item = by_hand(client, code, 500, grant, at=late.isoformat())
    assert settled([item]) == [(1, 0, 500, True)]
    stand.rows.run("UPDATE holds SET expires_at = now() WHERE id = :id", id=UUID(grant))
    stand.ledger.tick(holds.expire_holds)
    assert available(stand.ledger, code) == 9000 and not faults(stand.ledger)


def test_a_wallet_blocked_meanwhile_pays_what_was_kept_only(stand: Stand) -> None:
    code = open_wallet(stand.ledger, paid=9000)
    client = stand.terminal()
    stand.grant_terms(client)
    client.fetch_terms()
    client.keep_allowance(code, 1000)
    client.debit_offline(code, 800)
    client.debit_offline(code, 900)
    stand.ledger.call(payouts.block, BlockWallet(code=code, reason="lost"), CASHIER)
    assert settled(client.settle()) == [(1, 800, 0, True), (2, 0, 900, True)]


def test_what_is_not_the_terminals_own_is_refused(stand: Stand) -> None:
    code = open_wallet(stand.ledger, paid=9000)
    client, other = stand.terminal(), stand.terminal()
    terms = stand.grant_terms(client)
    client.fetch_terms()
    client.debit_offline(code, 100)
    (forged,) = other.post("/terminal/v1/offline-debits", {"debits": client.queue})["items"]
    assert (forged["settled"], forged["code"]) == (None, Code.OFFLINE_DEBIT_INVALID)
    for item in (by_hand(other, code, 100, terms["terms_id"]),
                 by_hand(other, code, 100, str(uuid4())),
                 by_hand(client, "AAAAAAAAAA", 100, terms["terms_id"])):
        assert item["settled"] is None and item["code"]
    client.settle()
    again = by_hand(client, code, 200, terms["terms_id"], sequence=1)
    assert again["code"] in (Code.OFFLINE_DEBIT_INVALID, Code.IDEMPOTENCY_KEY_REUSED)
    assert balance(stand.ledger, code) == (8900, 0)
    with pytest.raises(Refused):
        other.fetch_terms()


def test_settled_debits_are_facts(stand: Stand) -> None:
    with pytest.raises(Exception, match="append-only"), stand.ledger.uow() as uow:
        uow.session.execute(text("UPDATE offline_debits SET lost = 0"))
