"""The end of the festival: freeze, claims, refund runs with their bank file, breakage."""

import base64
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree

import pytest
import xmlschema

from contracts.errors import Code, DomainError
from contracts.money import Money
from contracts.roles import Actor, Principal, Role
from contracts.wallet import (
    BookBreakage,
    ClaimRefund,
    FreezeWallets,
    GetBreakage,
    GetLiability,
    GetRefundFile,
    GetRefundRun,
    ListRefunds,
    MovementKind,
    RecordRefundResults,
    RefundState,
    RunState,
    StartRefundRun,
    WalletMoved,
)
from services.chassis.testing import Harness
from services.wallet.queries import after, ledger
from services.wallet.queries.pain001 import NAMESPACE
from services.wallet.usecases import closing, refunds, rules
from tests.wallet.purse import CASHIER, accounts, balance, debit, faults, open_wallet, refused

# The schema of ISO 20022 as published, taken from the package sepaxml 2.7.0 (LGPL code, ISO file).
SCHEMA = Path(__file__).with_name("pain.001.001.09.xsd")
ACCOUNTANT = Actor(Principal.USER, "u9", "Ada", frozenset({Role.ACCOUNTING}))
FESTIVAL, ANNA, BEAT = (
    "CH93 0076 2011 6238 5295 7", "CH56 0483 5012 3456 7800 9", "DE89 3704 0044 0532 0130 00")


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(SCHEMA))


def freeze(wallet: Harness) -> None:
    wallet.call(rules.freeze, FreezeWallets(at=datetime.now(UTC), reason="over"), CASHIER)


def claim(wallet: Harness, code: str, iban: str, name: str = "Anna Müller & Söhne") -> dict:
    return wallet.call(
        refunds.claim_refund, ClaimRefund(code=code, name=name, iban=iban), CASHIER)


def start(wallet: Harness) -> UUID:
    run = wallet.call(refunds.start_refund_run, StartRefundRun(
        debtor_name="Festival", debtor_iban=FESTIVAL, execute_on=date(2027, 8, 20)), ACCOUNTANT)
    return UUID(run["run_id"])


def run(wallet: Harness) -> UUID:
    """A run that has been collected, as the timer does."""
    run_id = start(wallet)
    while wallet.tick(refunds.collect_refunds):
        pass
    return run_id


def results(wallet: Harness, run_id: UUID, paid=(), failed=()) -> dict:
    return wallet.call(refunds.record_refund_results, RecordRefundResults(
        run_id=run_id, paid=tuple(paid), failed=tuple(failed), reason="account closed"), ACCOUNTANT)


def of_run(wallet: Harness, run_id: UUID):
    return wallet.ask(after.list_refunds, ListRefunds(run_id=run_id), ACCOUNTANT).items


def the_file(wallet: Harness, run_id: UUID) -> str:
    found = wallet.ask(after.get_refund_file, GetRefundFile(run_id=run_id), ACCOUNTANT)
    assert found.content_type == "application/xml"
    return base64.b64decode(found.content).decode()


def test_one_row_per_holder_and_a_file_that_the_schema_accepts(
    wallet: Harness, schema: xmlschema.XMLSchema
) -> None:
    codes = [open_wallet(wallet, paid=1000, gifted=300, holder="anna") for _ in range(2)]
    beat = open_wallet(wallet, paid=1995, holder="beat")
    unclaimed = open_wallet(wallet, paid=700, holder="nobody")
    empty = open_wallet(wallet, holder="carla")
    for code, iban in ((codes[0], ANNA), (codes[1], ANNA), (beat, BEAT), (empty, ANNA)):
        claim(wallet, code, iban)
    refused(Code.WALLETS_NOT_FROZEN, lambda: start(wallet))
    freeze(wallet)
    run_id = run(wallet)
    found = wallet.ask(after.get_refund_run, GetRefundRun(run_id=run_id), ACCOUNTANT)
    assert (found.state, found.refunds, found.amount) == (RunState.READY, 2, Money(3995))
    assert sorted(item.amount.amount for item in of_run(wallet, run_id)) == [1995, 2000]
    assert balance(wallet, codes[0]) == (0, 300) and balance(wallet, unclaimed) == (700, 0)
    assert accounts(wallet)["refunds:payable"] == 3995

    xml = the_file(wallet, run_id)
    schema.validate(xml)
    root = ElementTree.fromstring(xml)
    assert [node.text for node in root.iter(f"{{{NAMESPACE}}}CtrlSum")] == ["39.95"] * 2
    assert sorted(node.text for node in root.iter(f"{{{NAMESPACE}}}InstdAmt")) == [
        "19.95", "20.00"]
    assert "Anna Müller &amp; Söhne" in xml and xml == the_file(wallet, run_id)
    assert not faults(wallet)


def test_paid_or_failed_and_tried_again(wallet: Harness) -> None:
    anna, beat = (open_wallet(wallet, paid=1000, holder=name) for name in ("anna", "beat"))
    claim(wallet, anna, ANNA)
    claim(wallet, beat, BEAT)
    freeze(wallet)
    run_id = run(wallet)
    first, second = (item.refund_id for item in of_run(wallet, run_id))
    said = results(wallet, run_id, paid=[first], failed=[second])
    assert (said["refunds"], said["paid"]["amount"]) == (1, 1000)
    assert accounts(wallet) == {
        "clearing:cash": -2000, "clearing:bank": 1000, "refunds:payable": 1000}
    (waiting,) = wallet.ask(after.list_refunds, ListRefunds(state=RefundState.PAYABLE),
                            ACCOUNTANT).items
    assert (waiting.refund_id, waiting.failure) == (second, "account closed")
    refused(Code.REFUND_NOT_FOUND, lambda: results(wallet, run_id, paid=[second]))
    results(wallet, run_id, paid=[first])  # said twice: nothing more
    refused(Code.REFUND_RUN_STATE, lambda: results(wallet, run_id, failed=[first]))

    claim(wallet, beat if waiting.name else anna, FESTIVAL, "Corrected")
    claim(wallet, anna, FESTIVAL, "Corrected")
    again = run(wallet)
    (sent,) = of_run(wallet, again)
    assert (sent.refund_id, sent.name, sent.amount) == (second, "Corrected", Money(1000))
    results(wallet, again, paid=[second])
    assert accounts(wallet) == {"clearing:cash": -2000, "clearing:bank": 2000}
    assert [item.kind for item in wallet.said(WalletMoved)] == [
        MovementKind.REFUND, MovementKind.REFUND, MovementKind.PAYOUT, MovementKind.PAYOUT]
    assert wallet.ask(ledger.get_liability, GetLiability(), ACCOUNTANT).liability == Money(0)
    assert not faults(wallet)


def test_a_run_is_collected_once_whatever_dies_or_repeats(wallet: Harness) -> None:
    claim(wallet, open_wallet(wallet, paid=1000), ANNA)
    freeze(wallet)
    run_id = start(wallet)
    refused(Code.REFUND_RUN_STATE, lambda: start(wallet))
    refused(Code.REFUND_RUN_STATE, lambda: the_file(wallet, run_id))
    with pytest.raises(ZeroDivisionError), wallet.uow() as uow:
        refunds.collect_refunds(uow)
        raise ZeroDivisionError
    assert accounts(wallet)["holder:paid"] == 1000
    for _ in range(4):
        wallet.tick(refunds.collect_refunds)
    assert accounts(wallet)["refunds:payable"] == 1000 and len(of_run(wallet, run_id)) == 1
    second = run(wallet)
    refused(Code.REFUND_NOT_FOUND, lambda: the_file(wallet, second))


def test_claims_by_the_holder_and_wrong_ibans(wallet: Harness) -> None:
    code = open_wallet(wallet, paid=1000, holder="anna")
    command = ClaimRefund(code=code, name="Anna", iban=ANNA)
    said = wallet.call(refunds.claim_refund, command, Actor(Principal.HOLDER, "anna"))
    assert said["refundable"]["amount"] == 1000 and said["iban"] == ANNA.replace(" ", "")
    refused(Code.WALLET_NOT_FOUND, lambda: wallet.call(
        refunds.claim_refund, command, Actor(Principal.HOLDER, "beat")))
    for wrong in ("CH9300762011623852958", "CH93", "XX", "", "CH93 0076 2011 6238 5295 é"):
        with pytest.raises(DomainError) as refusal:
            claim(wallet, code, wrong)
        assert refusal.value.errors.keys() == {"iban"}


def test_unclaimed_money_is_owed_until_the_accountant_decides(wallet: Harness) -> None:
    spent = open_wallet(wallet, paid=500)
    debit(wallet, spent, 500)
    open_wallet(wallet, paid=700, gifted=300)
    claimed = open_wallet(wallet, paid=1000)
    claim(wallet, claimed, ANNA)

    def decide() -> dict:
        return wallet.call(closing.book_breakage, BookBreakage(reason="5 years over"), ACCOUNTANT)

    refused(Code.WALLETS_NOT_FROZEN, decide)
    freeze(wallet)
    assert wallet.ask(ledger.get_liability, GetLiability(), ACCOUNTANT).liability == Money(2000)
    decision = UUID(decide()["decision_id"])
    while wallet.tick(closing.carry_out_breakage):
        pass
    done = wallet.ask(after.get_breakage, GetBreakage(decision_id=decision), ACCOUNTANT)
    assert (done.state, done.wallets, done.amount, done.decided_by, done.reason) == (
        RunState.READY, 1, Money(1000), "Ada", "5 years over")
    found = accounts(wallet)
    assert (found["breakage"], found["holder:paid"], "gifts" in found) == (700, 1000, False)
    (said,) = wallet.said(WalletMoved)
    assert (said.kind, said.paid, said.gifted, said.reason) == (
        MovementKind.BREAKAGE, Money(-700), Money(-300), "5 years over")
    assert not faults(wallet)
