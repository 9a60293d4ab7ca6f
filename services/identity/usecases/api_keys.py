"""API keys: how the web shop signs in, by a secret of its own instead of a person's."""

from sqlalchemy import select

from contracts.errors import Code, DomainError
from contracts.identity import (
    ApiKeyView,
    CreateApiKey,
    ExchangeApiKey,
    NewApiKeyView,
    RevokeApiKey,
    SalePointKind,
    TokenView,
)
from contracts.message import dump
from contracts.roles import Principal
from services.chassis.unit_of_work import UnitOfWork
from services.identity.models import ApiKey, SalePoint, digest
from services.identity.usecases.audit import audit
from services.identity.usecases.sessions import end_sessions
from services.identity.usecases.tokens import access_token

REMOTE = (SalePointKind.ESHOP, SalePointKind.PARTNER)


def create_api_key(uow: UnitOfWork, command: CreateApiKey) -> NewApiKeyView:
    point = uow.session.get(SalePoint, command.sale_point_id)
    if point is None:
        raise DomainError(Code.SALE_POINT_NOT_FOUND, "There is no such sale point.")
    if point.kind not in REMOTE or not point.active:
        raise DomainError(
            Code.VALIDATION_FAILED, "An API key sells at an open web shop or partner only.",
            {"sale_point_id": ["Is not an open web shop or partner."]},
        )
    secret, key = ApiKey.create(command.name, point, uow.now)
    uow.session.add(key)
    audit(uow, "create", "api_key", key.id, after=dump(key.view()))
    return NewApiKeyView(api_key=key.view(), secret=secret)


def revoke_api_key(uow: UnitOfWork, command: RevokeApiKey) -> ApiKeyView:
    key = uow.session.get(ApiKey, command.api_key_id, with_for_update=True)
    if key is None:
        raise DomainError(Code.API_KEY_NOT_FOUND, "There is no such API key.")
    before = dump(key.view())
    if key.revoke(uow.now):
        end_sessions(uow, [key.id])
        audit(uow, "revoke", "api_key", key.id, before, dump(key.view()))
    return key.view()


def exchange_api_key(uow: UnitOfWork, command: ExchangeApiKey) -> TokenView:
    """A short access token; asked for again before it expires. The key notes when."""
    key = uow.session.scalar(
        select(ApiKey).where(ApiKey.secret_hash == digest(command.secret)).with_for_update()
    )
    if key is None:
        raise DomainError(Code.API_KEY_INVALID, "This API key is not valid.")
    key.use(uow.now)
    return access_token(
        uow, Principal.ESHOP, key.id, key.name, key.id, sale_points=[key.sale_point_id]
    )
