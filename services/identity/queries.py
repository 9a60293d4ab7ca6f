"""Everything that is read of people, places and keys. Nothing here writes or locks."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from contracts.errors import Code, DomainError
from contracts.identity import (
    ApiKeyPage,
    AuditPage,
    DevicePage,
    EndedSessionsView,
    GetJwks,
    GetMe,
    GetUser,
    JwksView,
    Language,
    ListApiKeys,
    ListAudit,
    ListDevices,
    ListEndedSessions,
    ListSalePoints,
    ListUsers,
    MeView,
    SalePointPage,
    UserPage,
    UserView,
)
from contracts.roles import Principal
from services.chassis.unit_of_work import UnitOfWork
from services.identity.models import (
    ApiKey,
    AuditEntry,
    Device,
    EndedSession,
    Holder,
    SalePoint,
    SigningKey,
    User,
)

ENDED_MAX = 10_000  # as many as a list of ours may have
KEPT_AFTER_SUCCESSOR = timedelta(hours=1)  # longer than any token lives


def get_me(uow: UnitOfWork, query: GetMe) -> MeView:
    """From the token, completed with what is kept of its bearer."""
    actor = uow.actor
    places = uow.session.scalars(
        select(SalePoint).where(SalePoint.id.in_(actor.sale_points)).order_by(SalePoint.name)
    )
    user = uow.session.get(User, UUID(actor.id)) if actor.kind is Principal.USER else None
    holder = uow.session.get(Holder, UUID(actor.id)) if actor.kind is Principal.HOLDER else None
    person = user or holder
    return MeView(
        kind=actor.kind, id=actor.id, name=actor.name, roles=tuple(sorted(actor.roles)),
        grants=tuple(sorted(actor.grants())), sale_points=tuple(point.view() for point in places),
        language=Language(person.language) if person else None,
        username=user.username if user else None, email=holder.email if holder else None,
    )


def get_jwks(uow: UnitOfWork, query: GetJwks) -> JwksView:
    """A key is shown before it signs, and for a while after the next has taken over."""
    keys = uow.session.scalars(select(SigningKey).order_by(SigningKey.not_before)).all()
    shown = [
        key for key, successor in zip(keys, [*keys[1:], None], strict=True)
        if successor is None or uow.now < successor.not_before + KEPT_AFTER_SUCCESSOR
    ]
    return JwksView(keys=tuple(key.view() for key in shown))


def list_ended_sessions(uow: UnitOfWork, query: ListEndedSessions) -> EndedSessionsView:
    found = uow.session.scalars(
        select(EndedSession).where(EndedSession.forget_at > uow.now)
        .order_by(EndedSession.ended_at.desc()).limit(ENDED_MAX)
    )
    return EndedSessionsView(items=tuple(item.view() for item in found))


def get_user(uow: UnitOfWork, query: GetUser) -> UserView:
    user = uow.session.get(User, query.user_id)
    if user is None:
        raise DomainError(Code.USER_NOT_FOUND, "There is no such user.")
    return user.view()


def list_users(uow: UnitOfWork, query: ListUsers) -> UserPage:
    statement = select(User).order_by(User.username)
    if query.active is not None:
        statement = statement.where(User.active == query.active)
    if query.cursor is not None:
        statement = statement.where(User.username > query.cursor)
    page, more = _page(uow, statement, query.limit)
    return UserPage(
        items=tuple(user.view() for user in page),
        next_cursor=page[-1].username if more else None,
    )


def list_sale_points(uow: UnitOfWork, query: ListSalePoints) -> SalePointPage:
    statement = select(SalePoint).order_by(SalePoint.name)
    if query.active is not None:
        statement = statement.where(SalePoint.active == query.active)
    if query.cursor is not None:
        statement = statement.where(SalePoint.name > query.cursor)
    page, more = _page(uow, statement, query.limit)
    return SalePointPage(
        items=tuple(point.view() for point in page), next_cursor=page[-1].name if more else None
    )


def list_api_keys(uow: UnitOfWork, query: ListApiKeys) -> ApiKeyPage:
    statement = select(ApiKey).order_by(ApiKey.number.desc())
    if query.cursor is not None:
        statement = statement.where(ApiKey.number < _number(query.cursor))
    page, more = _page(uow, statement, query.limit)
    return ApiKeyPage(
        items=tuple(key.view() for key in page),
        next_cursor=str(page[-1].number) if more else None,
    )


def list_devices(uow: UnitOfWork, query: ListDevices) -> DevicePage:
    statement = select(Device).order_by(Device.number.desc())
    if query.cursor is not None:
        statement = statement.where(Device.number < _number(query.cursor))
    page, more = _page(uow, statement, query.limit)
    return DevicePage(
        items=tuple(device.view() for device in page),
        next_cursor=str(page[-1].number) if more else None,
    )


def list_audit(uow: UnitOfWork, query: ListAudit) -> AuditPage:
    statement = select(AuditEntry).order_by(AuditEntry.number.desc())
    for column in ("actor_id", "object_type", "object_id", "action"):
        wanted = getattr(query, column)
        if wanted is not None:
            statement = statement.where(getattr(AuditEntry, column) == wanted)
    if query.cursor is not None:
        statement = statement.where(AuditEntry.number < _number(query.cursor))
    page, more = _page(uow, statement, query.limit)
    return AuditPage(
        items=tuple(entry.view() for entry in page),
        next_cursor=str(page[-1].number) if more else None,
    )


def _page(uow: UnitOfWork, statement: Select[Any], limit: int) -> tuple[Sequence[Any], bool]:
    """Up to `limit` rows, and whether there are more."""
    found = uow.session.scalars(statement.limit(limit + 1)).all()
    return found[:limit], len(found) > limit


def _number(cursor: str) -> int:
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise DomainError(Code.VALIDATION_FAILED, "This cursor is not one of ours.",
                          {"cursor": ["Not a cursor."]})
    return int(cursor)
