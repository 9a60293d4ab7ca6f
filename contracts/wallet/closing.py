"""After the festival: what holders get back, by bank file, and what nobody claims."""

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow import ValidationError, validate

from contracts.message import Name, command, query, view
from contracts.money import Money
from contracts.wallet.shared import Code, Limit

_IBAN = re.compile(r"\A[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}\Z")


def check_iban(text: str) -> None:
    """ISO 13616: country, check digits, account; the whole is 1 modulo 97."""
    plain = text.replace(" ", "").upper()
    if not _IBAN.match(plain) or int(
        "".join(str(int(char, 36)) for char in plain[4:] + plain[:4])
    ) % 97 != 1:
        raise ValidationError("This IBAN is not right: check it digit by digit.")


class Iban(validate.Validator):
    def __call__(self, text: str) -> str:
        check_iban(text)
        return text


IbanText = Annotated[str, Iban()]
PayeeName = Annotated[str, validate.Length(min=1, max=70)]


class RefundState(StrEnum):
    PAYABLE = "payable"
    SENT = "sent"
    PAID = "paid"


class RunState(StrEnum):
    COLLECTING = "collecting"
    READY = "ready"


@view
class RefundClaimView:
    wallet_id: UUID
    name: str
    iban: str
    claimed_at: datetime
    refundable: Money


@view
class RefundView:
    """One per holder: a customer's account with all its wallets, or else one wallet."""

    refund_id: UUID
    state: RefundState
    name: str
    iban: str
    amount: Money
    run_id: UUID | None = None
    failure: str | None = None


@view
class RefundPage:
    items: tuple[RefundView, ...]
    next_cursor: str | None = None


@view
class RefundRunView:
    """`amount` is that of the file; `paid` what the bank has confirmed of it."""

    run_id: UUID
    state: RunState
    created_at: datetime
    execute_on: date
    refunds: int
    amount: Money
    paid: Money


@view
class BreakageView:
    decision_id: UUID
    state: RunState
    decided_at: datetime
    decided_by: str
    reason: str
    wallets: int
    amount: Money


@command("wallet.claim_refund.v1")
class ClaimRefund:
    """Where the money of this wallet goes after the festival; the newest claim counts."""

    code: Code
    name: PayeeName
    iban: IbanText


@command("wallet.start_refund_run.v1")
class StartRefundRun:
    """Collect what is owed on claimed wallets, after the freeze; READY when all is collected.
    There is no fee and no minimum."""

    debtor_name: PayeeName
    debtor_iban: IbanText
    execute_on: date


@command("wallet.record_refund_results.v1")
class RecordRefundResults:
    """What the bank said. A failed refund is payable again, in the next run."""

    run_id: UUID
    paid: Annotated[tuple[UUID, ...], validate.Length(max=500)] = ()
    failed: Annotated[tuple[UUID, ...], validate.Length(max=500)] = ()
    reason: Name = "refused by the bank"


@command("wallet.book_breakage.v1")
class BookBreakage:
    """The accountant's decision: what is still on the wallets of the frozen festival, and not
    claimed, is owed no longer."""

    reason: Name


@query("wallet.get_refund_run.v1")
class GetRefundRun:
    run_id: UUID


@query("wallet.get_refund_file.v1")
class GetRefundFile:
    """The bank's file (ISO 20022 pain.001.001.09, Swiss rules) → DocumentView"""

    run_id: UUID


@query("wallet.list_refunds.v1")
class ListRefunds:
    run_id: UUID | None = None
    state: RefundState | None = None
    cursor: str | None = None
    limit: Limit = 50


@query("wallet.get_breakage.v1")
class GetBreakage:
    decision_id: UUID
