"""Check everything that is stored: `make verify`. Exit code 1 when something is wrong."""

import sys

from contracts.roles import system
from contracts.wallet import GetLedger
from services.chassis.database import Database
from services.chassis.settings import Settings
from services.wallet.queries import ledger


def main() -> int:
    """A sentence for each wallet whose chain, postings or balance do not hold together."""
    settings = Settings.from_env("wallet")
    database = Database(settings.database_url, "wallet-verify", pool_size=1)
    try:
        with database.transaction(system("verify")) as uow:
            faults = list(ledger.broken_links(uow))
            books = ledger.get_ledger(uow, GetLedger())
    finally:
        database.close()
    if books.total:
        faults.append(f"the postings of all wallets sum to {books.total}, not to zero")
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    if not faults:
        sys.stdout.write(f"All wallets hold together; {books.liability} is owed to holders.\n")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
