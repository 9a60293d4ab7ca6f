"""Sessions that end before their access tokens do: whoever verifies tokens must know of them."""

from datetime import datetime
from uuid import UUID

from contracts.message import event, query, view


@view
class EndedSession:
    """Tokens that name `session_id` as `sid` and were issued until `ended_at` are no good any
    more. At `forget_at` the last of them has ended by itself."""

    session_id: UUID
    ended_at: datetime
    forget_at: datetime


@view
class EndedSessionsView:
    items: tuple[EndedSession, ...]


@query("identity.list_ended_sessions.v1")
class ListEndedSessions:
    """Those that are not to be forgotten yet, newest first → EndedSessionsView."""


@event("identity.sessions_ended.v1", consumers=("wallet",))
class SessionsEnded:
    """Said at once, to be heard within two seconds. Besides the named consumers every gateway
    listens with a queue of its own, which goes with it."""

    items: tuple[EndedSession, ...]
