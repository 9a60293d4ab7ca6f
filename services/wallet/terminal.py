"""The door for bar terminals: HTTP on a port of its own, needing the wallet's database alone.

No bus, no gateway, no identity: access tokens are verified with keys kept here, and what is
committed here is told to the books by the wallet service whenever it runs again.
Started by gunicorn (`services.wallet.terminal:app`).
"""

from flask import Flask, Response, g

from contracts.envelope import Envelope
from contracts.message import load
from contracts.roles import Role, system
from contracts.wallet import DebitWallet, GetDebit, GetWallet, ReverseMovement
from services.chassis import health
from services.chassis.database import Database
from services.chassis.inbox import UseCase, run_once, run_query
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
from services.wallet import queries, usecases

MAY_DEBIT = (Role.WALLET_CASHIER,)


def create_app(settings: Settings) -> Flask:
    """The terminal door on one database. `wallet_cashier` for everything but health."""
    notifier = Notifier(settings.database_url)
    notifier.start()
    database = Database(settings.database_url, "wallet-terminal", 12, on_commit=notifier.wake)
    verifier = TokenVerifier(lambda: _keys(database))
    app = Flask("terminal")
    install(app, max_body=100_000)
    health.install(app, database)

    def write(command: type, use_case: UseCase, status: int) -> Response:
        actor = require(verifier, MAY_DEBIT)
        envelope = Envelope.of(
            load(command, json_body()), actor, g.request_id, idempotency_key(required=True)
        )
        answer = run_once(database, envelope, use_case)
        headers = {"Idempotency-Replayed": "true"} if answer.replayed else None
        if answer.error:
            return problem_response(answer.error, headers)
        return json_response(answer.body, status, headers)

    def read(query: type, fields: dict[str, str], answer: UseCase) -> Response:
        actor = require(verifier, MAY_DEBIT)
        envelope = Envelope.of(load(query, fields), actor, g.request_id)
        return json_response(run_query(database, envelope, answer).body)

    @app.post("/terminal/v1/debits")
    def debit() -> Response:
        return write(DebitWallet, usecases.debit, 201)

    @app.post("/terminal/v1/reversals")
    def reverse() -> Response:
        return write(ReverseMovement, usecases.reverse, 201)

    @app.get("/terminal/v1/wallets/<code>")
    def wallet(code: str) -> Response:
        return read(GetWallet, {"code": code}, queries.get_wallet)

    @app.get("/terminal/v1/debits/<key>")
    def debit_by_key(key: str) -> Response:
        return read(GetDebit, {"idempotency_key": key}, queries.get_debit)

    return app


def _keys(database: Database) -> dict[str, bytes]:
    with database.transaction(system("terminal")) as uow:
        return queries.token_keys(uow)


def __getattr__(name: str) -> Flask:
    """`app` is made when gunicorn asks for it, so that importing this module opens nothing."""
    if name != "app":
        raise AttributeError(name)
    settings = Settings.from_env("wallet")
    configure_logging(settings, "terminal")
    return create_app(settings)
