"""What accounting starts with: a chart of accounts. Everything else arrives as facts of others."""

from sqlalchemy.dialects.postgresql import insert

from contracts.roles import system
from services.accounting.models import CHART, Account
from services.chassis.database import Database


def prepare(database: Database) -> None:
    """The default chart; numbers and names that an accountant has changed stay."""
    with database.transaction(system("accounting")) as uow:
        uow.session.execute(insert(Account).values([
            {"key": key, "number": number, "kind": kind,
             "name": {"fr": french, "de": german, "en": english}}
            for key, number, kind, french, german, english in CHART
        ]).on_conflict_do_nothing())
