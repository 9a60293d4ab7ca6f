"""Tell everything again: `make resync SERVICE=ticketing`, when another service has lost its copies.

Full states with the versions that they have had all along, so that those who have them already
lose nothing and those who have not are whole again. It goes to everybody who listens.
"""

import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute

from contracts.catalog import (
    ScreeningCancelled,
    ScreeningPublished,
    TicketTypeChanged,
    VatCodeChanged,
)
from contracts.message import type_of
from contracts.roles import system
from services.catalog.models import WHOLE, Screening, TicketType, VatCode
from services.chassis.database import Database
from services.chassis.settings import Settings

BATCH = 200
TOLD = (VatCodeChanged, TicketTypeChanged, ScreeningPublished, ScreeningCancelled)


def resync(database: Database) -> int:
    """How many facts were told. Each batch is a transaction, in which its rows stand still, so
    that no older state follows a newer one."""
    on_sale = select(Screening).where(Screening.on_sale_since.is_not(None)).options(*WHOLE)
    return (
        _tell(database, VatCode, VatCode.key, select(VatCode), lambda one: [one.changed()])
        + _tell(database, TicketType, TicketType.id, select(TicketType),
                lambda one: [one.changed()])
        + _tell(database, Screening, Screening.id, on_sale, Screening.said_again)
    )


def _tell(
    database: Database, cls: type, by: InstrumentedAttribute[Any], statement: Select[Any],
    said: Callable[[Any], list[Any]],
) -> int:
    told, last = 0, None
    while True:
        after = statement if last is None else statement.where(by > last)
        with database.transaction(system("catalog")) as uow:
            batch = uow.session.scalars(
                after.order_by(by).limit(BATCH).with_for_update(of=cls, read=True)
            ).all()
            for fact in (fact for one in batch for fact in said(one)):
                uow.emit(fact)
        if not batch:
            return told
        told, last = told + len(batch), getattr(batch[-1], by.key)


def main(service: str) -> int:
    listeners = {consumer for one in TOLD for consumer in type_of(one).consumers}
    if service not in listeners:
        known = " or ".join(f"SERVICE={name}" for name in sorted(listeners))
        sys.stderr.write(f"Say {known}: it keeps copies of what the catalog says.\n")
        return 1
    settings = Settings.from_env("catalog")
    database = Database(settings.database_url, "catalog-resync", pool_size=2)
    try:
        told = resync(database)
    finally:
        database.close()
    print(f"catalog: {told} facts told again; {service} keeps the newest of each.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
