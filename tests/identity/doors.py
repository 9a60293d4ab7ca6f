"""The identity service as its doors call it, and what its database holds."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from contracts import identity as say
from contracts.envelope import Envelope
from contracts.errors import Code, DomainError
from contracts.identity import SalePointKind, TokenView, UserView
from contracts.message import load
from contracts.roles import Actor, Principal, Role, anonymous
from services.chassis.inbox import run_unrecorded
from services.chassis.testing import Harness
from services.chassis.web import TokenVerifier
from services.identity import queries
from services.identity.models import Base, SalePoint
from services.identity.usecases import sign_ins, users

ADMIN = Actor(
    Principal.USER, "11111111-1111-4111-8111-111111111111", "Ada", frozenset({Role.ADMIN})
)
SOMEONE = anonymous("192.0.2.1")
PASSWORD = "trois petits chats"


def secretly(
    identity: Harness, use_case: Any, message: Any, actor: Actor = ADMIN,
    later: timedelta = timedelta(),
) -> Any:
    """Through the door of commands that are never recorded; `later` turns the clock on."""

    def when(uow: Any, command: Any) -> Any:
        uow.now += later
        return use_case(uow, command)

    answer = run_unrecorded(identity.database, Envelope.of(message, actor), when)
    if answer.error:
        raise answer.error
    return answer.body


def login(
    identity: Harness, username: str = "admin", password: str = "test-admin-password",
    actor: Actor = SOMEONE, later: timedelta = timedelta(),
) -> TokenView:
    message = say.Login(username=username, password=password)
    return load(TokenView, secretly(identity, sign_ins.login, message, actor, later))


def refresh(identity: Harness, token: str | None, later: timedelta = timedelta()) -> TokenView:
    message = say.RefreshSession(refresh_token=token or "")
    return load(TokenView, secretly(identity, sign_ins.refresh_session, message, SOMEONE, later))


def create_user(identity: Harness, username: str = "marie", **changes: Any) -> UserView:
    values: dict[str, Any] = {
        "username": username, "password": PASSWORD, "display_name": "Marie Favre",
        "roles": (Role.POS,), "sale_points": (eshop(identity),), **changes,
    }
    message = say.CreateUser(**values)
    return load(UserView, secretly(identity, users.create_user, message))


def changed(user: UserView, **changes: Any) -> say.UpdateUser:
    """The user as it is, but for `changes`."""
    same = ("user_id", "display_name", "roles", "sale_points", "language", "active",
            "valid_from", "valid_until")
    return say.UpdateUser(**{name: getattr(user, name) for name in same} | changes)


def eshop(identity: Harness) -> UUID:
    with identity.uow() as uow:
        return uow.session.scalars(
            select(SalePoint.id).where(SalePoint.kind == SalePointKind.ESHOP)
        ).one()


def admin_of(identity: Harness) -> UserView:
    return identity.ask(queries.list_users, say.ListUsers(), ADMIN).items[0]


def verifier(identity: Harness) -> TokenVerifier:
    """As the gateway has it: with the published keys alone."""

    def fetch() -> dict[str, bytes]:
        keys = identity.ask(queries.get_jwks, say.GetJwks(), SOMEONE).keys
        return {key.kid: base64.urlsafe_b64decode(key.x + "=") for key in keys}

    return TokenVerifier(fetch)


def audited(identity: Harness, **wanted: str) -> list[say.AuditEntryView]:
    """Oldest first."""
    page = identity.ask(queries.list_audit, say.ListAudit(limit=500, **wanted), ADMIN)
    return list(reversed(page.items))


def stored(identity: Harness, *but: str) -> dict[str, list[str]]:
    """Every row of every table except `but`, as text."""
    with identity.uow() as uow:
        return {
            table: sorted(uow.session.scalars(text(f"SELECT t::text FROM {table} t")))
            for table in sorted(Base.metadata.tables) if table not in but
        }


@contextmanager
def refused(
    identity: Harness, code: Code, but: tuple[str, ...] = ("inbox",)
) -> Iterator[pytest.ExceptionInfo[DomainError]]:
    """The block is refused with `code` and has changed nothing, except in the tables `but`."""
    before = stored(identity, *but)
    with pytest.raises(DomainError) as caught:
        yield caught
    assert caught.value.code is code
    assert stored(identity, *but) == before
