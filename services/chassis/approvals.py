"""Spending a colleague's approval, in the service that owns the action.

    def refund_order(uow, command):
        approver = spend_approval(uow, Action.REFUND, command.order_id)

The gateway has verified who signed it; here it is looked at what it is for, and it is used up.
"""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from contracts.errors import Code, DomainError
from contracts.roles import Action
from services.chassis.tables import inbox
from services.chassis.unit_of_work import UnitOfWork

SPENT = "approval"  # whose ids spent approvals are, in the inbox


def spend_approval(uow: UnitOfWork, action: Action, object_id: UUID) -> str | None:
    """None when the caller needs no approval; else the id of the colleague who gave it.

    Raises APPROVAL_REQUIRED when there is none, or one for something else, and APPROVAL_REFUSED
    when it was used before.
    """
    if uow.actor.may(action.role):
        return None
    approval = uow.actor.approval
    if approval is None or (approval.action, approval.object_id) != (action, str(object_id)):
        raise DomainError(
            Code.APPROVAL_REQUIRED, "A colleague with the right to do this must approve it.",
            {"action": action.value, "object_id": str(object_id)},
        )
    spent = uow.session.execute(
        insert(inbox)
        .values(actor=SPENT, id=approval.id, fingerprint=f"{action}:{object_id}", at=uow.now)
        .on_conflict_do_nothing().returning(inbox.c.id)
    )
    if spent.first() is None:
        raise DomainError(Code.APPROVAL_REFUSED, "This approval was used already.")
    return approval.approver_id
