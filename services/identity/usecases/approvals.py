"""One-shot approvals: a colleague's name and code allow one action on one object."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import select

from contracts.errors import Code, DomainError
from contracts.identity import APPROVAL_AUDIENCE, ApprovalView, ApproveAction
from contracts.roles import Actor, Principal
from services.chassis.unit_of_work import UnitOfWork
from services.identity.models import User
from services.identity.usecases.attempts import begin_attempt, fail_attempt
from services.identity.usecases.audit import audit
from services.identity.usecases.second_factors import accepts
from services.identity.usecases.tokens import signed

LASTS = timedelta(minutes=2)


def approve_action(uow: UnitOfWork, command: ApproveAction) -> ApprovalView | DomainError:
    """The code is a second factor's, so the colleague never types a password on a till."""
    name = command.username.lower()
    colleague = uow.session.scalar(select(User).where(User.username == name))
    account = begin_attempt(uow, Principal.USER, name)
    known = colleague is not None and colleague.may_sign_in(uow.now)
    if not known or not accepts(uow, colleague, command.code):
        return fail_attempt(uow, account, Principal.USER, colleague)
    account.clear()
    if not _may_approve(uow.actor, colleague, command.action.role):
        return DomainError(
            Code.APPROVAL_REFUSED, "This colleague may not approve that here."
        )
    audit(uow, "approve", command.action, command.object_id, after={
        "approver": colleague.username, "for": uow.actor.id,
    })
    approval = signed(uow, APPROVAL_AUDIENCE, uow.now + LASTS, {
        "sub": str(colleague.id), "name": colleague.display_name, "for": uow.actor.id,
        "action": command.action.value, "object": str(command.object_id), "jti": str(uuid4()),
    })
    return ApprovalView(
        approval=approval, expires_in=int(LASTS.total_seconds()),
        approver=colleague.display_name,
    )


def _may_approve(actor: Actor, colleague: User, role: str) -> bool:
    """Four eyes: somebody else, with the role, who works where the caller does."""
    approver = Actor(
        Principal.USER, str(colleague.id), roles=frozenset(colleague.roles),
        sale_points=frozenset(point.id for point in colleague.sale_points),
    )
    return (
        approver.id != actor.id and approver.may(role)
        and any(approver.sells_at(place) for place in actor.sale_points)
    )
