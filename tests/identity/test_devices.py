"""Devices: enrolled once by QR code, allowed to control entries, over as soon as revoked."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from contracts import identity as say
from contracts.errors import Code
from contracts.identity import SessionsEnded
from contracts.message import load
from contracts.roles import Principal, Role
from services.chassis.testing import Harness
from services.identity import queries
from services.identity.usecases import devices
from tests.identity.doors import ADMIN, SOMEONE, eshop, refused, secretly, stored, verifier


def create(identity: Harness) -> say.NewDeviceView:
    message = say.CreateDevice(name="Gate 1", sale_point_id=eshop(identity))
    return load(say.NewDeviceView, secretly(identity, devices.create_device, message))


def enrol(
    identity: Harness, enrolment: str, later: timedelta = timedelta()
) -> say.EnrolledDeviceView:
    message = say.EnrolDevice(enrolment=enrolment)
    body = secretly(identity, devices.enrol_device, message, SOMEONE, later)
    return load(say.EnrolledDeviceView, body)


def exchange(identity: Harness, secret: str) -> say.TokenView:
    message = say.ExchangeDeviceSecret(secret=secret)
    return load(
        say.TokenView, secretly(identity, devices.exchange_device_secret, message, SOMEONE)
    )


def test_a_device_enrols_once_and_controls_entries_only(identity: Harness) -> None:
    made = create(identity)
    assert made.enrolment.startswith("FD1:")
    enrolled = enrol(identity, made.enrolment)
    with refused(identity, Code.ENROLMENT_INVALID):
        enrol(identity, made.enrolment)
    kept = str(stored(identity))
    assert made.enrolment not in kept and enrolled.secret not in kept
    tokens = exchange(identity, enrolled.secret)
    assert tokens.refresh_token is None
    actor = verifier(identity).actor(tokens.access_token)
    assert (actor.kind, actor.id) == (Principal.DEVICE, str(made.device.device_id))
    assert actor.grants() == {Role.ENTRY_CHECK} and actor.sale_points == {eshop(identity)}
    [listed] = identity.ask(queries.list_devices, say.ListDevices(), ADMIN).items
    assert listed.enrolled_at and listed.last_seen_at


def test_a_code_is_good_for_an_hour(identity: Harness) -> None:
    made = create(identity)
    with refused(identity, Code.ENROLMENT_INVALID):
        enrol(identity, made.enrolment, later=timedelta(hours=2))


def test_a_revoked_device_is_out_at_once(identity: Harness) -> None:
    made = create(identity)
    secret = enrol(identity, made.enrolment).secret
    exchange(identity, secret)
    revoke(identity, made.device.device_id)
    [event] = identity.said(SessionsEnded)
    assert [item.session_id for item in event.items] == [made.device.device_id]
    with refused(identity, Code.DEVICE_REFUSED):
        exchange(identity, secret)
    before = stored(identity, "inbox")
    revoke(identity, made.device.device_id)
    assert stored(identity, "inbox") == before


def test_a_device_that_never_enrolled_is_revoked_too(identity: Harness) -> None:
    made = create(identity)
    revoke(identity, made.device.device_id)
    with refused(identity, Code.ENROLMENT_INVALID):
        enrol(identity, made.enrolment)


@pytest.mark.parametrize("secret", ["fd_", "fd_" + "A" * 43, "FD1:x"])
def test_foreign_secrets_are_refused(identity: Harness, secret: str) -> None:
    create(identity)
    with refused(identity, Code.DEVICE_REFUSED):
        exchange(identity, secret)
    with refused(identity, Code.DEVICE_NOT_FOUND):
        revoke(identity, uuid4())


def revoke(identity: Harness, device_id: UUID) -> None:
    identity.call(devices.revoke_device, say.RevokeDevice(device_id=device_id), ADMIN)
