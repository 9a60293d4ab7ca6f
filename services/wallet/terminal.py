"""The door for bar terminals: HTTP on a port of its own, needing the wallet's database alone.

No bus, no gateway, no identity: tokens are verified with keys kept here, of people by identity's
public keys, of terminals by their own. What is committed here is told to the books by the wallet
service whenever that runs again. Started by gunicorn (`services.wallet.terminal:app`).
"""

import time
from dataclasses import dataclass
from threading import Thread
from typing import Any

import structlog
from flask import Flask, Response, g, request

from contracts import wallet as say
from contracts.envelope import Envelope
from contracts.message import load
from contracts.roles import Actor, Principal, Role, anonymous, system
from services.chassis import health, tracing
from services.chassis.database import Database
from services.chassis.ended import EndedSessions
from services.chassis.inbox import Answer, UseCase, run_once, run_query, run_unrecorded
from services.chassis.observability import configure_logging
from services.chassis.outbox import Notifier
from services.chassis.settings import Settings
from services.chassis.web import (
    TokenVerifier,
    idempotency_key,
    install,
    json_body,
    json_response,
    problem_response,
    require,
)
from services.wallet.queries import ledger, wallets
from services.wallet.queries import terminals as devices
from services.wallet.tokens import DoorVerifier, offline_order
from services.wallet.usecases import debits, holds, offline, terminals

MAY_DEBIT = (Role.WALLET_CASHIER, Principal.TERMINAL)
TERMINALS_ONLY = (Principal.TERMINAL,)
LOOKS_EVERY_S = 1
log = structlog.get_logger("door")


@dataclass(frozen=True, slots=True)
class Door:
    """Writes and reads of one database, by whoever the token names."""

    database: Database
    verifier: DoorVerifier

    def write(
        self, command: type, use_case: UseCase, status: int = 201, *,
        by: tuple[Any, ...] = MAY_DEBIT, **path: str,
    ) -> Response:
        actor = require(self.verifier, by)
        envelope = Envelope.of(
            load(command, json_body() | path), actor, g.request_id,
            idempotency_key(required=True),
        )
        return _answer(run_once(self.database, envelope, use_case), status)

    def read(
        self, query: type, answer: UseCase, by: tuple[Any, ...] = MAY_DEBIT, **path: str
    ) -> Response:
        actor = require(self.verifier, by)
        envelope = Envelope.of(load(query, path), actor, g.request_id)
        return _answer(run_query(self.database, envelope, answer), 200)

    def settle(self, actor: Actor, signed: str) -> dict[str, Any]:
        """One offline debit of a batch. Its sequence is kept for ever, so it needs no other key;
        and a refusal (its ticket is not known here yet) may turn out otherwise next time."""
        envelope = Envelope.of(say.SettleOffline(signed=signed), actor, g.request_id)
        answer = run_unrecorded(self.database, envelope, offline.settle_offline)
        refusal = answer.error
        return {
            "signed": signed, "settled": answer.body,
            "code": refusal.code.value if refusal else None,
            "detail": refusal.detail if refusal else None,
        }


def create_app(settings: Settings) -> Flask:
    """The terminal door on one database: for `wallet_cashier` and enrolled terminals."""
    notifier = Notifier(settings.database_url)
    notifier.start()
    database = Database(settings.database_url, "wallet-terminal", 12, on_commit=notifier.wake)
    app = Flask("terminal")
    install(app, max_body=200_000)
    health.install(app, database)
    people = TokenVerifier(lambda: _keys(database))
    Thread(target=_watch_ended, args=(database, people.ended), daemon=True).start()
    door = Door(database, DoorVerifier(database, people))
    _debits(app, door)
    _holds(app, door)
    _terminals(app, door)
    _offline(app, door)
    return app


def _debits(app: Flask, door: Door) -> None:
    @app.post("/terminal/v1/debits")
    def debit() -> Response:
        return door.write(say.DebitWallet, debits.debit)

    @app.get("/terminal/v1/debits/<key>")
    def debit_by_key(key: str) -> Response:
        return door.read(say.GetDebit, wallets.get_debit, idempotency_key=key)

    @app.post("/terminal/v1/reversals")
    def reverse() -> Response:
        return door.write(say.ReverseMovement, debits.reverse)

    @app.get("/terminal/v1/wallets/<code>")
    def wallet(code: str) -> Response:
        return door.read(say.GetWallet, wallets.get_wallet, code=code)


def _holds(app: Flask, door: Door) -> None:
    @app.post("/terminal/v1/holds")
    def place() -> Response:
        return door.write(say.PlaceHold, holds.place_hold)

    @app.get("/terminal/v1/holds/<hold_id>")
    def hold(hold_id: str) -> Response:
        return door.read(say.GetHold, wallets.get_hold, hold_id=hold_id)

    @app.post("/terminal/v1/holds/<hold_id>/capture")
    def capture(hold_id: str) -> Response:
        return door.write(say.CaptureHold, holds.capture_hold, hold_id=hold_id)

    @app.post("/terminal/v1/holds/<hold_id>/void")
    def void(hold_id: str) -> Response:
        return door.write(say.VoidHold, holds.void_hold, 200, hold_id=hold_id)


def _terminals(app: Flask, door: Door) -> None:
    @app.post("/terminal/v1/enrolments")
    def enrol() -> Response:
        """Without a token: the code of the QR is what it proves itself with."""
        message = load(say.EnrolTerminal, json_body())
        envelope = Envelope.of(message, anonymous(request.remote_addr or ""), g.request_id)
        return _answer(run_unrecorded(door.database, envelope, terminals.enrol_terminal), 201)

    @app.get("/terminal/v1/me")
    def me() -> Response:
        return door.read(say.GetOwnTerminal, devices.get_own_terminal, TERMINALS_ONLY)


def _offline(app: Flask, door: Door) -> None:
    @app.post("/terminal/v1/allowances")
    def allowance() -> Response:
        return door.write(say.GrantAllowance, offline.grant_allowance, by=TERMINALS_ONLY)

    @app.get("/terminal/v1/offline-terms")
    def terms() -> Response:
        return door.read(say.FetchOfflineTerms, devices.fetch_offline_terms, TERMINALS_ONLY)

    @app.post("/terminal/v1/offline-debits")
    def settle() -> Response:
        """Each in a transaction of its own, always in the same order, however they are sent."""
        actor = require(door.verifier, TERMINALS_ONLY)
        batch = load(say.OfflineBatch, json_body())
        ordered = sorted(batch.debits, key=offline_order)
        return json_response({"items": [door.settle(actor, signed) for signed in ordered]})


def _answer(answer: Answer, status: int) -> Response:
    headers = {"Idempotency-Replayed": "true"} if answer.replayed else None
    if answer.error:
        return problem_response(answer.error, headers)
    return json_response(answer.body, status, headers)


def _keys(database: Database) -> dict[str, bytes]:
    with database.transaction(system("terminal")) as uow:
        return ledger.token_keys(uow)


def _watch_ended(database: Database, ended: EndedSessions) -> None:
    """Reads every second which sessions identity has ended."""
    while True:
        try:
            with database.transaction(system("terminal")) as uow:
                ended.add(ledger.ended_sessions(uow))
        except Exception as error:  # the database is away: what is known stays known
            log.warning("ended sessions not read", error=repr(error))
        time.sleep(LOOKS_EVERY_S)


def __getattr__(name: str) -> Flask:
    """`app` is made when gunicorn asks for it, so that importing this module opens nothing."""
    if name != "app":
        raise AttributeError(name)
    settings = Settings.from_env("wallet")
    configure_logging(settings, "terminal")
    tracing.configure("terminal")
    return create_app(settings)
