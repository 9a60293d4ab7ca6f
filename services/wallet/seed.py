"""What the wallet starts with: nothing. Its keys and wallets arrive as facts of others."""

from services.chassis.database import Database


def prepare(database: Database) -> None:
    """Nothing to create: an empty ledger is a valid one."""
