"""The shapes that identity answers with, and the limits of what is typed."""

from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.message import Json, view
from contracts.roles import Principal, Role

# What every access token says and every verifier demands.
TOKEN_ISSUER = "festival"
TOKEN_AUDIENCE = "festival"
TOKEN_ALGORITHM = "EdDSA"

Username = Annotated[str, validate.Regexp(
    r"\A[A-Za-z0-9][A-Za-z0-9._@-]{1,63}\Z", error="2 to 64 letters, digits or . _ @ -"
)]
Password = Annotated[str, validate.Length(min=1, max=200)]
Secret = Annotated[str, validate.Length(min=1, max=200)]
Email = Annotated[str, validate.Length(max=254), validate.Email()]
Roles = Annotated[tuple[Role, ...], validate.Length(min=1)]
SalePoints = Annotated[tuple[UUID, ...], validate.Length(min=1)]
Limit = Annotated[int, validate.Range(min=1, max=500)]


class SalePointKind(StrEnum):
    DESK = "desk"
    BAR = "bar"
    PARTNER = "partner"
    ESHOP = "eshop"


class Language(StrEnum):
    FR = "fr"
    DE = "de"
    IT = "it"
    EN = "en"


# ------------------------------------------------------------------ views


@view
class TokenView:
    """`access_token` is a JWT (EdDSA) for the Authorization header, good for `expires_in` seconds.
    `refresh_token` is opaque and good once; keys and devices get none, since they can ask again.
    `second_factor_missing`: the festival demands one of this user, who has none yet; without it
    the token carries no role. Set it up, then refresh."""

    access_token: str
    expires_in: int
    token_type: str = "Bearer"
    refresh_token: str | None = None
    second_factor_missing: bool = False


@view
class JwkView:
    """One public key (RFC 8037); `x` is the raw Ed25519 key in base64url without padding."""

    kid: str
    x: str
    kty: str = "OKP"
    crv: str = "Ed25519"
    alg: str = TOKEN_ALGORITHM
    use: str = "sig"


@view
class JwksView:
    keys: tuple[JwkView, ...]


@view
class SalePointView:
    sale_point_id: UUID
    version: int
    name: str
    kind: SalePointKind
    active: bool
    settings: Json


@view
class SalePointPage:
    items: tuple[SalePointView, ...]
    next_cursor: str | None = None


@view
class UserView:
    user_id: UUID
    username: str
    display_name: str
    language: Language
    roles: tuple[Role, ...]
    sale_points: tuple[UUID, ...]
    active: bool
    created_at: datetime
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    email: str | None = None


@view
class UserPage:
    items: tuple[UserView, ...]
    next_cursor: str | None = None


@view
class ApiKeyView:
    """`hint` is how the secret begins: enough to recognise it, useless to whoever reads it."""

    api_key_id: UUID
    name: str
    sale_point_id: UUID
    hint: str
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@view
class NewApiKeyView:
    """The only time that `secret` is shown."""

    api_key: ApiKeyView
    secret: str = field(repr=False)


@view
class ApiKeyPage:
    items: tuple[ApiKeyView, ...]
    next_cursor: str | None = None


@view
class HolderView:
    holder_id: UUID
    email: str
    name: str
    language: Language
    created_at: datetime


@view
class MeView:
    """Who a token speaks for. `roles` are as given, `grants` what they really allow."""

    kind: Principal
    id: str
    name: str
    roles: tuple[Role, ...]
    grants: tuple[str, ...]
    sale_points: tuple[SalePointView, ...]
    language: Language | None = None
    username: str | None = None
    email: str | None = None


@view
class AuditEntryView:
    """Who did what to which object; `before` and `after` hold what differs, never a secret."""

    number: int
    at: datetime
    actor_kind: Principal
    actor_id: str
    actor_name: str
    action: str
    object_type: str
    object_id: str
    before: Json
    after: Json
    request_id: str


@view
class AuditPage:
    items: tuple[AuditEntryView, ...]
    next_cursor: str | None = None
