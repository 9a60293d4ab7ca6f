"""What has no use any more is deleted, a bounded batch at a time. The audit table keeps all."""

from sqlalchemy import CursorResult, delete, select

from services.chassis.unit_of_work import UnitOfWork
from services.identity.models import EndedSession, ResetCode, SignIn, Throttle

BATCH = 500


def forget(uow: UnitOfWork) -> int:
    """Timer: expired sign-ins with their tokens, old failures, ends that no token has outlived;
    how many rows that was."""
    expired = select(SignIn.id).where(SignIn.expires_at < uow.now)
    old = select(Throttle.key).where(Throttle.failed_at < uow.now - Throttle.FORGOTTEN_AFTER)
    ended = select(EndedSession.session_id).where(EndedSession.forget_at < uow.now)
    unused = select(ResetCode.hash).where(ResetCode.expires_at < uow.now)
    statements = (
        delete(ResetCode).where(ResetCode.hash.in_(
            unused.limit(BATCH).with_for_update(skip_locked=True)
        )),
        delete(SignIn).where(SignIn.id.in_(
            expired.limit(BATCH).with_for_update(skip_locked=True)
        )),
        delete(Throttle).where(Throttle.key.in_(
            old.limit(BATCH).with_for_update(skip_locked=True)
        )),
        delete(EndedSession).where(EndedSession.session_id.in_(
            ended.limit(BATCH).with_for_update(skip_locked=True)
        )),
    )
    count = 0
    for statement in statements:
        result = uow.session.execute(statement, execution_options={"synchronize_session": False})
        assert isinstance(result, CursorResult)
        count += result.rowcount
    return count
