"""What accounting starts with, and its part of the demo: `python -m services.accounting.seed`.

    prepare   a chart of accounts and a key to sign closures; all else arrives as facts of others
    demo      two registers at the demo's desk, one of them with its float
"""

import time

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from contracts.accounting import CreateRegister, FloatOperationType, RecordFloatOperation
from contracts.money import Money
from contracts.roles import Actor, Principal, Role, system
from services.accounting.models import CHART, Account, CashRegister, SalePoint, SigningKey
from services.accounting.models.closures import CLOSURES
from services.accounting.usecases.registers import create_register, record_float_operation
from services.chassis.database import Database
from services.chassis.settings import Settings

DESK = "Caisse centrale"
FLOATS = {"Caisse 1": Money(20000), "Caisse 2": None}
PATIENCE_S = 30  # identity's sale points come over the bus
DEMO = Actor(Principal.USER, "demo", "Demo", frozenset({Role.ADMIN}))


def prepare(database: Database) -> None:
    """The default chart; numbers and names that an accountant has changed stay."""
    with database.transaction(system("accounting")) as uow:
        uow.session.execute(insert(Account).values([
            {"key": key, "number": number, "kind": kind,
             "name": {"fr": french, "de": german, "en": english}}
            for key, number, kind, french, german, english in CHART
        ]).on_conflict_do_nothing())
        if uow.session.get(SigningKey, CLOSURES) is None:
            uow.session.add(SigningKey.generate(CLOSURES, uow.now))


def seed_demo(database: Database) -> list[str]:
    """What was created, by name; nothing the second time."""
    created = []
    with database.transaction(DEMO) as uow:
        desk = uow.session.scalars(select(SalePoint).where(SalePoint.name == DESK)).one()
        known = set(uow.session.scalars(
            select(CashRegister.name).where(CashRegister.sale_point_id == desk.id)
        ))
        for name, amount in FLOATS.items():
            if name in known:
                continue
            register = create_register(uow, CreateRegister(sale_point_id=desk.id, name=name))
            if amount:
                record_float_operation(uow, RecordFloatOperation(
                    register_id=register.register_id, type=FloatOperationType.CREDIT,
                    amount=amount, comment="Fond de caisse initial",
                ))
            created.append(name)
    return created


def _wait_for_desk(database: Database) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with database.transaction(DEMO) as uow:
            if uow.session.scalar(select(SalePoint.id).where(SalePoint.name == DESK)):
                return
        time.sleep(0.2)
    raise SystemExit(
        f"accounting has not heard of the sale point {DESK}: is it running, and identity seeded?"
    )


def main() -> None:
    settings = Settings.from_env("accounting")
    database = Database(settings.database_url, "accounting-seed", pool_size=2)
    try:
        _wait_for_desk(database)
        created = seed_demo(database)
    finally:
        database.close()
    print(
        f"accounting: created {', '.join(created)}" if created else "accounting: nothing to create"
    )


if __name__ == "__main__":
    main()
