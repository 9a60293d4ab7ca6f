"""Selling without a network: what is granted beforehand, and how it is settled afterwards.

Settling never refuses what a terminal was allowed to do: the drink has been drunk. What the
wallet does not cover is a loss with a name; what the terminal was not allowed takes nothing from
the holder and is a loss in the terminal's own name.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import func, select

from contracts.errors import Code, DomainError
from contracts.message import dump, load
from contracts.money import CURRENCY
from contracts.wallet import (
    AllowanceView,
    GrantAllowance,
    OfflineDebit,
    SettledView,
    SettleOffline,
    TerminalRight,
    WalletState,
)
from services.chassis.unit_of_work import UnitOfWork
from services.wallet.models import (
    Hold,
    Movement,
    OfflineTerms,
    Purpose,
    SettledDebit,
    Terminal,
    Wallet,
    allowance_key,
    find_terminal,
    lock_wallet,
)
from services.wallet.usecases.debits import book_debit
from services.wallet.usecases.parts import by, check_lines
from services.wallet.usecases.pins import pin_trouble

SETTLE_WITHIN = timedelta(hours=6)  # how long an allowance is kept after its end
CLOCK_SKEW = timedelta(minutes=2)


def grant_allowance(uow: UnitOfWork, command: GrantAllowance) -> AllowanceView | DomainError:
    """The amount is held: whatever the terminal does without a network, no more can be lost, and
    the holder cannot spend it twice."""
    locked = lock_wallet(uow, command.code, TerminalRight.OFFLINE)
    wallet, rules, terminal = locked
    if terminal is None:
        raise DomainError(Code.TERMINAL_RIGHT_MISSING, "Only a terminal may ask this.")
    trouble = pin_trouble(locked, wallet.positive(command.amount), command.pin)
    if trouble:
        return trouble
    wallet.check_spend(rules, uow.now, command.amount.amount)
    ends_at = uow.now + timedelta(minutes=command.minutes)
    hold = Hold.place(
        wallet, uow.now, command.amount.amount, ends_at + SETTLE_WITHIN, Purpose.ALLOWANCE,
        "offline allowance", terminal.sale_point_id, **by(uow))
    uow.session.add(hold)
    signed = allowance_key(uow.session).sign({
        "sub": str(terminal.id), "jti": str(hold.id), "kind": "allowance",
        "code": wallet.code, "amount": hold.amount,
    }, ends_at)
    return AllowanceView(
        allowance_id=hold.id, wallet_id=wallet.id, code=wallet.code, terminal_id=terminal.id,
        amount=command.amount, expires_at=ends_at, signed=signed,
    )


def settle_offline(uow: UnitOfWork, command: SettleOffline) -> SettledView:
    """One signed debit, once: the terminal's sequence is kept beyond the inbox. Its row is locked
    first, so that two batches at a time cannot both find room under its caps."""
    terminal = find_terminal(uow.session, Terminal.id_of(uow.actor), lock=True)
    debit = _verified(command.signed, terminal)
    known = uow.session.get(SettledDebit, (terminal.id, debit.sequence))
    if known is not None:
        return _again(uow, known, command.signed)
    wallet, _, _ = lock_wallet(uow, debit.code, TerminalRight.OFFLINE)
    wallet.positive(debit.amount)
    grant = _grant(uow, terminal, debit, wallet)
    taken = grant.take(uow, wallet)
    lost = debit.amount.amount - taken
    movement = wallet.debit(
        uow.now, debit.amount, valid_at=grant.valid_at, lost=lost, lines=dump(debit.lines),
        label=f"offline {debit.sequence}", sale_point_id=terminal.sale_point_id,
        hold_id=grant.hold.id if grant.hold else None, **by(uow))
    book_debit(uow, wallet, movement, debit.lines,
               authorised_by=grant.authorised_by if lost else "")
    settled = _settled(uow, terminal, debit, grant, movement, command.signed)
    uow.session.add(settled)
    return settled.view(movement.view(wallet.currency))


def _again(uow: UnitOfWork, known: SettledDebit, signed: str) -> SettledView:
    """Sent again after the inbox has forgotten it: the same answer."""
    if known.signed != signed:
        raise DomainError(
            Code.OFFLINE_DEBIT_INVALID, "Another debit has been settled under this sequence.")
    return known.view(uow.session.get_one(Movement, known.movement_id).view(CURRENCY))


@dataclass
class Grant:
    """On what an offline debit relied: an allowance (`hold`) or `terms`."""

    debit: OfflineDebit
    within_caps: bool
    authorised_by: str
    hold: Hold | None = None
    terms: OfflineTerms | None = None

    @property
    def valid_at(self) -> datetime | None:
        return self.hold.placed_at if self.hold else None

    def take(self, uow: UnitOfWork, wallet: Wallet) -> int:
        """How much of the wallet, in centimes: up to the allowance, or what there is."""
        cents = self.debit.amount.amount
        if self.hold is not None:
            taken = min(cents, self.hold.left) if self._in_time(uow, self.hold) else 0
            if taken:
                self.hold.capture(wallet, uow.now, taken)
            return taken
        if not self.within_caps or wallet.state != WalletState.ACTIVE:
            return 0
        return min(cents, wallet.available(uow.now))

    def _in_time(self, uow: UnitOfWork, hold: Hold) -> bool:
        """Made before the allowance ended, and brought back while it was still kept."""
        ended_at = hold.expires_at - SETTLE_WITHIN
        return self.debit.at < ended_at + CLOCK_SKEW and uow.now < hold.expires_at


def _grant(uow: UnitOfWork, terminal: Terminal, debit: OfflineDebit, wallet: Wallet) -> Grant:
    beyond = f"{terminal.name}, beyond what it was allowed"
    hold = uow.session.get(Hold, debit.grant_id)
    if hold is not None and (hold.wallet_id, hold.actor_id) == (wallet.id, str(terminal.id)):
        uow.session.refresh(hold)
        within = debit.amount.amount <= hold.left
        return Grant(debit, within, hold.actor_name if within else beyond, hold=hold)
    terms = uow.session.get(OfflineTerms, debit.grant_id)
    if terms is None or terms.terminal_id != terminal.id:
        raise DomainError(
            Code.OFFLINE_DEBIT_INVALID, "This terminal was not allowed to sell offline.")
    within = _within(uow, terms, debit, wallet)
    return Grant(debit, within, terms.authorised_by if within else beyond, terms=terms)


def _within(uow: UnitOfWork, terms: OfflineTerms, debit: OfflineDebit, wallet: Wallet) -> bool:
    """Each cap, counting what has been settled before."""
    cents = debit.amount.amount
    under = SettledDebit.terms_id == terms.id
    of_wallet_under = under & (SettledDebit.wallet_id == wallet.id)
    outage, of_wallet, overall = uow.session.execute(select(*(
        func.coalesce(func.sum(SettledDebit.amount).filter(part), 0)
        for part in (under, of_wallet_under, SettledDebit.terms_id.is_not(None))
    )).where(SettledDebit.terminal_id == terms.terminal_id, SettledDebit.within_caps)).one()
    return (
        terms.granted_at - CLOCK_SKEW <= debit.at < terms.expires_at + CLOCK_SKEW
        and cents <= terms.per_debit
        and int(of_wallet) + cents <= terms.per_wallet
        and int(outage) + cents <= terms.per_outage
        and int(overall) + cents <= terms.per_terminal
    )


def _verified(signed: str, terminal: Terminal) -> OfflineDebit:
    """What the terminal says, proven by its signature."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(terminal.public_key or ""))
        claims = jwt.decode(signed, key, algorithms=["EdDSA"])
    except (jwt.PyJWTError, ValueError):
        raise DomainError(
            Code.OFFLINE_DEBIT_INVALID, "This debit was not signed by this terminal."
        ) from None
    debit = load(OfflineDebit, claims)
    check_lines(debit.lines, debit.amount)
    return debit


def _settled(
    uow: UnitOfWork, terminal: Terminal, debit: OfflineDebit, grant: Grant, movement: Movement,
    signed: str,
) -> SettledDebit:
    lost = movement.lost or 0
    return SettledDebit(
        terminal_id=terminal.id, sequence=debit.sequence, wallet_id=movement.wallet_id,
        hold_id=grant.hold.id if grant.hold else None,
        terms_id=grant.terms.id if grant.terms else None, amount=debit.amount.amount,
        taken=debit.amount.amount - lost, lost=lost, within_caps=grant.within_caps,
        authorised_by=grant.authorised_by, movement_id=movement.id, made_at=debit.at,
        settled_at=uow.now, signed=signed,
    )
