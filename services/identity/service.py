"""The identity's bus doors. What carries or answers a secret is a `write_secret`."""

from contracts import identity as say
from services.chassis.entrypoints import Service, every, ping, read, write, write_secret
from services.identity import queries
from services.identity.usecases import (
    api_keys,
    approvals,
    devices,
    holders,
    invitations,
    mails,
    recovery,
    sale_points,
    second_factors,
    sign_ins,
    tokens,
    upkeep,
    users,
)


class IdentityService(Service):
    name = "identity"
    ping = ping()

    login = write_secret(say.Login, sign_ins.login)
    holder_login = write_secret(say.HolderLogin, sign_ins.holder_login)
    refresh_session = write_secret(say.RefreshSession, sign_ins.refresh_session)
    logout = write_secret(say.Logout, sign_ins.logout)
    exchange_api_key = write_secret(say.ExchangeApiKey, api_keys.exchange_api_key)

    create_user = write_secret(say.CreateUser, users.create_user)
    update_user = write_secret(say.UpdateUser, users.update_user)
    deactivate_user = write(say.DeactivateUser, users.deactivate_user)
    create_sale_point = write(say.CreateSalePoint, sale_points.create_sale_point)
    update_sale_point = write(say.UpdateSalePoint, sale_points.update_sale_point)
    create_api_key = write_secret(say.CreateApiKey, api_keys.create_api_key)
    revoke_api_key = write(say.RevokeApiKey, api_keys.revoke_api_key)
    register_holder = write_secret(say.RegisterHolder, holders.register_holder)

    start_second_factor = write_secret(
        say.StartSecondFactor, second_factors.start_second_factor)
    confirm_second_factor = write_secret(
        say.ConfirmSecondFactor, second_factors.confirm_second_factor)
    reset_second_factor = write(say.ResetSecondFactor, second_factors.reset_second_factor)
    change_password = write_secret(say.ChangePassword, recovery.change_password)
    request_password_reset = write_secret(
        say.RequestPasswordReset, recovery.request_password_reset)
    reset_password = write_secret(say.ResetPassword, recovery.reset_password)
    invite_users = write_secret(say.InviteUsers, invitations.invite_users)
    approve_action = write_secret(say.ApproveAction, approvals.approve_action)
    create_device = write_secret(say.CreateDevice, devices.create_device)
    enrol_device = write_secret(say.EnrolDevice, devices.enrol_device)
    exchange_device_secret = write_secret(
        say.ExchangeDeviceSecret, devices.exchange_device_secret)
    revoke_device = write(say.RevokeDevice, devices.revoke_device)

    get_me = read(say.GetMe, queries.get_me)
    get_jwks = read(say.GetJwks, queries.get_jwks)
    get_user = read(say.GetUser, queries.get_user)
    list_ended_sessions = read(say.ListEndedSessions, queries.list_ended_sessions)
    list_users = read(say.ListUsers, queries.list_users)
    list_sale_points = read(say.ListSalePoints, queries.list_sale_points)
    list_api_keys = read(say.ListApiKeys, queries.list_api_keys)
    list_devices = read(say.ListDevices, queries.list_devices)
    list_audit = read(say.ListAudit, queries.list_audit)

    rotate_signing_key = every(3600, tokens.rotate_signing_key)
    send_mails = every(2, mails.send_mails)
    forget = every(60, upkeep.forget)
