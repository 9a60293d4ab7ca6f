"""What the wallet cannot live without: a key to sign offline allowances with. Other keys, and
wallets, arrive as facts of others."""

from contracts.roles import system
from services.chassis.database import Database
from services.wallet.models import SigningKey
from services.wallet.models.keys import ALLOWANCES


def prepare(database: Database) -> None:
    """Made once."""
    with database.transaction(system("prepare")) as uow:
        if uow.session.get(SigningKey, ALLOWANCES) is None:
            uow.session.add(SigningKey.generate(ALLOWANCES, uow.now))
