"""Closing the books: irreversible, numbered, chained; and the pack an auditor checks without us."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.accounting.registers import Limit
from contracts.message import Json, command, query, view


@view
class ClosureView:
    """`content` is frozen: totals by account, Z reports, hash of the journal, hash of the closure
    before; amounts are centimes. `hash` = SHA-256 over it, `signature` (Ed25519) over the hash.

    `late`: how many of its entries belong to days that had been closed before (c-6).
    """

    closure_id: UUID
    number: int
    last_day: date
    closed_at: datetime
    closed_by: str
    entries: int
    late: int
    content: Json
    previous_hash: str | None
    hash: str
    signature: str
    public_key: str


@view
class ClosureItem:
    closure_id: UUID
    number: int
    last_day: date
    closed_at: datetime
    closed_by: str
    entries: int
    late: int
    hash: str


@view
class ClosurePage:
    items: tuple[ClosureItem, ...]
    next_cursor: str | None = None


@command("accounting.close_books.v1")
class CloseBooks:
    """Everything booked up to and with this business day, which must be over; for ever.

    CLOSURE_BLOCKED: a register session of these days is not closed, or money is still in passage.
    """

    last_day: date


@query("accounting.list_closures.v1")
class ListClosures:
    """Newest first."""

    cursor: Annotated[str, validate.Regexp(r"\A[0-9]{1,9}\Z")] | None = None
    limit: Limit = 50


@query("accounting.get_closure.v1")
class GetClosure:
    closure_id: UUID


@query("accounting_reports.export_audit_pack.v1")
class ExportAuditPack:
    """A ZIP file: the closure, its journal, its Z reports, the public key, and a program that
    checks all of it with nothing but Python's own library."""

    closure_id: UUID
