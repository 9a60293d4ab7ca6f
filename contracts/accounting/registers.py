"""Registers, their drawers, sessions and closings."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.message import Json, Name, command, event, query, view
from contracts.money import Money
from contracts.ticketing import PaymentMethod

Limit = Annotated[int, validate.Range(min=1, max=500)]
Comment = Annotated[str, validate.Length(max=500)]
Pieces = Annotated[int, validate.Range(min=0, max=100_000)]

# Coins and notes, in centimes; a cash count is {"500": 3, …}: three pieces of CHF 5.
DENOMINATIONS = (5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 100_000)


class FloatOperationType(StrEnum):
    """The sign of the (always positive) amount follows from the type (c-3)."""

    CREDIT = "credit"  # +
    DEBIT = "debit"  # -
    CREDIT_ERROR = "credit_error"  # - compensates a wrong credit
    DEBIT_ERROR = "debit_error"  # + compensates a wrong debit


class CashMove(StrEnum):
    """Cash that changes its place; every one has two sides."""

    PICKUP = "pickup"  # a drawer → the vault
    SUPPLY = "supply"  # the vault → a drawer
    TRANSFER = "transfer"  # a drawer → another drawer
    DEPOSIT = "deposit"  # the vault → the bank


class RegisterSessionState(StrEnum):
    OPENING = "opening"  # ticketing has not accepted it yet
    OPEN = "open"
    CLOSING = "closing"  # counted; waits until everything sold on it is booked
    CLOSED = "closed"  # its Z report is sealed


# ------------------------------------------------------------------ views


@view
class RegisterView:
    """`balance` None: no operation yet (`operations` 0), or hidden from the cashier who is going
    to count the drawer."""

    register_id: UUID
    name: str
    sale_point_id: UUID
    sale_point: str
    tolerance: Money
    operations: int
    balance: Money | None = None
    session_id: UUID | None = None
    session_state: RegisterSessionState | None = None
    z_number: int = 0


@view
class RegisterList:
    """By sale point and name."""

    items: tuple[RegisterView, ...]


@view
class FloatOperationView:
    """`amount` is positive, `signed` is what it did to the drawer, `balance` what was in it then.

    `type` is one of the four float operations, `pickup`, `supply`, `transfer_out`, `transfer_in`,
    `opening_difference` or `closing_difference`.
    """

    operation_id: UUID
    register_id: UUID
    type: str
    amount: Money
    signed: Money
    balance: Money
    comment: str
    at: datetime
    by: str
    corrects: UUID | None = None


@view
class FloatOperationPage:
    items: tuple[FloatOperationView, ...]
    next_cursor: str | None = None


@view
class CashMoveView:
    """`from_balance` and `to_balance`: what is in the drawers afterwards."""

    move_id: UUID
    kind: CashMove
    amount: Money
    comment: str
    at: datetime
    by: str
    from_register_id: UUID | None = None
    to_register_id: UUID | None = None
    from_balance: Money | None = None
    to_balance: Money | None = None


@view
class ClosingCounts:
    """Every tender must be typed, zero too. `cash`: pieces by denomination in centimes;
    `card`: the terminal's total."""

    cash: dict[str, Pieces] | None = None
    card: Money | None = None


@view
class TenderView:
    """`counted` None: nothing of it can be counted (wallet, online, free)."""

    tender: PaymentMethod
    sold: Money
    payments: int
    expected: Money | None = None
    counted: Money | None = None
    difference: Money | None = None


@view
class RegisterSessionView:
    """`tenders` are empty for a cashier until the count is committed (blind count).

    `alert`: what ticketing says was sold and what is booked differ; the session does not close.
    """

    register_session_id: UUID
    register_id: UUID
    register: str
    sale_point_id: UUID
    sale_point: str
    state: RegisterSessionState
    cashier_id: str
    cashier_name: str
    opened_at: datetime
    opening_float: Money
    counts: int
    tenders: tuple[TenderView, ...] = ()
    orders: int | None = None
    closing_at: datetime | None = None
    closed_at: datetime | None = None
    z_report_id: UUID | None = None
    z_number: int | None = None
    alert: str | None = None


@view
class RegisterSessionPage:
    items: tuple[RegisterSessionView, ...]
    next_cursor: str | None = None


@view
class XReport:
    """A reading: nothing is sealed, it has no number. `content` has the layout of a Z report;
    what the cashier is going to count is hidden from the cashier (null)."""

    register_session_id: UUID
    provisional: bool
    content: Json


@view
class LateEntryView:
    """What was told of a session after its Z report: it changes neither, and is chained to it.

    `content`: {"order_number", "paid_at", "tenders": {method: centimes}, "previous_hash", …}.
    """

    number: int
    booked_at: datetime
    content: Json
    hash: str


@view
class ZReportView:
    """`content` is frozen; `hash` = SHA-256 over it, the previous report's hash included.

    Amounts in `content` are centimes of its `currency`.
    """

    z_report_id: UUID
    register_session_id: UUID
    register_id: UUID
    z_number: int
    sealed_at: datetime
    content: Json
    previous_hash: str | None
    hash: str
    late_entries: tuple[LateEntryView, ...] = ()


# ------------------------------------------------------------------ commands


@command("accounting.create_register.v1")
class CreateRegister:
    """`tolerance`: a counted difference up to this needs no recount."""

    sale_point_id: UUID
    name: Name
    tolerance: Money = Money(0)


@command("accounting.record_float_operation.v1")
class RecordFloatOperation:
    """Answers FloatOperationView. `corrects`: required for the two errors, refused for the others.

    `confirm_negative`: an admin accepts that the drawer goes below zero.
    """

    register_id: UUID
    type: FloatOperationType
    amount: Money
    comment: Comment = ""
    corrects: UUID | None = None
    confirm_negative: bool = False


@command("accounting.move_cash.v1")
class MoveCash:
    """`from_register_id` and `to_register_id` as the kind says: a pick-up has the first only, a
    supply the second only, a transfer both, a deposit none."""

    kind: CashMove
    amount: Money
    from_register_id: UUID | None = None
    to_register_id: UUID | None = None
    comment: Comment = ""
    confirm_negative: bool = False


@command("accounting.open_register_session.v1")
class OpenRegisterSession:
    """Answers RegisterSessionView in state opening; ask again until it is open.

    `counts`: pieces by denomination in centimes, {"500": 3}; left out: the expected float.
    """

    register_id: UUID
    counts: dict[str, Pieces] | None = None


@command("accounting.close_register_session.v1")
class CloseRegisterSession:
    """Answers RegisterSessionView in state closing; ask again until it is closed.

    COUNT_INCOMPLETE: a tender is blank. COUNT_DIFFERS: count once more; a second count that
    differs is taken with a `reason`.
    """

    register_session_id: UUID
    counts: ClosingCounts
    reason: Comment | None = None


@command("accounting.force_close_register_session.v1")
class ForceCloseRegisterSession:
    """For a session whose cashier cannot close it, or that was never accepted: its Z report says
    that nothing was counted. Answers RegisterSessionView in state closing."""

    register_session_id: UUID
    reason: Annotated[str, validate.Length(min=1, max=500)]


# ------------------------------------------------------------------ queries


@query("accounting.list_registers.v1")
class ListRegisters:
    sale_point_id: UUID | None = None


@query("accounting.list_float_operations.v1")
class ListFloatOperations:
    """Newest first."""

    register_id: UUID
    cursor: str | None = None
    limit: Limit = 50


@query("accounting.get_register_session.v1")
class GetRegisterSession:
    register_session_id: UUID


@query("accounting.list_register_sessions.v1")
class ListRegisterSessions:
    """Newest first; a cashier sees their own."""

    register_id: UUID | None = None
    state: RegisterSessionState | None = None
    cursor: str | None = None
    limit: Limit = 50


@query("accounting.get_x_report.v1")
class GetXReport:
    register_session_id: UUID


@query("accounting.get_z_report.v1")
class GetZReport:
    z_report_id: UUID


# ------------------------------------------------------------------ events


@event("accounting.register_session_opening.v1", consumers=("ticketing",))
class RegisterSessionOpening:
    register_session_id: UUID
    register_id: UUID
    sale_point_id: UUID
    cashier_id: str
    cashier_name: str
    opened_at: datetime


@event("accounting.register_session_closing.v1", consumers=("ticketing",))
class RegisterSessionClosing:
    """Stop selling on this session and say its totals."""

    register_session_id: UUID


@event("accounting.register_session_closed.v1", consumers=("ticketing",))
class RegisterSessionClosed:
    register_session_id: UUID
    z_number: int
