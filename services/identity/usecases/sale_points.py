"""Sale points: where one sells. Every change is told, with the full new state."""

from uuid import UUID

from sqlalchemy import select

from contracts.errors import Code, DomainError
from contracts.identity import (
    CreateSalePoint,
    SalePointChanged,
    SalePointKind,
    SalePointView,
    UpdateSalePoint,
)
from contracts.message import dump
from services.chassis.unit_of_work import UnitOfWork
from services.identity.models import ApiKey, Device, SalePoint
from services.identity.usecases.audit import audit
from services.identity.usecases.sessions import end_sessions
from services.identity.usecases.unique import flush_unique

ESHOP = "Eshop"


def create_sale_point(uow: UnitOfWork, command: CreateSalePoint) -> SalePointView:
    point = SalePoint.open(command.name, command.kind, command.settings)
    uow.session.add(point)
    _flush(uow)
    return _told(uow, point, "create", {})


def update_sale_point(uow: UnitOfWork, command: UpdateSalePoint) -> SalePointView:
    """The last open web shop stays open. All web shops are locked, in id order, so that two
    administrators cannot close one each. With a sale point end the sessions of its keys
    and devices."""
    locked = uow.session.scalars(
        select(SalePoint)
        .where((SalePoint.id == command.sale_point_id) | (SalePoint.kind == SalePointKind.ESHOP))
        .order_by(SalePoint.id).with_for_update()
    ).all()
    point = next((found for found in locked if found.id == command.sale_point_id), None)
    if point is None:
        raise DomainError(Code.SALE_POINT_NOT_FOUND, "There is no such sale point.")
    before = dump(point.view())
    if not point.change(command.name, command.active, command.settings):
        return point.view()
    if not any(found.active for found in locked if found.kind == SalePointKind.ESHOP):
        raise DomainError(
            Code.VALIDATION_FAILED, "The web shop's sale point cannot be closed.",
            {"active": ["The last sale point of this kind stays open."]},
        )
    _flush(uow)
    if not point.active:
        for kind in (ApiKey, Device):
            end_sessions(uow, uow.session.scalars(
                select(kind.id).where(kind.sale_point_id == point.id, kind.revoked_at.is_(None))
            ).all())
    return _told(uow, point, "update", before)


def ensure_eshop(uow: UnitOfWork) -> UUID:
    """The sale point that always exists; its id."""
    found = uow.session.scalar(
        select(SalePoint.id).where(SalePoint.kind == SalePointKind.ESHOP)
        .order_by(SalePoint.name).limit(1)
    )
    if found is not None:
        return found
    shop = CreateSalePoint(name=ESHOP, kind=SalePointKind.ESHOP)
    return create_sale_point(uow, shop).sale_point_id


def _flush(uow: UnitOfWork) -> None:
    flush_unique(uow, "uq_sale_points_name", DomainError(
        Code.SALE_POINT_NAME_TAKEN, "Another sale point has this name.",
        {"name": ["Is taken."]},
    ))


def _told(
    uow: UnitOfWork, point: SalePoint, action: str, before: dict[str, object]
) -> SalePointView:
    view = point.view()
    audit(uow, action, "sale_point", point.id, before, dump(view))
    uow.emit(SalePointChanged(
        sale_point_id=point.id, version=point.version, name=point.name, kind=view.kind,
        active=point.active,
    ))
    return view
