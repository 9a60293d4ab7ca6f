"""Is this process able to work: each dependency by name, with what is wrong."""

import psycopg
import structlog
from flask import Flask, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from services.chassis.database import Database, as_refusal
from services.chassis.web import fault, json_response, problem_response

log = structlog.get_logger("health")


def install(app: Flask, database: Database) -> None:
    """`/ready`, and 503 for requests that meet a database which is away."""
    app.add_url_rule("/ready", "ready", lambda: readiness({"database": trouble_of(database)}))
    app.register_error_handler(SQLAlchemyError, _database_error)
    app.register_error_handler(psycopg.Error, _database_error)


def trouble_of(database: Database) -> str | None:
    """None when the database answers; else what it said."""
    try:
        with database.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except Exception as error:
        return type(error).__name__
    return None


def readiness(troubles: dict[str, str | None]) -> Response:
    """200 when nothing is missing, else 503; always which part and why."""
    ready = not any(troubles.values())
    checks = {name: trouble or "ok" for name, trouble in troubles.items()}
    return json_response({"ready": ready, "checks": checks}, 200 if ready else 503)


def _database_error(error: Exception) -> Response:
    refusal = as_refusal(error)
    if refusal is None:
        return fault(error)
    log.warning("database trouble", error=repr(error))
    return problem_response(refusal)
