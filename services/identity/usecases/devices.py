"""Devices (scanners): made, enrolled once, let in for ten minutes at a time, revoked."""

from sqlalchemy import select

from contracts.errors import Code, DomainError
from contracts.identity import (
    CreateDevice,
    DeviceView,
    EnrolDevice,
    EnrolledDeviceView,
    ExchangeDeviceSecret,
    NewDeviceView,
    RevokeDevice,
    TokenView,
)
from contracts.message import dump
from contracts.roles import Principal
from services.chassis.unit_of_work import UnitOfWork
from services.identity.models import Device, SalePoint, device_refused, digest, enrolment_refused
from services.identity.usecases.audit import audit
from services.identity.usecases.sessions import end_sessions
from services.identity.usecases.tokens import access_token


def create_device(uow: UnitOfWork, command: CreateDevice) -> NewDeviceView:
    point = uow.session.get(SalePoint, command.sale_point_id)
    if point is None or not point.active:
        raise DomainError(Code.SALE_POINT_NOT_FOUND, "There is no such open sale point.")
    enrolment, device = Device.create(command.name, point, uow.now)
    uow.session.add(device)
    audit(uow, "create", "device", device.id, after=dump(device.view()))
    return NewDeviceView(device=device.view(), enrolment=enrolment)


def enrol_device(uow: UnitOfWork, command: EnrolDevice) -> EnrolledDeviceView:
    """The QR code is good once: of two devices that show it one is enrolled."""
    device = uow.session.scalar(
        select(Device).where(Device.enrolment_hash == digest(command.enrolment)).with_for_update()
    )
    if device is None:
        raise enrolment_refused()
    secret = device.enrol(uow.now)
    audit(uow, "enrol", "device", device.id)
    return EnrolledDeviceView(device=device.view(), secret=secret)


def exchange_device_secret(uow: UnitOfWork, command: ExchangeDeviceSecret) -> TokenView:
    """A short access token; asked for again before it expires."""
    device = uow.session.scalar(
        select(Device).where(Device.secret_hash == digest(command.secret)).with_for_update()
    )
    if device is None:
        raise device_refused()
    device.use(uow.now)
    return access_token(
        uow, Principal.DEVICE, device.id, device.name, device.id,
        sale_points=[device.sale_point_id],
    )


def revoke_device(uow: UnitOfWork, command: RevokeDevice) -> DeviceView:
    device = uow.session.get(Device, command.device_id, with_for_update=True)
    if device is None:
        raise DomainError(Code.DEVICE_NOT_FOUND, "There is no such device.")
    before = dump(device.view())
    if device.revoke(uow.now):
        end_sessions(uow, [device.id])
        audit(uow, "revoke", "device", device.id, before, dump(device.view()))
    return device.view()
