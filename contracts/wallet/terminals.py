"""Bar terminals: made by a manager, enrolled once by QR code, known by their own key."""

from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.message import Name, command, query, view
from contracts.money import Money
from contracts.wallet.shared import Limit

# A terminal signs its own tokens (JWT, EdDSA, `kid`: its id) for this audience.
TERMINAL_AUDIENCE = "wallet-terminal"
TERMINAL_TOKEN_MAX_S = 600  # from `iat` to `exp`
ENROLMENT_PREFIX = "FT1:"

RawKey = Annotated[str, validate.Regexp(r"\A[0-9a-f]{64}\Z", error="32 bytes in hex")]


class TerminalRight(StrEnum):
    DEBIT = "debit"
    REVERSE = "reverse"
    HOLD = "hold"
    OFFLINE = "offline"


@view
class TerminalArticle:
    """What a terminal may sell, at this price."""

    label: Name
    price: Money
    vat_code: str | None = None


@view
class TerminalView:
    """`articles` empty: it sells by amount. `last_seen_at` is exact to a minute."""

    terminal_id: UUID
    name: str
    sale_point_id: UUID
    rights: tuple[TerminalRight, ...]
    articles: tuple[TerminalArticle, ...]
    shows_names: bool
    created_at: datetime
    valid_until: datetime | None = None
    enrolled_at: datetime | None = None
    revoked_at: datetime | None = None
    last_seen_at: datetime | None = None


@view
class TerminalPage:
    items: tuple[TerminalView, ...]
    next_cursor: str | None = None


@view
class NewTerminalView:
    """`enrolment` is the text of the QR code to show to the device: good once, for an hour."""

    terminal: TerminalView
    enrolment: str = field(repr=False)


@view
class EnrolledView:
    """What a device needs to know; public keys in hex: of tickets by key id, of allowances."""

    terminal: TerminalView
    ticket_keys: dict[str, str]
    allowance_key: str


@command("wallet.create_terminal.v1")
class CreateTerminal:
    name: Name
    sale_point_id: UUID
    rights: Annotated[tuple[TerminalRight, ...], validate.Length(min=1)] = (TerminalRight.DEBIT,)
    articles: tuple[TerminalArticle, ...] = ()
    shows_names: bool = False
    valid_until: datetime | None = None


@command("wallet.change_terminal.v1")
class ChangeTerminal:
    """Effective with the next request of the terminal. A replaced device is a new terminal."""

    terminal_id: UUID
    rights: Annotated[tuple[TerminalRight, ...], validate.Length(min=1)]
    articles: tuple[TerminalArticle, ...] = ()
    shows_names: bool = False
    valid_until: datetime | None = None


@command("wallet.revoke_terminal.v1")
class RevokeTerminal:
    """At once and for ever."""

    terminal_id: UUID
    reason: Name


@command("wallet.enrol_terminal.v1")
class EnrolTerminal:
    """By the device itself: what the QR code said, and its own new Ed25519 public key."""

    enrolment: Annotated[str, validate.Length(max=200)] = field(repr=False)
    public_key: RawKey


@query("wallet.list_terminals.v1")
class ListTerminals:
    cursor: str | None = None
    limit: Limit = 50


@query("wallet.get_own_terminal.v1")
class GetOwnTerminal:
    """By a terminal: what it may do now. → EnrolledView"""
