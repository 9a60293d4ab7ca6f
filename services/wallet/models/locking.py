"""Finding wallets, locking them with all that a decision needs, and writing what was decided."""

from typing import Any, NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Select, bindparam, literal, select
from sqlalchemy.orm import Session

from contracts import ticket_code
from contracts.errors import Code, DomainError
from contracts.roles import Principal
from contracts.wallet import TerminalRight
from services.chassis.unit_of_work import UnitOfWork, to_json
from services.wallet.models.keys import VerifyingKey
from services.wallet.models.movements import Movement
from services.wallet.models.rules import NEWEST, Rules
from services.wallet.models.terminals import Terminal
from services.wallet.models.wallets import Wallet

RECORD = """
    WITH changed AS (
        UPDATE wallets SET paid = %(left_paid)s, gifted = %(left_gifted)s, held = %(held)s,
                           lots = %(lots)s, gifts_end_at = %(gifts_end_at)s,
                           movements = %(number)s, head = %(hash)s, window_from = %(window_from)s,
                           window_count = %(window_count)s, window_amount = %(window_amount)s,
                           pin_failures = %(pin_failures)s
        WHERE id = %(wallet_id)s
    ), said AS (
        INSERT INTO movements (
            id, wallet_id, number, kind, at, paid, gifted, balance, method, label, lines, order_id,
            line_id, payment_id, sale_point_id, reverses, actor_id, actor_name, previous, hash,
            gifts, hold_id, lost
        ) VALUES (
            %(id)s, %(wallet_id)s, %(number)s, %(kind)s, %(at)s, %(paid)s, %(gifted)s, %(balance)s,
            %(method)s, %(label)s, %(lines)s, %(order_id)s, %(line_id)s, %(payment_id)s,
            %(sale_point_id)s, %(reverses)s, %(actor_id)s, %(actor_name)s, %(previous)s, %(hash)s,
            %(gifts)s, %(hold_id)s, %(lost)s
        )
    )
    INSERT INTO postings (movement_id, account, amount)
    SELECT %(id)s, account, amount
    FROM unnest(%(accounts)s::text[], %(amounts)s::bigint[]) AS side (account, amount)
"""
_LEFT = ("held", "gifts_end_at", "window_from", "window_count", "window_amount", "pin_failures")


class Locked(NamedTuple):
    """A locked wallet, the rules in force, and the terminal that asks, if one does: one
    statement."""

    wallet: Wallet
    rules: Rules
    terminal: Terminal | None


def lock_wallet(
    uow: UnitOfWork, code: str, right: TerminalRight | None = TerminalRight.DEBIT
) -> Locked:
    """By the code of its ticket. A terminal that asks must be in use and have that right."""
    return _locked(uow, Wallet.code == plain_code(uow.session, code), right)


def lock_wallet_by_id(
    uow: UnitOfWork, wallet_id: UUID, right: TerminalRight | None = TerminalRight.DEBIT
) -> Locked:
    return _locked(uow, Wallet.id == wallet_id, right)


def _locked(uow: UnitOfWork, which: Any, right: TerminalRight | None) -> Locked:
    at_terminal = uow.actor.kind is Principal.TERMINAL
    statement = _WITH_TERMINAL if at_terminal else _WITHOUT_TERMINAL
    row = uow.session.execute(
        statement.where(which).with_for_update(of=Wallet),
        {"terminal_id": uow.actor.id} if at_terminal else {},
    ).one_or_none()
    if row is None:
        raise wallet_not_found()
    wallet, rules, terminal = row
    if at_terminal:
        check_terminal(uow, terminal, right)
    return Locked(wallet, rules, terminal)


def check_terminal(
    uow: UnitOfWork, terminal: Terminal | None, right: TerminalRight | None
) -> Terminal:
    if terminal is None:
        raise DomainError(Code.TERMINAL_REVOKED, "This terminal is not known here.")
    terminal.check(uow.now, right)
    return terminal


def asking_terminal(uow: UnitOfWork, right: TerminalRight | None = None) -> Terminal | None:
    """For what is not about one wallet; None when a person asks."""
    if uow.actor.kind is not Principal.TERMINAL:
        return None
    return check_terminal(uow, uow.session.get(Terminal, Terminal.id_of(uow.actor)), right)


def _statement(terminal: bool) -> Select[Any]:
    if not terminal:
        return (select(Wallet, Rules, literal(None)).select_from(Wallet)
                .join(Rules, Rules.number == NEWEST))
    own = Terminal.id == bindparam("terminal_id", type_=Terminal.id.type)
    return (select(Wallet, Rules, Terminal).select_from(Wallet)
            .join(Rules, Rules.number == NEWEST).outerjoin(Terminal, own))


_WITHOUT_TERMINAL = _statement(terminal=False)
_WITH_TERMINAL = _statement(terminal=True)


def record(uow: UnitOfWork, wallet: Wallet, movement: Movement) -> None:
    """Write a movement, its postings and its wallet's new state: one statement, with the commit,
    where the session would send four."""
    if wallet in uow.session:
        uow.session.expunge(wallet)
    row = {column.key: getattr(movement, column.key) for column in Movement.__table__.columns}
    uow.write(RECORD, row | {name: getattr(wallet, name) for name in _LEFT} | {
        "left_paid": wallet.paid, "left_gifted": wallet.gifted, "lots": to_json(wallet.lots),
        "kind": str(movement.kind), "label": movement.label or "",
        "lines": to_json(movement.lines or []),
        "gifts": to_json(movement.gifts) if movement.gifts else None,
        "accounts": [posting.account for posting in movement.postings],
        "amounts": [posting.amount for posting in movement.postings],
    })


def find_wallet(session: Session, code: str) -> Wallet:
    """By the code of its ticket: as typed, or the whole text scanned from the QR code."""
    wallet = session.scalar(select(Wallet).where(Wallet.code == plain_code(session, code)))
    if wallet is None:
        raise wallet_not_found()
    return wallet


def wallet_not_found() -> DomainError:
    return DomainError(Code.WALLET_NOT_FOUND, "No wallet has this code.")


def plain_code(session: Session, code: str) -> str:
    if len(code) < ticket_code.TEXT_LENGTH:
        return ticket_code.normalise(code)
    try:
        return ticket_code.read(code, _TICKET_KEYS).code
    except DomainError as refusal:
        if refusal.code is not Code.TICKET_CODE_UNKNOWN_KEY:
            raise
    rows = session.scalars(select(VerifyingKey).where(VerifyingKey.purpose == "ticket"))
    _TICKET_KEYS.update({
        int(row.key_id): Ed25519PublicKey.from_public_bytes(bytes.fromhex(row.public_key))
        for row in rows
    })
    return ticket_code.read(code, _TICKET_KEYS).code


_TICKET_KEYS: dict[int, Ed25519PublicKey] = {}  # a published key never changes: read once
