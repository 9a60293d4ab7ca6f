"""One's own password: changed, or set anew with a code from a mail or an invitation."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import InstrumentedAttribute

from contracts.errors import Code, DomainError
from contracts.identity import ChangePassword, RequestPasswordReset, ResetPassword
from contracts.roles import Principal
from services.chassis.unit_of_work import UnitOfWork
from services.identity.models import Holder, ResetCode, User, digest
from services.identity.usecases.attempts import (
    begin_attempt,
    fail_attempt,
    name_of,
    own_account,
)
from services.identity.usecases.audit import audit
from services.identity.usecases.mails import mail_reset_code
from services.identity.usecases.passwords import hashed, matches
from services.identity.usecases.users import end_sign_ins

MAILED_CODE_LASTS = timedelta(hours=1)
MAILED_CODES_MAX = 3  # at a time: a stranger cannot fill somebody's mailbox


def change_password(uow: UnitOfWork, command: ChangePassword) -> DomainError | None:
    person = own_account(uow)
    account = begin_attempt(uow, uow.actor.kind, name_of(person))
    if not matches(person.password_hash, command.current):
        return fail_attempt(uow, account, uow.actor.kind, person)
    account.clear()
    _set_password(uow, person, hashed(command.password))
    return None


def request_password_reset(uow: UnitOfWork, command: RequestPasswordReset) -> None:
    """For every account of this address, as one may be both user and customer."""
    email = command.email.lower()
    users = uow.session.scalars(select(User).where(User.email == email)).all()
    holders = uow.session.scalars(select(Holder).where(Holder.email == email)).all()
    for person in (*users, *holders):
        if person.may_sign_in(uow.now) and _open_codes(uow, person) < MAILED_CODES_MAX:
            mail_reset_code(uow, email, person.language, give_reset_code(
                uow, person, uow.now + MAILED_CODE_LASTS
            ))
            audit(uow, "request_password_reset", _kind(person), person.id)


def reset_password(uow: UnitOfWork, command: ResetPassword) -> None:
    code = uow.session.get(ResetCode, digest(command.code), with_for_update=True)
    if code is None or code.expires_at < uow.now:
        raise DomainError(
            Code.RESET_CODE_INVALID, "This code is not good (any more): ask for a new one."
        )
    person: User | Holder = (
        uow.session.get_one(User, code.user_id, with_for_update=True) if code.user_id
        else uow.session.get_one(Holder, code.holder_id, with_for_update=True)
    )
    _set_password(uow, person, hashed(command.password))


def give_reset_code(uow: UnitOfWork, person: User | Holder, expires_at: datetime) -> str:
    code, kept = ResetCode.create(person, expires_at)
    uow.session.add(kept)
    return code


def _set_password(uow: UnitOfWork, person: User | Holder, password_hash: str) -> None:
    person.password_hash = password_hash
    uow.session.execute(delete(ResetCode).where(_owner(person) == person.id))
    end_sign_ins(uow, person)
    audit(uow, "change_password", _kind(person), person.id)


def _open_codes(uow: UnitOfWork, person: User | Holder) -> int:
    statement = select(ResetCode.hash).where(
        _owner(person) == person.id, ResetCode.expires_at > uow.now
    )
    return len(uow.session.scalars(statement).all())


def _owner(person: User | Holder) -> InstrumentedAttribute[UUID | None]:
    return ResetCode.user_id if isinstance(person, User) else ResetCode.holder_id


def _kind(person: User | Holder) -> Principal:
    return Principal.HOLDER if isinstance(person, Holder) else Principal.USER
