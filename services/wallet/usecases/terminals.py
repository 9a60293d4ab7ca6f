"""Bar terminals: made, enrolled, changed, revoked; and what each may do without a network."""

from datetime import timedelta

from sqlalchemy import select

from contracts.errors import Code, DomainError
from contracts.wallet import (
    ChangeTerminal,
    CreateTerminal,
    EnrolledView,
    EnrolTerminal,
    GrantOfflineTerms,
    NewTerminalView,
    OfflineTermsView,
    RevokeTerminal,
    TerminalRight,
    TerminalView,
)
from services.chassis.unit_of_work import UnitOfWork
from services.wallet.models import (
    OfflineTerms,
    Terminal,
    allowance_key,
    find_terminal,
    read_enrolment,
)
from services.wallet.models.terminals import enrolment_refused


def create_terminal(uow: UnitOfWork, command: CreateTerminal) -> NewTerminalView:
    terminal, enrolment = Terminal.create(
        command.name, command.sale_point_id, uow.now, uow.actor.name or uow.actor.id)
    terminal.allow(command.rights, command.articles, command.shows_names, command.valid_until)
    uow.session.add(terminal)
    return NewTerminalView(terminal=terminal.view(), enrolment=enrolment)


def change_terminal(uow: UnitOfWork, command: ChangeTerminal) -> TerminalView:
    terminal = find_terminal(uow.session, command.terminal_id, lock=True)
    terminal.allow(command.rights, command.articles, command.shows_names, command.valid_until)
    return terminal.view()


def revoke_terminal(uow: UnitOfWork, command: RevokeTerminal) -> TerminalView:
    """Its next request is refused; what it holds of wallets ends by itself."""
    terminal = find_terminal(uow.session, command.terminal_id, lock=True)
    terminal.revoke(uow.now, command.reason)
    return terminal.view()


def enrol_terminal(uow: UnitOfWork, command: EnrolTerminal) -> EnrolledView:
    """The device says what the QR code said and shows the key it has made."""
    terminal_id, secret = read_enrolment(command.enrolment)
    terminal = uow.session.get(Terminal, terminal_id, with_for_update=True)
    if terminal is None:
        raise enrolment_refused()
    used = uow.session.scalar(
        select(Terminal.id).where(Terminal.public_key == command.public_key))
    if used not in (None, terminal.id):
        raise DomainError(Code.ENROLMENT_INVALID, "This key belongs to another terminal.")
    terminal.enrol(secret, command.public_key, uow.now)
    return terminal.enrolled_view(uow.session)


def note_seen(uow: UnitOfWork, terminal_id: object) -> None:
    """Called by the door once a minute and terminal."""
    terminal = uow.session.get(Terminal, terminal_id)
    if terminal is not None:
        terminal.seen(uow.now)


def grant_offline_terms(uow: UnitOfWork, command: GrantOfflineTerms) -> OfflineTermsView:
    """From now on these terms are the terminal's. Whoever grants them answers for the losses."""
    terminal = find_terminal(uow.session, command.terminal_id, lock=True)
    terminal.check(uow.now, TerminalRight.OFFLINE)
    caps = {
        name: getattr(command, name).amount
        for name in ("per_debit", "per_wallet", "per_outage", "per_terminal")
    }
    if min(caps.values()) <= 0:
        raise DomainError(Code.VALIDATION_FAILED, "Each cap must be more than zero.")
    terms = OfflineTerms(
        terminal_id=terminal.id, granted_at=uow.now, authorised_id=uow.actor.id,
        expires_at=uow.now + timedelta(minutes=command.minutes),
        authorised_by=uow.actor.name or uow.actor.id, **caps)
    uow.session.add(terms)
    uow.session.flush()
    return terms.signed(allowance_key(uow.session))
