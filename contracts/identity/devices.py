"""Devices (scanners): made by an administrator, enrolled once by QR code, revocable at once."""

from dataclasses import field
from datetime import datetime
from uuid import UUID

from contracts.identity.parts import Limit, Secret
from contracts.message import Name, command, query, view

DEVICE_ENROLMENT_PREFIX = "FD1:"


@view
class DeviceView:
    """`last_seen_at`: when it last asked for an access token."""

    device_id: UUID
    name: str
    sale_point_id: UUID
    created_at: datetime
    enrolled_at: datetime | None = None
    last_seen_at: datetime | None = None
    revoked_at: datetime | None = None


@view
class NewDeviceView:
    """`enrolment` is the text of the QR code to show to the device: good once, for an hour."""

    device: DeviceView
    enrolment: str = field(repr=False)


@view
class EnrolledDeviceView:
    """The only time that `secret` is told: the device keeps it and asks for tokens with it."""

    device: DeviceView
    secret: str = field(repr=False)


@view
class DevicePage:
    items: tuple[DeviceView, ...]
    next_cursor: str | None = None


@command("identity.create_device.v1")
class CreateDevice:
    """A device that controls entries, at one sale point → NewDeviceView. SALE_POINT_NOT_FOUND."""

    name: Name
    sale_point_id: UUID


@command("identity.enrol_device.v1")
class EnrolDevice:
    """The device says what the QR code says → EnrolledDeviceView. ENROLMENT_INVALID."""

    enrolment: Secret = field(repr=False)


@command("identity.exchange_device_secret.v1")
class ExchangeDeviceSecret:
    """A device's secret for an access token of kind `device` → TokenView. DEVICE_REFUSED."""

    secret: Secret = field(repr=False)


@command("identity.revoke_device.v1")
class RevokeDevice:
    """Its tokens are refused within two seconds → DeviceView. DEVICE_NOT_FOUND. Revoking twice
    changes nothing."""

    device_id: UUID


@query("identity.list_devices.v1")
class ListDevices:
    """Newest first → DevicePage."""

    cursor: str | None = None
    limit: Limit = 50
