"""Terminals, and what they may cost when the network is gone."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from contracts.errors import Code, DomainError
from contracts.money import Money, total
from contracts.wallet import (
    EnrolledView,
    FetchOfflineTerms,
    GetOfflineExposure,
    GetOwnTerminal,
    HoldState,
    ListOfflineLosses,
    ListTerminals,
    OfflineExposure,
    OfflineLosses,
    OfflineTermsView,
    TerminalExposure,
    TerminalPage,
    TerminalRight,
)
from services.chassis.unit_of_work import UnitOfWork
from services.wallet.models import (
    Hold,
    OfflineTerms,
    Purpose,
    SettledDebit,
    Terminal,
    allowance_key,
    asking_terminal,
)

LOSSES_AT_MOST = 500


def list_terminals(uow: UnitOfWork, query: ListTerminals) -> TerminalPage:
    """By age; the cursor is the last one's id."""
    statement = select(Terminal).order_by(Terminal.created_at, Terminal.id)
    if query.cursor is not None:
        last = uow.session.get(Terminal, _uuid(query.cursor))
        if last is None:
            raise _not_a_cursor()
        statement = statement.where(
            (Terminal.created_at > last.created_at)
            | ((Terminal.created_at == last.created_at) & (Terminal.id > last.id)))
    found = uow.session.scalars(statement.limit(query.limit + 1)).all()
    page = found[: query.limit]
    return TerminalPage(
        items=tuple(terminal.view() for terminal in page),
        next_cursor=str(page[-1].id) if len(found) > query.limit else None,
    )


def get_own_terminal(uow: UnitOfWork, query: GetOwnTerminal) -> EnrolledView:
    return _asking(uow).enrolled_view(uow.session)


def terminal_key(uow: UnitOfWork, terminal_id: UUID) -> Terminal | None:
    """For the door, which verifies tokens with its public key."""
    return uow.session.get(Terminal, terminal_id)


def fetch_offline_terms(uow: UnitOfWork, query: FetchOfflineTerms) -> OfflineTermsView:
    """The newest terms of the terminal that asks, while they last."""
    terminal = _asking(uow, TerminalRight.OFFLINE)
    terms = uow.session.scalar(
        select(OfflineTerms).where(OfflineTerms.terminal_id == terminal.id)
        .order_by(OfflineTerms.granted_at.desc()).limit(1))
    if terms is None or terms.expires_at <= uow.now:
        raise DomainError(
            Code.OFFLINE_TERMS_NOT_FOUND, "Nobody has allowed this terminal to sell offline.")
    return terms.signed(allowance_key(uow.session))


def get_offline_exposure(uow: UnitOfWork, query: GetOfflineExposure) -> OfflineExposure:
    """Beforehand: what may be lost at worst if every network fails now. Of each terminal the caps
    of its newest terms count, less what it has debited under them and over all."""
    newest = (
        select(OfflineTerms).join(Terminal, Terminal.id == OfflineTerms.terminal_id)
        .where(OfflineTerms.expires_at > uow.now, Terminal.revoked_at.is_(None))
        .ext(distinct_on(OfflineTerms.terminal_id))
        .order_by(OfflineTerms.terminal_id, OfflineTerms.granted_at.desc())
    )
    terminals = tuple(_exposure(uow, terms) for terms in uow.session.scalars(newest))
    backed = uow.session.scalar(
        select(func.coalesce(func.sum(Hold.amount - Hold.captured), 0))
        .where(Hold.purpose == Purpose.ALLOWANCE, Hold.state == HoldState.OPEN))
    lost = uow.session.scalar(select(func.coalesce(func.sum(SettledDebit.lost), 0)))
    return OfflineExposure(
        at=uow.now, backed=Money(int(backed or 0)), lost=Money(int(lost or 0)),
        worst_case=total(item.at_risk for item in terminals), terminals=terminals,
    )


def _exposure(uow: UnitOfWork, terms: OfflineTerms) -> TerminalExposure:
    counted = SettledDebit.within_caps & SettledDebit.terms_id.is_not(None)
    under, overall, lost = uow.session.execute(select(
        func.coalesce(func.sum(SettledDebit.amount).filter(
            counted, SettledDebit.terms_id == terms.id), 0),
        func.coalesce(func.sum(SettledDebit.amount).filter(counted), 0),
        func.coalesce(func.sum(SettledDebit.lost), 0),
    ).where(SettledDebit.terminal_id == terms.terminal_id)).one()
    at_risk = max(min(terms.per_outage - int(under), terms.per_terminal - int(overall)), 0)
    return TerminalExposure(
        terminal_id=terms.terminal_id, expires_at=terms.expires_at,
        name=uow.session.get_one(Terminal, terms.terminal_id).name,
        authorised_by=terms.authorised_by, at_risk=Money(at_risk), lost=Money(int(lost)),
    )


def list_offline_losses(uow: UnitOfWork, query: ListOfflineLosses) -> OfflineLosses:
    """Each loss with who authorised it, the newest first."""
    found = uow.session.scalars(
        select(SettledDebit)
        .where(SettledDebit.lost > 0, SettledDebit.settled_at >= query.since)
        .order_by(SettledDebit.settled_at.desc()).limit(LOSSES_AT_MOST)).all()
    return OfflineLosses(
        items=tuple(item.loss_view() for item in found),
        lost=Money(sum(item.lost for item in found)),
    )


def _asking(uow: UnitOfWork, right: TerminalRight | None = None) -> Terminal:
    terminal = asking_terminal(uow, right)
    if terminal is None:
        raise DomainError(Code.TERMINAL_RIGHT_MISSING, "Only a terminal may ask this.")
    return terminal


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise _not_a_cursor() from None


def _not_a_cursor() -> DomainError:
    return DomainError(Code.VALIDATION_FAILED, "This cursor is not one of ours.",
                       {"cursor": ["Not a cursor."]})
