"""Signing in and out, for users and holders, and staying signed in.

While the festival asks a second factor of a user who has none yet, their tokens carry no role.
"""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from contracts.errors import Code, DomainError
from contracts.identity import HolderLogin, Login, Logout, RefreshSession, TokenView
from contracts.roles import Principal
from services.chassis.unit_of_work import UnitOfWork
from services.identity.models import Holder, RefreshToken, SignIn, User, digest
from services.identity.usecases.attempts import begin_attempt, fail_attempt
from services.identity.usecases.audit import audit
from services.identity.usecases.passwords import matches
from services.identity.usecases.second_factors import accepts, has_second_factor, must_set_up
from services.identity.usecases.sessions import end_sessions
from services.identity.usecases.tokens import access_token

LASTS = {Principal.USER: timedelta(hours=16), Principal.HOLDER: timedelta(days=30)}


def login(uow: UnitOfWork, command: Login) -> TokenView | DomainError:
    """The user is share-locked: a password changed meanwhile ends this sign-in too."""
    name = command.username.lower()
    user = uow.session.scalar(
        select(User).where(User.username == name).with_for_update(read=True)
    )
    return _sign_in(uow, Principal.USER, name, user, command.password, command.code)


def holder_login(uow: UnitOfWork, command: HolderLogin) -> TokenView | DomainError:
    name = command.email.lower()
    holder = uow.session.scalar(select(Holder).where(Holder.email == name))
    return _sign_in(uow, Principal.HOLDER, name, holder, command.password)


def refresh_session(uow: UnitOfWork, command: RefreshSession) -> TokenView | DomainError:
    """A token seen twice ends its sign-in, whoever of the two was the thief: that is returned,
    so that it stays, and not raised."""
    found = _locked(uow, command.refresh_token)
    if found is None or not found[0].is_open(uow.now):
        raise _ended()
    sign_in, token = found
    person = sign_in.person
    if token.used_at is not None:
        _end(uow, sign_in)
        audit(uow, "end_sign_in", _kind(person), person.id, after={"reason": "token reused"})
        return _ended()
    if not person.may_sign_in(uow.now):
        _end(uow, sign_in)
        return _ended()
    token.use(uow.now)
    return _tokens(uow, sign_in, person)


def logout(uow: UnitOfWork, command: Logout) -> None:
    found = _locked(uow, command.refresh_token)
    if found is not None and found[0].is_open(uow.now):
        sign_in, person = found[0], found[0].person
        _end(uow, sign_in)
        audit(uow, "sign_out", _kind(person), person.id)


# ------------------------------------------------------------------ parts


def _sign_in(
    uow: UnitOfWork, kind: Principal, name: str, person: User | Holder | None, password: str,
    code: str | None = None,
) -> TokenView | DomainError:
    """A refusal is returned, not raised, since its count must stay."""
    account = begin_attempt(uow, kind, name)
    right = matches(person.password_hash if person else None, password)
    if person is None or not right or not person.may_sign_in(uow.now):
        return fail_attempt(uow, account, kind, person)
    if isinstance(person, User) and has_second_factor(uow, person):
        if not code:
            return DomainError(
                Code.SECOND_FACTOR_REQUIRED, "Type the code that your authenticator app shows."
            )
        if not accepts(uow, person, code):
            return fail_attempt(uow, account, kind, person)
    account.clear()
    sign_in = SignIn(
        user_id=person.id if kind is Principal.USER else None,
        holder_id=person.id if kind is Principal.HOLDER else None,
        started_at=uow.now, expires_at=uow.now + LASTS[kind],
    )
    uow.session.add(sign_in)
    uow.session.flush()
    audit(uow, "sign_in", kind, person.id)
    return _tokens(uow, sign_in, person)


def _locked(uow: UnitOfWork, refresh_token: str) -> tuple[SignIn, RefreshToken] | None:
    """The sign-in is locked first: of two uses of a token the second sees the first."""
    sign_in = uow.session.scalar(
        select(SignIn).join(RefreshToken, RefreshToken.sign_in_id == SignIn.id)
        .where(RefreshToken.hash == digest(refresh_token)).with_for_update(of=SignIn)
    )
    if sign_in is None:
        return None
    return sign_in, uow.session.get_one(RefreshToken, digest(refresh_token))


def _tokens(uow: UnitOfWork, sign_in: SignIn, person: User | Holder) -> TokenView:
    refresh_token, kept = sign_in.new_refresh_token(uow.now)
    uow.session.add(kept)
    if isinstance(person, Holder):
        return access_token(
            uow, Principal.HOLDER, person.id, person.name, sign_in.id,
            refresh_token=refresh_token,
        )
    incomplete = must_set_up(uow, person)
    token = access_token(
        uow, Principal.USER, person.id, person.display_name, sign_in.id,
        roles=[] if incomplete else person.roles,
        sale_points=[point.id for point in person.sale_points if point.active],
        until=person.valid_until, refresh_token=refresh_token,
    )
    return replace(token, second_factor_missing=incomplete)


def _end(uow: UnitOfWork, sign_in: SignIn) -> None:
    sign_in.end(uow.now)
    end_sessions(uow, [sign_in.id])


def _kind(person: User | Holder) -> Principal:
    return Principal.HOLDER if isinstance(person, Holder) else Principal.USER


def _ended() -> DomainError:
    return DomainError(Code.SESSION_ENDED, "You have been signed out; sign in again.")
