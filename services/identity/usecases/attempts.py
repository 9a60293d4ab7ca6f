"""Attempts to prove who one is: slowed down by account and by address, whatever was wrong.

Nothing here tells whether an account exists: the answer, the time and the pauses are the same.
"""

from ipaddress import IPv6Address, ip_address
from math import ceil
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from contracts.errors import Code, DomainError
from contracts.roles import Principal
from services.chassis.unit_of_work import UnitOfWork
from services.identity.models import Holder, Throttle, User, digest
from services.identity.usecases.audit import audit

# Failures without a pause. Behind one address there may be a whole festival office.
FREE_PER_ACCOUNT = 5
FREE_PER_ADDRESS = 30


def begin_attempt(uow: UnitOfWork, kind: Principal, name: str) -> Throttle:
    """The account's count, locked. Raises LOGIN_THROTTLED while a pause lasts."""
    account = _locked_throttle(uow, f"{kind}:{name}")
    address = _address(uow)
    blocking = uow.session.get(Throttle, digest(address)) if address else None
    pause = max(account.pause(uow.now), blocking.pause(uow.now) if blocking else 0.0)
    if pause:
        seconds = ceil(pause)
        raise DomainError(
            Code.LOGIN_THROTTLED, f"Too many attempts. Try again in {seconds} seconds.",
            {"retry_after": seconds},
        )
    return account


def fail_attempt(
    uow: UnitOfWork, account: Throttle, kind: Principal, person: User | Holder | None
) -> DomainError:
    """The refusal, to be returned and not raised, since its count must stay."""
    account.fail(uow.now, FREE_PER_ACCOUNT)
    if address := _address(uow):
        _locked_throttle(uow, address).fail(uow.now, FREE_PER_ADDRESS)
    audit(uow, "sign_in_refused", kind, person.id if person else "unknown")
    return DomainError(Code.LOGIN_FAILED, "The name, the password or the code is wrong.")


def own_account(uow: UnitOfWork) -> User | Holder:
    """The person who asks, locked."""
    kind = Holder if uow.actor.kind is Principal.HOLDER else User
    return uow.session.get_one(kind, UUID(uow.actor.id), with_for_update=True)


def name_of(person: User | Holder) -> str:
    """What a person signs in with."""
    return person.username if isinstance(person, User) else person.email


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
