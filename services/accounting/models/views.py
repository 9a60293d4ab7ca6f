"""Sessions as they are shown, with the cashier's blindness until the count is committed."""

from datetime import timedelta

from sqlalchemy import select

from contracts.accounting import RegisterSessionState, RegisterSessionView, TenderView
from contracts.money import Money
from contracts.roles import Role
from contracts.ticketing import PaymentMethod
from services.accounting.models.closing import ZReport, disagreement, is_counted, reading
from services.accounting.models.programme import SalePoint
from services.accounting.models.registers import CashRegister
from services.accounting.models.sessions import RegisterSession
from services.chassis.unit_of_work import UnitOfWork

PATIENCE = timedelta(seconds=30)  # how long messages may be on their way before it is an alert


def sees_expected(uow: UnitOfWork, session: RegisterSession) -> bool:
    """Who is going to count does not see what should be there; who keeps the books does."""
    return is_counted(session) or uow.actor.may(Role.ACCOUNTING)


def session_view(uow: UnitOfWork, session: RegisterSession) -> RegisterSessionView:
    register = uow.session.get_one(CashRegister, session.register_id)
    report = uow.session.scalar(
        select(ZReport).where(ZReport.register_session_id == session.id)
    )
    shown = sees_expected(uow, session)
    content = report.content if report else reading(uow.session, session, register)
    return RegisterSessionView(
        register_session_id=session.id, register_id=register.id, register=register.name,
        sale_point_id=register.sale_point_id,
        sale_point=uow.session.get_one(SalePoint, register.sale_point_id).name,
        state=RegisterSessionState(session.state), cashier_id=session.cashier_id,
        cashier_name=session.cashier_name, opened_at=session.opened_at,
        opening_float=Money(session.opening_float, register.currency), counts=session.counts,
        tenders=tuple(_tender(item, register.currency) for item in content["tenders"])
        if shown else (),
        orders=session.orders if shown else None,
        closing_at=session.closing_at, closed_at=session.closed_at,
        z_report_id=report.id if report else None, z_number=report.number if report else None,
        alert=_alert(uow, session),
    )


def _tender(item: dict, currency: str) -> TenderView:
    counted = item["counted"]
    return TenderView(
        tender=PaymentMethod(item["tender"]), sold=Money(item["sold"], currency),
        payments=item["payments"], expected=Money(item["expected"], currency),
        counted=None if counted is None else Money(counted, currency),
        difference=None if counted is None else Money(item["difference"], currency),
    )


def _alert(uow: UnitOfWork, session: RegisterSession) -> str | None:
    """Ticketing's totals and the booked ones differ, and not just because of a late message."""
    if session.state != RegisterSessionState.CLOSING or session.said_at is None:
        return None
    if uow.now - session.said_at < PATIENCE:
        return None
    return disagreement(uow.session, session)
