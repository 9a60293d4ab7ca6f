"""What is asked of identity, and what it says."""

from dataclasses import field
from datetime import datetime
from uuid import UUID

from contracts.identity.parts import (
    Email,
    Language,
    Limit,
    Password,
    Roles,
    SalePointKind,
    SalePoints,
    Secret,
    Username,
)
from contracts.message import Json, Name, command, event, query

# ------------------------------------------------------------------ signing in and out


@command("identity.login.v1")
class Login:
    """A user signs in → TokenView. SECOND_FACTOR_REQUIRED when the password is right and `code`
    (of the app, or a recovery code) is missing. LOGIN_FAILED whatever was wrong; after some
    failures LOGIN_THROTTLED with `retry_after` seconds in `errors`. The caller is
    `roles.anonymous(address)` with the client's address."""

    username: Secret
    password: Password = field(repr=False)
    code: Secret | None = field(default=None, repr=False)


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
    """→ UserView. USERNAME_TAKEN, EMAIL_TAKEN, PASSWORD_TOO_WEAK, SALE_POINT_NOT_FOUND."""

    username: Username
    password: Password = field(repr=False)
    display_name: Name
    roles: Roles
    sale_points: SalePoints
    language: Language = Language.FR
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    email: Email | None = None


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
    email: Email | None = None
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
