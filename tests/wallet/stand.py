"""A bar stand: the wallet's database, its terminal door as a process, and terminals at it."""

from pathlib import Path
from typing import Any
from uuid import UUID

from contracts.envelope import Envelope
from contracts.money import Money
from contracts.wallet import (
    CreateTerminal,
    GrantOfflineTerms,
    RevokeTerminal,
    TerminalArticle,
    TerminalRight,
)
from services.chassis.inbox import run_unrecorded
from services.chassis.testing import Harness
from services.wallet.usecases import terminals
from tests.acceptance.terminal_client import TerminalClient
from tests.chassis.support import Processes, Rows
from tests.wallet.door import Door, TokenMaker
from tests.wallet.purse import BAR, CASHIER

ALL = tuple(TerminalRight)


class Stand:
    def __init__(self, ledger: Harness, directory: Path, **door: Any) -> None:
        self.ledger = ledger
        self.rows = Rows(ledger.url)
        self.tokens = TokenMaker()
        self.tokens.publish(self.rows)
        self.processes = Processes(
            directory, {"WALLET_DATABASE_URL": ledger.url.replace("+psycopg", "")})
        self.door = Door(self.processes, self.tokens, **door)

    def new_terminal(self, name: str = "Bar 1", **more: Any) -> dict[str, Any]:
        """As a manager gets it: the terminal, and the text of its QR code."""
        command = CreateTerminal(**{"name": name, "sale_point_id": BAR, "rights": ALL} | more)
        answer = run_unrecorded(
            self.ledger.database, Envelope.of(command, CASHIER), terminals.create_terminal)
        assert answer.error is None
        return answer.body

    def terminal(self, name: str = "Bar 1", **more: Any) -> TerminalClient:
        client = TerminalClient(self.door.url)
        client.enrol(self.new_terminal(name, **more)["enrolment"])
        return client

    def revoke(self, client: TerminalClient) -> None:
        self.ledger.call(terminals.revoke_terminal, RevokeTerminal(
            terminal_id=UUID(client.id), reason="stolen"), CASHIER)

    def grant_terms(self, client: TerminalClient, **caps: int) -> dict[str, Any]:
        given = {"per_debit": 2000, "per_wallet": 3000, "per_outage": 5000, "per_terminal": 8000}
        return self.ledger.call(terminals.grant_offline_terms, GrantOfflineTerms(
            terminal_id=UUID(client.id),
            **{name: Money(cents) for name, cents in (given | caps).items()}), CASHIER)

    def close(self) -> None:
        self.processes.stop_all()
        self.rows.engine.dispose()


def article(label: str, cents: int, vat_code: str = "normal") -> TerminalArticle:
    return TerminalArticle(label=label, price=Money(cents), vat_code=vat_code)
