"""Writing down who did what, in the transaction that does it."""

from typing import Any
from uuid import UUID

from services.chassis.unit_of_work import UnitOfWork
from services.identity.models import AuditEntry


def audit(
    uow: UnitOfWork, action: str, object_type: str, object_id: UUID | str,
    before: dict[str, Any] | None = None, after: dict[str, Any] | None = None,
) -> None:
    """`before` and `after` are plain views of the object; what is the same in both is left out.
    Never give it a secret: this table is read by people and kept for ever."""
    old, new = before or {}, after or {}
    uow.session.add(AuditEntry(
        at=uow.now, actor_kind=uow.actor.kind, actor_id=uow.actor.id, actor_name=uow.actor.name,
        action=action, object_type=object_type, object_id=str(object_id),
        before={name: value for name, value in old.items() if new.get(name) != value},
        after={name: value for name, value in new.items() if old.get(name) != value},
        request_id=uow.correlation_id,
    ))
