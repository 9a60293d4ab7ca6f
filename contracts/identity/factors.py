"""What people prove themselves with: a second factor, their password, and how they get back in."""

from dataclasses import field
from typing import Annotated
from uuid import UUID

from marshmallow import validate

from contracts.identity.parts import Email, Password, Secret, UserView
from contracts.message import command, view
from contracts.roles import Action

OneTimeCode = Annotated[str, validate.Length(min=6, max=20)]
APPROVAL_AUDIENCE = "festival-approval"


@view
class SecondFactorView:
    """For an authenticator app (RFC 6238: SHA-1, 6 digits, 30 seconds): `uri` as a QR code, or
    `secret` typed. Nothing is asked for before a first code has confirmed it."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


@view
class RecoveryCodesView:
    """Each stands in for one code of the app, once; shown this once."""

    codes: tuple[str, ...] = field(repr=False)


@view
class InvitedUser:
    """With `code` the user sets a first password; it is good as long as the user is."""

    user: UserView
    code: str = field(repr=False)


@view
class InvitedUsersView:
    items: tuple[InvitedUser, ...]


@view
class ApprovalView:
    """Send `approval` in the header `Approval` with the one request it is for."""

    approval: str = field(repr=False)
    expires_in: int
    approver: str


@command("identity.start_second_factor.v1")
class StartSecondFactor:
    """A user begins anew → SecondFactorView. What was confirmed before stays good until the new
    one is confirmed. LOGIN_FAILED, LOGIN_THROTTLED."""

    password: Password = field(repr=False)


@command("identity.confirm_second_factor.v1")
class ConfirmSecondFactor:
    """With a first code of the app → RecoveryCodesView. From now on signing in needs a code.
    SECOND_FACTOR_WRONG, SECOND_FACTOR_STATE when none was begun."""

    code: OneTimeCode = field(repr=False)


@command("identity.reset_second_factor.v1")
class ResetSecondFactor:
    """An administrator helps a user who has lost the app and the recovery codes: the factor is
    gone, and their sessions end → UserView. USER_NOT_FOUND."""

    user_id: UUID


@command("identity.change_password.v1")
class ChangePassword:
    """A user's or customer's own. All their sessions end, this one too. LOGIN_FAILED,
    LOGIN_THROTTLED, PASSWORD_TOO_WEAK."""

    current: Password = field(repr=False)
    password: Password = field(repr=False)


@command("identity.request_password_reset.v1")
class RequestPasswordReset:
    """Mails a code to whoever has this address, user or customer; says nothing about who has."""

    email: Email = field(repr=False)


@command("identity.reset_password.v1")
class ResetPassword:
    """With the code of a mail or of an invitation, good once. All their sessions end.
    RESET_CODE_INVALID, PASSWORD_TOO_WEAK."""

    code: Secret = field(repr=False)
    password: Password = field(repr=False)


@command("identity.invite_users.v1")
class InviteUsers:
    """Users from a CSV file (UTF-8; comma or semicolon) with the columns `username,
    display_name, roles, sale_points` and optionally `email, language, valid_from, valid_until`;
    several roles or sale points (by name) are separated by `|` → InvitedUsersView. All or none:
    VALIDATION_FAILED with what is wrong by line. `content` is base64."""

    filename: Annotated[str, validate.Length(max=200)]
    content: Annotated[str, validate.Length(max=1_000_000)] = field(repr=False)


@command("identity.approve_action.v1")
class ApproveAction:
    """A colleague comes to the caller's screen and types their name and the code of their app:
    one action on one object is approved → ApprovalView. The colleague holds the role it needs
    and works at one of the caller's sale points. LOGIN_FAILED, LOGIN_THROTTLED,
    APPROVAL_REFUSED."""

    username: Secret
    code: OneTimeCode = field(repr=False)
    action: Action
    object_id: UUID
