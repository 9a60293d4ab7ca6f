"""What identity starts with, and its part of the demo festival: `python -m services.identity.seed`.

    prepare   a signing key, the sale point Eshop, the user admin (ADMIN_PASSWORD)
    demo      two more sale points, and a user for each job at the festival
"""

import os
from uuid import UUID

from sqlalchemy import Select, select

from contracts.errors import DomainError
from contracts.identity import CreateSalePoint, CreateUser, SalePointKind
from contracts.roles import Role, system
from services.chassis.database import Database
from services.chassis.settings import Settings
from services.chassis.unit_of_work import UnitOfWork
from services.identity.models import SalePoint, User
from services.identity.usecases.sale_points import create_sale_point, ensure_eshop
from services.identity.usecases.tokens import rotate_signing_key
from services.identity.usecases.users import create_user

DESK, BAR = "Caisse centrale", "Bar du lac"
SALE_POINTS = ((DESK, SalePointKind.DESK), (BAR, SalePointKind.BAR))
USERS = (
    ("cashier", "Camille Rochat", DESK, (Role.POS, Role.ON_SITE, Role.WALLET_MANAGER)),
    ("bar", "Luca Bernasconi", BAR, (Role.WALLET_CASHIER,)),
    ("accountant", "Anne Zbinden", DESK, (Role.ACCOUNTING, Role.STATS)),
    ("door", "Jonas Keller", DESK, (Role.ENTRY_CHECK,)),
)


def prepare(database: Database) -> None:
    """One transaction under the lock of the signing keys: several machines may do it at once."""
    with database.transaction(system("identity")) as uow:
        rotate_signing_key(uow)
        eshop = ensure_eshop(uow)
        if not _any(uow, select(User.id).where(User.roles.contains([Role.ADMIN]))):
            _create_user(uow, "admin", "Administration", eshop, (Role.ADMIN,))


def seed_demo(database: Database) -> list[str]:
    """What was created, by name; nothing the second time."""
    created = []
    with database.transaction(system("demo")) as uow:
        for name, kind in SALE_POINTS:
            if not _any(uow, select(SalePoint.id).where(SalePoint.name == name)):
                create_sale_point(uow, CreateSalePoint(name=name, kind=kind))
                created.append(name)
        for username, display_name, place, roles in USERS:
            if not _any(uow, select(User.id).where(User.username == username)):
                at = uow.session.scalars(select(SalePoint.id).where(SalePoint.name == place)).one()
                _create_user(uow, username, display_name, at, roles)
                created.append(username)
    return created


def _create_user(
    uow: UnitOfWork, username: str, display_name: str, sale_point_id: UUID,
    roles: tuple[Role, ...],
) -> None:
    variable = f"{username.upper()}_PASSWORD"
    password = os.environ.get(variable)
    if not password:
        raise SystemExit(f"Set {variable}: the user {username} is to be created with it.")
    try:
        create_user(uow, CreateUser(
            username=username, password=password, display_name=display_name, roles=roles,
            sale_points=(sale_point_id,),
        ))
    except DomainError as refusal:
        raise SystemExit(f"The user {username} with {variable}: {refusal.detail}") from None


def _any(uow: UnitOfWork, statement: Select[UUID]) -> bool:
    return uow.session.scalar(statement.limit(1)) is not None


def main() -> None:
    settings = Settings.from_env("identity")
    database = Database(settings.database_url, "identity-seed", pool_size=2)
    try:
        created = seed_demo(database)
    finally:
        database.close()
    print(f"identity: created {', '.join(created)}" if created else "identity: nothing to create")


if __name__ == "__main__":
    main()
