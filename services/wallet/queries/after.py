"""Refund runs, their bank file, and decisions on what nobody claims."""

import base64
from uuid import UUID

from sqlalchemy import select

from contracts.errors import Code, DomainError
from contracts.wallet import (
    BreakageView,
    GetBreakage,
    GetRefundFile,
    GetRefundRun,
    ListRefunds,
    RefundPage,
    RefundRunView,
    WalletDocument,
)
from services.chassis.unit_of_work import UnitOfWork
from services.wallet.models import Breakage, Refund, find_refund_run
from services.wallet.queries.pain001 import Transfer, pain001


def get_refund_run(uow: UnitOfWork, query: GetRefundRun) -> RefundRunView:
    return find_refund_run(uow.session, query.run_id).view(uow.session)


def get_refund_file(uow: UnitOfWork, query: GetRefundFile) -> WalletDocument:
    """The same run gives the same file, under the same message id: a bank refuses it twice."""
    run = find_refund_run(uow.session, query.run_id)
    run.check_ready()
    refunds = uow.session.scalars(
        select(Refund).where(Refund.run_id == run.id).order_by(Refund.id)).all()
    if not refunds:
        raise DomainError(Code.REFUND_NOT_FOUND, "There is nothing to pay in this run.")
    xml = pain001(
        run.id, run.created_at, run.execute_on, run.debtor_name, run.debtor_iban,
        [Transfer(refund.id, refund.name, refund.iban, refund.amount) for refund in refunds])
    return WalletDocument(
        content_type="application/xml", filename=f"pain001-{run.execute_on}-{run.id.hex[:8]}.xml",
        content=base64.b64encode(xml).decode(),
    )


def list_refunds(uow: UnitOfWork, query: ListRefunds) -> RefundPage:
    """By id; the cursor is the last one's."""
    statement = select(Refund).order_by(Refund.id)
    if query.run_id is not None:
        statement = statement.where(Refund.run_id == query.run_id)
    if query.state is not None:
        statement = statement.where(Refund.state == query.state)
    if query.cursor is not None:
        try:
            statement = statement.where(Refund.id > UUID(query.cursor))
        except ValueError:
            raise DomainError(Code.VALIDATION_FAILED, "This cursor is not one of ours.",
                              {"cursor": ["Not a cursor."]}) from None
    found = uow.session.scalars(statement.limit(query.limit + 1)).all()
    page = found[: query.limit]
    return RefundPage(
        items=tuple(refund.view() for refund in page),
        next_cursor=str(page[-1].id) if len(found) > query.limit else None,
    )


def get_breakage(uow: UnitOfWork, query: GetBreakage) -> BreakageView:
    decision = uow.session.get(Breakage, query.decision_id)
    if decision is None:
        raise DomainError(Code.BREAKAGE_NOT_FOUND, "There is no such decision.")
    return decision.view()
