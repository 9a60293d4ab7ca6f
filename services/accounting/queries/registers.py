"""Registers, their history, sessions and reports, for those who may see them."""

from collections.abc import Iterator

from sqlalchemy import select, tuple_

from contracts.accounting import (
    FloatOperationPage,
    GetRegisterSession,
    GetXReport,
    GetZReport,
    ListFloatOperations,
    ListRegisters,
    ListRegisterSessions,
    RegisterList,
    RegisterSessionPage,
    RegisterSessionState,
    RegisterSessionView,
    XReport,
    ZReportView,
)
from contracts.errors import Code, DomainError
from contracts.message import dump
from contracts.roles import Role
from services.accounting.models import (
    CashRegister,
    DrawerKind,
    DrawerMovement,
    RegisterSession,
    SalePoint,
    ZReport,
    reading,
)
from services.accounting.models.closing import (
    COUNTED_TENDERS,
    broken_late_entry,
    digest,
    late_entries,
)
from services.accounting.models.registers import find_register
from services.accounting.models.sessions import find_session
from services.accounting.models.views import sees_expected, session_view
from services.accounting.queries.scope import cursor_after, seen
from services.chassis.unit_of_work import UnitOfWork


def list_registers(uow: UnitOfWork, query: ListRegisters) -> RegisterList:
    """All for accounting, else those of the actor's sale points, without their balances."""
    statement = (
        select(CashRegister, SalePoint.name, RegisterSession.id, RegisterSession.state)
        .join(SalePoint, SalePoint.id == CashRegister.sale_point_id)
        .outerjoin(RegisterSession, (RegisterSession.register_id == CashRegister.id)
                   & (RegisterSession.state != RegisterSessionState.CLOSED))
        .order_by(SalePoint.name, CashRegister.name)
    )
    if query.sale_point_id is not None:
        statement = statement.where(CashRegister.sale_point_id == query.sale_point_id)
    books = uow.actor.may(Role.ACCOUNTING)
    if not books:
        statement = statement.where(CashRegister.sale_point_id.in_(uow.actor.sale_points))
    return RegisterList(items=tuple(
        register.view(
            sale_point, session_id, state and RegisterSessionState(state), hidden=not books
        )
        for register, sale_point, session_id, state in uow.session.execute(statement)
    ))


def list_float_operations(uow: UnitOfWork, query: ListFloatOperations) -> FloatOperationPage:
    """Everything that was done to the drawer besides sales, newest first."""
    register = find_register(uow.session, query.register_id)
    if not uow.actor.may(Role.ACCOUNTING) and not uow.actor.sells_at(register.sale_point_id):
        raise DomainError(Code.REGISTER_NOT_YOURS, "This register is at another sale point.")
    statement = select(DrawerMovement).where(
        DrawerMovement.register_id == register.id, DrawerMovement.kind != DrawerKind.SALE_CASH
    )
    if query.cursor is not None:
        statement = statement.where(DrawerMovement.number < seen(query.cursor)[2])
    found = uow.session.scalars(
        statement.order_by(DrawerMovement.number.desc()).limit(query.limit + 1)
    ).all()
    page = found[: query.limit]
    more = len(found) > query.limit
    return FloatOperationPage(
        items=tuple(movement.view(register.currency) for movement in page),
        next_cursor=cursor_after(page[-1].at, page[-1].id, page[-1].number) if more else None,
    )


def get_register_session(uow: UnitOfWork, query: GetRegisterSession) -> RegisterSessionView:
    found = find_session(uow.session, query.register_session_id)
    return session_view(uow, _visible(uow, found))


def list_register_sessions(uow: UnitOfWork, query: ListRegisterSessions) -> RegisterSessionPage:
    statement = select(RegisterSession)
    if not uow.actor.may(Role.ACCOUNTING):
        statement = statement.where(RegisterSession.cashier_id == uow.actor.id)
    if query.register_id is not None:
        statement = statement.where(RegisterSession.register_id == query.register_id)
    if query.state is not None:
        statement = statement.where(RegisterSession.state == query.state)
    order = tuple_(RegisterSession.opened_at, RegisterSession.id)
    if query.cursor is not None:
        statement = statement.where(order < seen(query.cursor)[:2])
    found = uow.session.scalars(
        statement.order_by(RegisterSession.opened_at.desc(), RegisterSession.id.desc())
        .limit(query.limit + 1)
    ).all()
    page = found[: query.limit]
    more = len(found) > query.limit
    return RegisterSessionPage(
        items=tuple(session_view(uow, session) for session in page),
        next_cursor=cursor_after(page[-1].opened_at, page[-1].id) if more else None,
    )


def get_x_report(uow: UnitOfWork, query: GetXReport) -> XReport:
    """Any time, without number; the cashier does not read what there is to count."""
    found = _visible(uow, find_session(uow.session, query.register_session_id))
    register = find_register(uow.session, found.register_id)
    content = reading(uow.session, found, register) | {"read_at": dump(uow.now)}
    if not sees_expected(uow, found):
        for tender in content["tenders"]:
            if tender["tender"] in COUNTED_TENDERS:
                tender |= {"sold": None, "expected": None}
    return XReport(register_session_id=found.id, provisional=True, content=content)


def get_z_report(uow: UnitOfWork, query: GetZReport) -> ZReportView:
    report = uow.session.get(ZReport, query.z_report_id)
    if report is None:
        raise DomainError(Code.Z_REPORT_NOT_FOUND, "There is no such Z report.")
    _visible(uow, uow.session.get_one(RegisterSession, report.register_session_id),
             Code.Z_REPORT_NOT_FOUND)
    return report.view(late_entries(uow.session, report))


def broken_seals(uow: UnitOfWork) -> Iterator[str]:
    """Verify every register's chain of Z reports: a sentence for the first fault of each."""
    for register in uow.session.scalars(select(CashRegister).order_by(CashRegister.created_at)):
        fault = _first_fault(uow, register)
        if fault:
            yield f"register {register.name}: {fault}"


def _first_fault(uow: UnitOfWork, register: CashRegister) -> str | None:
    head, total, number = None, 0, 0
    for report in uow.session.scalars(
        select(ZReport).where(ZReport.register_id == register.id).order_by(ZReport.number)
    ):
        number += 1
        total += report.content["gross"]
        if report.number != number:
            return f"Z {number} is missing"
        if (report.previous_hash, report.content["previous_hash"]) != (head, head):
            return f"Z {number} does not follow the one before"
        if report.hash != digest(report.content):
            return f"Z {number} was altered"
        if report.content["grand_total"] != total:
            return f"the grand total of Z {number} is not the sum of all"
        late = broken_late_entry(uow.session, report)
        if late:
            return late
        head = report.hash
    if (register.z_number, register.z_head, register.grand_total) != (number, head, total):
        return "its newest Z report is missing"
    return None


def _visible(
    uow: UnitOfWork, found: RegisterSession, code: Code = Code.REGISTER_SESSION_NOT_FOUND
) -> RegisterSession:
    """A cashier's own only; another's does not exist for them."""
    if found.cashier_id != uow.actor.id and not uow.actor.may(Role.ACCOUNTING):
        raise DomainError(code, "There is no such register session or report.")
    return found
