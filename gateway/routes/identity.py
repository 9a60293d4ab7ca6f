"""Signing in, and who may do what."""

from contracts import identity as say
from contracts.roles import ANYONE_SIGNED_IN, Principal, Role
from gateway.endpoint import PUBLIC, Route

ADMIN = (Role.ADMIN,)
KEYS_CACHE_S = 60

SIGNING_IN = (
    Route("POST", "/v1/auth/login", say.Login, PUBLIC, say.TokenView,
          "Sign in as a user", limit="login"),
    Route("POST", "/v1/auth/holder-login", say.HolderLogin, PUBLIC, say.TokenView,
          "Sign in as a customer", limit="login"),
    Route("POST", "/v1/auth/token", say.ExchangeApiKey, PUBLIC, say.TokenView,
          "An API key for an access token", limit="login"),
    Route("POST", "/v1/auth/refresh", say.RefreshSession, PUBLIC, say.TokenView,
          "A refresh token for a new pair; each is good once"),
    Route("POST", "/v1/auth/logout", say.Logout, PUBLIC, None,
          "End the sign-in of a refresh token", status=204),
    Route("GET", "/v1/me", say.GetMe, ANYONE_SIGNED_IN, say.MeView,
          "Who the access token speaks for, and what it allows"),
    Route("POST", "/v1/auth/device-token", say.ExchangeDeviceSecret, PUBLIC, say.TokenView,
          "A device's secret for an access token", limit="login"),
    Route("POST", "/v1/auth/device-enrolments", say.EnrolDevice, PUBLIC, say.EnrolledDeviceView,
          "A device says what its QR code says; its secret is told this once", status=201,
          limit="login"),
    Route("POST", "/v1/auth/password-reset-requests", say.RequestPasswordReset, PUBLIC, None,
          "Mail a code for a new password, if there is an account", status=204, limit="login"),
    Route("POST", "/v1/auth/password-resets", say.ResetPassword, PUBLIC, None,
          "Set a new password with a code from a mail or an invitation", status=204,
          limit="login"),
    Route("PUT", "/v1/me/password", say.ChangePassword, (Principal.USER, Principal.HOLDER), None,
          "Change one's own password; ends all one's sessions", status=204, limit="login"),
    Route("POST", "/v1/me/second-factor", say.StartSecondFactor, (Principal.USER,),
          say.SecondFactorView, "Begin to set up an authenticator app", limit="login"),
    Route("POST", "/v1/me/second-factor/confirmation", say.ConfirmSecondFactor,
          (Principal.USER,), say.RecoveryCodesView,
          "A first code of the app; recovery codes are shown this once", limit="login"),
    Route("POST", "/v1/approvals", say.ApproveAction, (Role.POS,), say.ApprovalView,
          "A colleague approves one action on one object", status=201, limit="login"),
    Route("GET", "/.well-known/jwks.json", say.GetJwks, PUBLIC, say.JwksView,
          "The public keys that verify access tokens", cache_s=KEYS_CACHE_S),
    Route("POST", "/v1/holders", say.RegisterHolder, PUBLIC, say.HolderView,
          "Register a customer", status=201, limit="login"),
)

MANAGING = (
    Route("GET", "/v1/users", say.ListUsers, ADMIN, say.UserPage, "Users, by username"),
    Route("POST", "/v1/users", say.CreateUser, ADMIN, say.UserView, "Create a user", status=201),
    Route("GET", "/v1/users/{user_id}", say.GetUser, ADMIN, say.UserView, "One user"),
    Route("PUT", "/v1/users/{user_id}", say.UpdateUser, ADMIN, say.UserView,
          "The whole new state of a user; ends their sessions when it changes their rights"),
    Route("DELETE", "/v1/users/{user_id}", say.DeactivateUser, ADMIN, say.UserView,
          "Deactivate a user; history keeps the name"),
    Route("POST", "/v1/users/invitations", say.InviteUsers, ADMIN, say.InvitedUsersView,
          "Many users from a CSV file, each with a code for a first password", status=201,
          body="upload"),
    Route("DELETE", "/v1/users/{user_id}/second-factor", say.ResetSecondFactor, ADMIN,
          say.UserView, "Help a user who has lost their authenticator app"),
    Route("GET", "/v1/devices", say.ListDevices, ADMIN, say.DevicePage, "Devices, newest first"),
    Route("POST", "/v1/devices", say.CreateDevice, ADMIN, say.NewDeviceView,
          "Create a device; the text of its QR code is shown this once", status=201),
    Route("DELETE", "/v1/devices/{device_id}", say.RevokeDevice, ADMIN, say.DeviceView,
          "Revoke a device at once"),
    Route("GET", "/v1/sale-points", say.ListSalePoints, ADMIN, say.SalePointPage,
          "Sale points, by name"),
    Route("POST", "/v1/sale-points", say.CreateSalePoint, ADMIN, say.SalePointView,
          "Create a sale point", status=201),
    Route("PUT", "/v1/sale-points/{sale_point_id}", say.UpdateSalePoint, ADMIN, say.SalePointView,
          "The whole new state of a sale point"),
    Route("GET", "/v1/api-keys", say.ListApiKeys, ADMIN, say.ApiKeyPage, "API keys, newest first"),
    Route("POST", "/v1/api-keys", say.CreateApiKey, ADMIN, say.NewApiKeyView,
          "Create an API key; its secret is shown this once", status=201),
    Route("DELETE", "/v1/api-keys/{api_key_id}", say.RevokeApiKey, ADMIN, say.ApiKeyView,
          "Revoke an API key at once"),
    Route("GET", "/v1/audit", say.ListAudit, ADMIN, say.AuditPage,
          "Who did what, newest first"),
)

ROUTES = SIGNING_IN + MANAGING
