"""Ending sessions before their access tokens end: written down, and told to all who verify.

A session is what a token names as `sid`: a sign-in, an API key or a device.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from contracts.identity import SessionsEnded
from services.chassis.unit_of_work import UnitOfWork
from services.identity.models import EndedSession


def end_sessions(uow: UnitOfWork, session_ids: Iterable[UUID]) -> None:
    """Their tokens are refused everywhere, once the news has arrived: see `SessionsEnded`."""
    ended = [EndedSession.at(session_id, uow.now) for session_id in session_ids]
    if not ended:
        return
    statement = insert(EndedSession).values([
        {"session_id": item.session_id, "ended_at": item.ended_at, "forget_at": item.forget_at}
        for item in ended
    ])
    uow.session.execute(statement.on_conflict_do_update(
        index_elements=[EndedSession.session_id],
        set_={name: statement.excluded[name] for name in ("ended_at", "forget_at")},
    ))
    uow.emit(SessionsEnded(items=tuple(item.view() for item in ended)))
