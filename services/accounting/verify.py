"""Check everything that is stored: `make verify`. Exit code 1 when something is wrong."""

import sys

from contracts.accounting import GetMoneyCheck
from contracts.roles import system
from services.accounting.queries.check import get_money_check
from services.chassis.database import Database
from services.chassis.settings import Settings


def main() -> int:
    """A sentence for each drawer, session, chain of Z reports or sum that does not hold."""
    settings = Settings.from_env("accounting")
    database = Database(settings.database_url, "accounting-verify", pool_size=1)
    try:
        with database.transaction(system("verify")) as uow:
            found = get_money_check(uow, GetMoneyCheck())
    finally:
        database.close()
    passing = {key: amount for key, amount in found.clearing.items() if amount}
    faults = list(found.faults) + [
        f"{amount} centimes are in passage on {key}" for key, amount in passing.items()
    ]
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    if not faults:
        sys.stdout.write(f"The books hold together; {found.sales} was sold.\n")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
