"""Users: created, changed and deactivated by administrators; at least one of whom remains."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select, update

from contracts.errors import Code, DomainError
from contracts.identity import CreateUser, DeactivateUser, UpdateUser, UserView
from contracts.message import dump
from contracts.roles import Role
from services.chassis.unit_of_work import UnitOfWork
from services.identity.models import Holder, SalePoint, SignIn, User
from services.identity.usecases.audit import audit
from services.identity.usecases.passwords import hashed
from services.identity.usecases.sessions import end_sessions
from services.identity.usecases.unique import flush_unique


def create_user(uow: UnitOfWork, command: CreateUser) -> UserView:
    return add_user(uow, command, hashed(command.password)).view()


def add_user(uow: UnitOfWork, command: CreateUser, password_hash: str) -> User:
    _check_validity(command)
    user = User(
        username=command.username.lower(), password_hash=password_hash, active=True,
        email=_lower(command.email), display_name=command.display_name, language=command.language,
        roles=sorted(set(command.roles)), sale_points=_sale_points(uow, command.sale_points),
        valid_from=command.valid_from, valid_until=command.valid_until, created_at=uow.now,
    )
    uow.session.add(user)
    _flush(uow)
    audit(uow, "create", "user", user.id, after=dump(user.view()))
    return user


def update_user(uow: UnitOfWork, command: UpdateUser) -> UserView:
    """Takes the whole new state. Whoever loses or gains a right signs in again."""
    _check_validity(command)
    password_hash = hashed(command.password) if command.password else None
    sale_points = _sale_points(uow, command.sale_points)
    user, administrators = _lock(uow, command.user_id)
    before, rights = dump(user.view()), user.rights()
    user.display_name, user.language = command.display_name, command.language
    user.email = _lower(command.email)
    user.roles, user.sale_points = sorted(set(command.roles)), sale_points
    user.valid_from, user.valid_until = command.valid_from, command.valid_until
    user.active = command.active
    _flush(uow)
    if password_hash:
        user.password_hash = password_hash
    return _changed(uow, user, administrators, before, rights, bool(password_hash))


def deactivate_user(uow: UnitOfWork, command: DeactivateUser) -> UserView:
    user, administrators = _lock(uow, command.user_id)
    before, rights = dump(user.view()), user.rights()
    user.active = False
    return _changed(uow, user, administrators, before, rights)


# ------------------------------------------------------------------ parts


def _lock(uow: UnitOfWork, user_id: UUID) -> tuple[User, Sequence[User]]:
    """The user, and every administrator: locked together, in id order, so that two of them
    cannot remove each other."""
    administers = and_(User.active, User.roles.contains([Role.ADMIN]))
    locked = uow.session.scalars(
        select(User).where(or_(User.id == user_id, administers))
        .order_by(User.id).with_for_update()
    ).all()
    for user in locked:
        if user.id == user_id:
            relied_on = [other for other in locked if other.keeps_administering(uow.now)]
            return user, relied_on
    raise DomainError(Code.USER_NOT_FOUND, "There is no such user.")


def _changed(
    uow: UnitOfWork, user: User, administrators: Sequence[User], before: dict[str, Any],
    rights: tuple[Any, ...], new_password: bool = False,
) -> UserView:
    if administrators and not any(other.keeps_administering(uow.now) for other in administrators):
        raise DomainError(
            Code.LAST_ADMIN,
            "This is the last administrator: first give the role, without end date, to another.",
        )
    after = dump(user.view())
    if new_password:
        after["password"] = "changed"
    if new_password or rights != user.rights():
        end_sign_ins(uow, user)
    if before != after:
        audit(uow, "update", "user", user.id, before, after)
    return user.view()


def _flush(uow: UnitOfWork) -> None:
    flush_unique(uow, "uq_users_username", DomainError(
        Code.USERNAME_TAKEN, "Another user has this name.", {"username": ["Is taken."]}
    ), "uq_users_email", DomainError(
        Code.EMAIL_TAKEN, "Another user has this e-mail address.", {"email": ["Is taken."]}
    ))


def _lower(email: str | None) -> str | None:
    return email.lower() if email else None


def find_user(uow: UnitOfWork, user_id: UUID) -> User:
    """Locked. Raises USER_NOT_FOUND."""
    user = uow.session.get(User, user_id, with_for_update=True)
    if user is None:
        raise DomainError(Code.USER_NOT_FOUND, "There is no such user.")
    return user


def end_sign_ins(uow: UnitOfWork, person: User | Holder) -> None:
    """All of a user's or holder's, everywhere."""
    owner = SignIn.user_id if isinstance(person, User) else SignIn.holder_id
    end_sessions(uow, uow.session.scalars(
        update(SignIn).where(owner == person.id, SignIn.ended_at.is_(None))
        .values(ended_at=uow.now).returning(SignIn.id)
    ).all())


def _sale_points(uow: UnitOfWork, ids: Sequence[UUID]) -> list[SalePoint]:
    found = uow.session.scalars(select(SalePoint).where(SalePoint.id.in_(ids))).all()
    if missing := set(ids) - {point.id for point in found}:
        raise DomainError(
            Code.SALE_POINT_NOT_FOUND, "One of these sale points does not exist.",
            {"sale_points": [f"{item} does not exist." for item in sorted(missing)]},
        )
    return list(found)


def _check_validity(command: CreateUser | UpdateUser) -> None:
    if command.valid_from and command.valid_until and command.valid_from >= command.valid_until:
        raise DomainError(
            Code.VALIDATION_FAILED, "The validity must end after it starts.",
            {"valid_until": ["Must be after valid_from."]},
        )
