"""What may be said about people, sale points and keys: asked of identity, told and answered by it.

Commands that carry or answer a secret (a password, a token, a key) are never recorded with their
idempotency key: a repetition is met by what they change (a name is taken, a token is used).
"""

from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.message import Json, Name, command, event, query, view
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
    `refresh_token` is opaque and good once; an API key gets none, since it can ask again."""

    access_token: str
    expires_in: int
    token_type: str = "Bearer"
    refresh_token: str | None = None


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


# ------------------------------------------------------------------ signing in and out


@command("identity.login.v1")
class Login:
    """A user signs in → TokenView. LOGIN_FAILED whatever was wrong; after some failures
    LOGIN_THROTTLED with `retry_after` seconds in `errors`. The caller is `roles.anonymous(address)`
    with the client's address."""

    username: Secret
    password: Password = field(repr=False)


@command("identity.holder_login.v1")
class HolderLogin:
    """A customer signs in → TokenView; refused like `Login`."""

    email: Secret
    password: Password = field(repr=False)


@command("identity.refresh_session.v1")
class RefreshSession:
    """A refresh token for a new pair → TokenView. SESSION_ENDED when it is not good any more;
    one that was used before also ends the sign-in it belongs to."""

    refresh_token: Secret = field(repr=False)


@command("identity.logout.v1")
class Logout:
    """End the sign-in of this refresh token; nothing happens when it has ended already."""

    refresh_token: Secret = field(repr=False)


@command("identity.exchange_api_key.v1")
class ExchangeApiKey:
    """An API key's secret for an access token of kind `eshop` → TokenView. API_KEY_INVALID."""

    secret: Secret = field(repr=False)


@query("identity.get_me.v1")
class GetMe:
    """→ MeView of the caller."""


@query("identity.get_jwks.v1")
class GetJwks:
    """→ JwksView: the public keys that access tokens are verified with."""


# ------------------------------------------------------------------ users


@command("identity.create_user.v1")
class CreateUser:
    """→ UserView. USERNAME_TAKEN, PASSWORD_TOO_WEAK, SALE_POINT_NOT_FOUND."""

    username: Username
    password: Password = field(repr=False)
    display_name: Name
    roles: Roles
    sale_points: SalePoints
    language: Language = Language.FR
    valid_from: datetime | None = None
    valid_until: datetime | None = None


@command("identity.update_user.v1")
class UpdateUser:
    """The whole new state of a user → UserView; `password` only to change it. A change of
    password, roles or sale points, or the end of their validity, ends their sign-ins.
    USER_NOT_FOUND, LAST_ADMIN, PASSWORD_TOO_WEAK, SALE_POINT_NOT_FOUND."""

    user_id: UUID
    display_name: Name
    roles: Roles
    sale_points: SalePoints
    language: Language
    active: bool
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    password: Password | None = field(default=None, repr=False)


@command("identity.deactivate_user.v1")
class DeactivateUser:
    """What deleting a user means: they cannot sign in, history keeps them → UserView.
    USER_NOT_FOUND, LAST_ADMIN."""

    user_id: UUID


@query("identity.get_user.v1")
class GetUser:
    """→ UserView. USER_NOT_FOUND."""

    user_id: UUID


@query("identity.list_users.v1")
class ListUsers:
    """By username → UserPage."""

    active: bool | None = None
    cursor: str | None = None
    limit: Limit = 50


# ------------------------------------------------------------------ sale points


@command("identity.create_sale_point.v1")
class CreateSalePoint:
    """→ SalePointView. SALE_POINT_NAME_TAKEN."""

    name: Name
    kind: SalePointKind
    settings: Json = field(default_factory=dict)


@command("identity.update_sale_point.v1")
class UpdateSalePoint:
    """The whole new state → SalePointView; its kind stays. The last active sale point of kind
    `eshop` cannot be deactivated. SALE_POINT_NOT_FOUND, SALE_POINT_NAME_TAKEN."""

    sale_point_id: UUID
    name: Name
    active: bool
    settings: Json = field(default_factory=dict)


@query("identity.list_sale_points.v1")
class ListSalePoints:
    """By name → SalePointPage."""

    active: bool | None = None
    cursor: str | None = None
    limit: Limit = 50


# ------------------------------------------------------------------ API keys


@command("identity.create_api_key.v1")
class CreateApiKey:
    """A key for a web shop that sells at one sale point of kind `eshop` or `partner`
    → NewApiKeyView. SALE_POINT_NOT_FOUND."""

    name: Name
    sale_point_id: UUID


@command("identity.revoke_api_key.v1")
class RevokeApiKey:
    """→ ApiKeyView. API_KEY_NOT_FOUND. Revoking twice changes nothing."""

    api_key_id: UUID


@query("identity.list_api_keys.v1")
class ListApiKeys:
    """Newest first → ApiKeyPage."""

    cursor: str | None = None
    limit: Limit = 50


# ------------------------------------------------------------------ holders


@command("identity.register_holder.v1")
class RegisterHolder:
    """A customer of the web shop → HolderView. EMAIL_TAKEN, PASSWORD_TOO_WEAK."""

    email: Email
    password: Password = field(repr=False)
    name: Name
    language: Language = Language.FR


# ------------------------------------------------------------------ audit


@query("identity.list_audit.v1")
class ListAudit:
    """Newest first, filtered by what is given → AuditPage."""

    actor_id: str | None = None
    object_type: str | None = None
    object_id: str | None = None
    action: str | None = None
    cursor: str | None = None
    limit: Limit = 50


# ------------------------------------------------------------------ events


@event("identity.sale_point_changed.v1", consumers=("ticketing", "accounting"))
class SalePointChanged:
    """Full state; the highest version wins."""

    sale_point_id: UUID
    version: int
    name: str
    kind: SalePointKind
    active: bool


@event("identity.signing_key_published.v1", consumers=("wallet",))
class SigningKeyPublished:
    """A public key that verifies access tokens; `public_key` is the raw Ed25519 key in hex."""

    key_id: str
    public_key: str
    not_before: datetime
