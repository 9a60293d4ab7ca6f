"""Is this process able to work: each dependency by name, with what is wrong."""

from flask import Response
from sqlalchemy import text

from services.chassis.database import Database
from services.chassis.web import json_response


def database_trouble(database: Database) -> str | None:
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
