"""Check everything that is counted: `make verify`. Exit code 1 when something is wrong."""

import sys

from contracts.roles import system
from services.chassis.database import Database
from services.chassis.settings import Settings
from services.ticketing.queries.drift import find_drift


def main() -> int:
    """A sentence for each counter of places, receipts or money that is not what its rows say."""
    settings = Settings.from_env("ticketing")
    database = Database(settings.database_url, "ticketing-verify", pool_size=1)
    try:
        with database.transaction(system("verify")) as uow:
            faults = list(find_drift(uow))
    finally:
        database.close()
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    if not faults:
        sys.stdout.write("All places, receipts and payments are what their rows say.\n")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
