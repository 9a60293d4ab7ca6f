"""Opening and closing register sessions: the two handshakes with ticketing (HOUSE §7).

Locks are taken in one order everywhere: session, then register.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from contracts.accounting import (
    DENOMINATIONS,
    CloseRegisterSession,
    ClosingCounts,
    ForceCloseRegisterSession,
    OpenRegisterSession,
    RegisterSessionClosed,
    RegisterSessionClosing,
    RegisterSessionOpening,
    RegisterSessionState,
    RegisterSessionView,
)
from contracts.errors import Code, DomainError
from contracts.roles import Role
from contracts.ticketing import PaymentMethod, RegisterSessionAccepted, RegisterSessionTotals
from services.accounting.models import (
    Books,
    CashRegister,
    DrawerKind,
    Entry,
    RegisterSession,
    ZReport,
    disagreement,
    post,
    reading,
)
from services.accounting.models.closing import digest
from services.accounting.models.registers import find_register
from services.accounting.models.sessions import find_session
from services.accounting.models.views import session_view
from services.chassis.unit_of_work import UnitOfWork


def open_session(uow: UnitOfWork, command: OpenRegisterSession) -> RegisterSessionView:
    """A difference between what is counted and what should be in the drawer is booked (c-2)."""
    register = find_register(uow.session, command.register_id, lock=True)
    if not uow.actor.sells_at(register.sale_point_id):
        raise DomainError(Code.REGISTER_NOT_YOURS, "This register is at another sale point.")
    counted = _cash(command.counts) if command.counts is not None else register.balance
    session = RegisterSession(
        register_id=register.id, cashier_id=uow.actor.id, cashier_name=uow.actor.name,
        state=RegisterSessionState.OPENING, opened_at=uow.now, opening_float=counted,
        opening_counts=command.counts, orders=0, counts=0,
    )
    _start(uow, session)
    if counted != register.balance:
        _book_difference(uow, register, session, DrawerKind.OPENING_DIFFERENCE,
                         counted - register.balance)
    uow.emit(RegisterSessionOpening(
        register_session_id=session.id, register_id=register.id,
        sale_point_id=register.sale_point_id, cashier_id=session.cashier_id,
        cashier_name=session.cashier_name, opened_at=uow.now,
    ))
    return session_view(uow, session)


def accept_session(uow: UnitOfWork, event: RegisterSessionAccepted) -> None:
    find_session(uow.session, event.register_session_id, lock=True).accept()


def close_session(
    uow: UnitOfWork, command: CloseRegisterSession
) -> RegisterSessionView | DomainError:
    """Blind: what was expected is told only once the count is taken.

    The first count that differs is kept but not taken; a later one is, with a reason. A refusal
    is returned, not raised, where the count has to stay.
    """
    session = _own_session(uow, command)
    register = find_register(uow.session, session.register_id, lock=True)
    cash, card = _complete(command.counts)
    reason = (command.reason or "").strip() or None
    count = session.add_count(uow.now, uow.actor.name, cash, card, command.counts, reason)
    uow.session.add(count)
    if _differs(uow, session, register, cash, card):
        if count.number == 1:
            return DomainError(
                Code.COUNT_DIFFERS, "This is not what it should be. Please count once more."
            )
        if reason is None:
            return DomainError(
                Code.COUNT_DIFFERS, "The count still differs. Please give the reason.",
                {"reason": ["Required when a second count differs."]},
            )
    session.begin_closing(count)
    uow.emit(RegisterSessionClosing(register_session_id=session.id))
    return session_view(uow, session)


def force_close(uow: UnitOfWork, command: ForceCloseRegisterSession) -> RegisterSessionView:
    """What is expected stays in the drawer: the next session's opening count will tell."""
    session = find_session(uow.session, command.register_session_id, lock=True)
    session.force_closing(uow.now, uow.actor.name, command.reason.strip())
    uow.emit(RegisterSessionClosing(register_session_id=session.id))
    return session_view(uow, session)


def take_totals(uow: UnitOfWork, event: RegisterSessionTotals) -> None:
    """Ticketing has stopped selling on the session. Sealed now, or with the last order booked."""
    session = find_session(uow.session, event.register_session_id, lock=True)
    session.hear_totals(uow.now, {
        "orders": event.orders,
        "totals": {total.method: [total.amount.amount, total.count] for total in event.totals},
    })
    seal_if_complete(uow, session)


def seal_if_complete(uow: UnitOfWork, session: RegisterSession) -> None:
    """The Z report: when, and only when, exactly what ticketing sold is booked. The session must
    be locked."""
    if session.state != RegisterSessionState.CLOSING or session.said is None:
        return
    uow.session.flush()
    if disagreement(uow.session, session):
        return
    register = find_register(uow.session, session.register_id, lock=True)
    read = reading(uow.session, session, register)
    for tender in read["tenders"]:
        if tender["difference"]:
            _book_closing_difference(uow, register, session, tender)
    report = _sealed(uow, session, register, read)
    session.close(uow.now)
    uow.emit(RegisterSessionClosed(register_session_id=session.id, z_number=report.number))


def _sealed(
    uow: UnitOfWork, session: RegisterSession, register: CashRegister, read: dict[str, Any]
) -> ZReport:
    content = read | {
        "z_number": register.z_number + 1,
        "grand_total": register.grand_total + read["gross"],
        "previous_hash": register.z_head,
    }
    report = ZReport(
        register_id=register.id, register_session_id=session.id, number=content["z_number"],
        sealed_at=uow.now, content=content, previous_hash=register.z_head, hash=digest(content),
    )
    uow.session.add(report)
    register.seal(report.number, report.hash, read["gross"])
    return report


def _start(uow: UnitOfWork, session: RegisterSession) -> None:
    """One live session per register and per cashier: two unique indexes decide races."""
    live = uow.session.scalar(select(RegisterSession).where(
        RegisterSession.state != RegisterSessionState.CLOSED,
        (RegisterSession.register_id == session.register_id)
        | (RegisterSession.cashier_id == session.cashier_id),
    ))
    refusal = DomainError(
        Code.REGISTER_SESSION_ALREADY_OPEN,
        "This register, or this cashier on another one, has a session already: close it first.",
    )
    if live:
        raise refusal
    uow.session.add(session)
    try:
        uow.session.flush()
    except IntegrityError:
        raise refusal from None


def _own_session(uow: UnitOfWork, command: CloseRegisterSession) -> RegisterSession:
    """Another cashier's session does not exist for this one."""
    session = find_session(uow.session, command.register_session_id, lock=True)
    if session.cashier_id != uow.actor.id and not uow.actor.may(Role.ADMIN):
        raise DomainError(Code.REGISTER_SESSION_NOT_FOUND, "There is no such register session.")
    return session


def _differs(
    uow: UnitOfWork, session: RegisterSession, register: CashRegister, cash: int, card: int
) -> bool:
    tenders = {item["tender"]: item["expected"]
               for item in reading(uow.session, session, register)["tenders"]}
    return max(
        abs(cash - tenders[PaymentMethod.CASH]), abs(card - tenders[PaymentMethod.CARD])
    ) > register.tolerance


def _complete(counts: ClosingCounts) -> tuple[int, int]:
    """Cash and card in centimes. A blank is refused: zero must be typed (c-4)."""
    blank = {
        name: ["Type what was counted, zero if there is nothing."]
        for name in ("cash", "card") if getattr(counts, name) in (None, {})
    }
    if blank:
        raise DomainError(Code.COUNT_INCOMPLETE, "Every tender must be counted.", blank)
    assert counts.cash is not None and counts.card is not None
    if counts.card.amount < 0:
        raise DomainError(Code.VALIDATION_FAILED, "The terminal's total cannot be negative.",
                          {"counts": {"card": ["Must be zero or more."]}})
    return _cash(counts.cash), counts.card.amount


def _cash(pieces: dict[str, int]) -> int:
    unknown = sorted(set(pieces) - set(map(str, DENOMINATIONS)))
    if unknown:
        raise DomainError(
            Code.VALIDATION_FAILED, "There is no such coin or note.",
            {"counts": {name: ["Not a denomination, in centimes."] for name in unknown}},
        )
    return sum(int(denomination) * number for denomination, number in pieces.items())


def _book_closing_difference(
    uow: UnitOfWork, register: CashRegister, session: RegisterSession, tender: dict[str, Any]
) -> None:
    if tender["tender"] == PaymentMethod.CASH:
        _book_difference(uow, register, session, DrawerKind.CLOSING_DIFFERENCE,
                         tender["difference"])
        return
    entry = Entry(
        "accounting.card_difference", session.id, uow.now, register.name,
        session.reason or "card difference", sale_point_id=register.sale_point_id,
    )
    entry.debit(Books.CARD, tender["difference"])
    entry.credit(Books.DIFFERENCES, tender["difference"])
    post(uow.session, [entry])


def _book_difference(
    uow: UnitOfWork, register: CashRegister, session: RegisterSession, kind: DrawerKind,
    signed: int,
) -> None:
    """The drawer is set to what was counted, the difference is somebody's gain or loss."""
    register.move(uow, kind, signed, register_session_id=session.id, source_id=session.id,
                  comment=session.reason or "")
    entry = Entry(
        f"accounting.{kind}", session.id, uow.now, register.name,
        session.reason or kind.replace("_", " "), sale_point_id=register.sale_point_id,
    )
    entry.debit(Books.DRAWER, signed, register_id=register.id)
    entry.credit(Books.DIFFERENCES, signed)
    post(uow.session, [entry])
