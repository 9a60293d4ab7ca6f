"""Signing in and out, for users and holders, and staying signed in.

Nothing here tells whether an account exists: the answer, the time and the pauses are the same.
"""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from math import ceil

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from contracts.errors import Code, DomainError
from contracts.identity import HolderLogin, Login, Logout, RefreshSession, TokenView
from contracts.roles import Principal
from services.chassis.unit_of_work import UnitOfWork
from services.identity.models import Holder, RefreshToken, SignIn, Throttle, User, digest
from services.identity.usecases.audit import audit
from services.identity.usecases.passwords import matches
from services.identity.usecases.sessions import end_sessions
from services.identity.usecases.tokens import access_token

LASTS = {Principal.USER: timedelta(hours=16), Principal.HOLDER: timedelta(days=30)}
# Failures without a pause. Behind one address there may be a whole festival office.
FREE_PER_ACCOUNT = 5
FREE_PER_ADDRESS = 30


def login(uow: UnitOfWork, command: Login) -> TokenView | DomainError:
    """The user is share-locked: a password changed meanwhile ends this sign-in too."""
    name = command.username.lower()
    user = uow.session.scalar(
        select(User).where(User.username == name).with_for_update(read=True)
    )
    return _sign_in(uow, Principal.USER, name, user, command.password)


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
    uow: UnitOfWork, kind: Principal, name: str, person: User | Holder | None, password: str
) -> TokenView | DomainError:
    """A refusal is returned, not raised, since its count must stay."""
    account = _locked_throttle(uow, f"{kind}:{name}")
    address = _address(uow)
    blocking = uow.session.get(Throttle, digest(address)) if address else None
    pause = max(account.pause(uow.now), blocking.pause(uow.now) if blocking else 0.0)
    if pause:
        seconds = ceil(pause)
        return DomainError(
            Code.LOGIN_THROTTLED, f"Too many attempts. Try again in {seconds} seconds.",
            {"retry_after": seconds},
        )
    right = matches(person.password_hash if person else None, password)
    if person is None or not right or not person.may_sign_in(uow.now):
        account.fail(uow.now, FREE_PER_ACCOUNT)
        if address:
            _locked_throttle(uow, address).fail(uow.now, FREE_PER_ADDRESS)
        audit(uow, "sign_in_refused", kind, person.id if person else "unknown")
        return DomainError(Code.LOGIN_FAILED, "The name or the password is wrong.")
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


def _locked_throttle(uow: UnitOfWork, key: str) -> Throttle:
    """Attempts on one account wait for each other, so none slips in beside a failure."""
    statement = insert(Throttle).values(
        key=digest(key), failures=0, failed_at=uow.now, blocked_until=None
    )
    locked = statement.on_conflict_do_update(
        index_elements=[Throttle.key], set_={"key": statement.excluded.key}
    ).returning(Throttle)
    return uow.session.scalars(locked, execution_options={"populate_existing": True}).one()


def _address(uow: UnitOfWork) -> str | None:
    """Where an anonymous caller is: IPv6 by its network, of which one caller has all addresses."""
    if uow.actor.kind is not Principal.ANONYMOUS:
        return None
    try:
        address = ip_address(uow.actor.id)
    except ValueError:
        return f"address:{uow.actor.id}"
    if isinstance(address, IPv6Address):
        return f"address:{int(address) >> 64:x}"
    return f"address:{address}"


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
    return access_token(
        uow, Principal.USER, person.id, person.display_name, sign_in.id, roles=person.roles,
        sale_points=[point.id for point in person.sale_points if point.active],
        until=person.valid_until, refresh_token=refresh_token,
    )


def _end(uow: UnitOfWork, sign_in: SignIn) -> None:
    sign_in.end(uow.now)
    end_sessions(uow, [sign_in.id])


def _kind(person: User | Holder) -> Principal:
    return Principal.HOLDER if isinstance(person, Holder) else Principal.USER


def _ended() -> DomainError:
    return DomainError(Code.SESSION_ENDED, "You have been signed out; sign in again.")
