"""Everything that runs, in the order it is started: the one list the launcher works from."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from deploy.local.databases import OWNERS, variable

# Where the two HTTP doors listen unless the environment says otherwise.
ADDRESSES = {"GATEWAY_BIND": "127.0.0.1:8080", "TERMINAL_BIND": "127.0.0.1:8081"}
# Settings that every process gets when they are set.
SHARED = (
    "AMQP_URL", "TIME_ZONE", "HOLD_SECONDS", "FESTIVAL_ENV", "LOG_LEVEL", "LOG_FORMAT",
    "MAX_WORKERS", "WEB_WORKERS", "WEB_THREADS", "OTEL_EXPORTER_OTLP_ENDPOINT",
)  # fmt: skip
# Settings of the front door alone.
FRONT = (
    "CORS_ORIGINS", "TRUSTED_PROXIES", "RATE_READ", "RATE_WRITE", "RATE_DOCUMENT", "RATE_LOGIN",
)  # fmt: skip
# Settings of those who write mails, and what else identity is told.
MAILS = ("MAIL_URL", "MAIL_FROM", "FESTIVAL_NAME")
PEOPLE = ("SECOND_FACTOR_ROLES", *MAILS)
# Made by the launcher, for the people that identity creates.
PASSWORDS = (
    "ADMIN_PASSWORD", "CASHIER_PASSWORD", "BAR_PASSWORD", "ACCOUNTANT_PASSWORD", "DOOR_PASSWORD",
)  # fmt: skip
# Made by the launcher, shared by the processes.
SECRETS = ("PAYMENT_WEBHOOK_SECRET",)


@dataclass(frozen=True)
class Process:
    """One process: what it runs with this Python, whose database it may open, for an HTTP door
    the setting that says where it listens, and what else of the settings it needs."""

    name: str
    command: tuple[str, ...]
    database: str | None = None
    bind: str | None = None
    needs: tuple[str, ...] = ()

    def environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        """What this process is told of `settings`: no other service's database address."""
        told = pick(settings, *SHARED, *SECRETS, *self.needs)
        if self.database:
            told |= pick(settings, variable(self.database))
        if self.bind:
            told["BIND"] = settings[self.bind]
        return told


def nameko(name: str, needs: tuple[str, ...] = ()) -> Process:
    owner = name.split("-")[0]
    return Process(name, ("-m", "services.chassis.run", name), database=owner, needs=needs)


def door(
    name: str, application: str, bind: str, database: str | None = None,
    needs: tuple[str, ...] = (),
) -> Process:
    command = ("-m", "gunicorn", "--config", "deploy/gunicorn.py", application)
    return Process(name, command, database, bind, needs)


def once(owner: str, *command: str) -> Process:
    """A command that works on a service's database and ends."""
    needs = PASSWORDS if owner == "identity" else ()
    return Process(owner, command, database=owner, needs=needs)


PROCESSES = (
    nameko("identity", needs=PEOPLE),
    nameko("catalog"),
    nameko("ticketing", needs=("PLACES_PER_BUYER",)),
    nameko("ticketing-documents", needs=MAILS),
    nameko("wallet"),
    nameko("accounting"),
    nameko("accounting-reports"),
    door("terminal", "services.wallet.terminal:app", "TERMINAL_BIND", database="wallet"),
    door("gateway", "gateway.wsgi:app", "GATEWAY_BIND", needs=FRONT),
)


# Migrations, queues and what a service cannot live without; safe to run side by side.
PREPARATIONS = tuple(once(owner, "-m", "services.chassis.prepare", owner) for owner in OWNERS)
# The demo festival's parts, one after the other.
SEEDS = tuple(once(owner, "-m", f"services.{owner}.seed") for owner in OWNERS)


def pick(settings: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: settings[name] for name in names if name in settings}


def inherited() -> dict[str, str]:
    """The launcher's own environment less what belongs to one process or server only."""
    hidden = ("DATABASE_URL", "AMQP_URL", "PASSWORD", "METRICS_PORT")
    kept = {name: value for name, value in os.environ.items() if not name.endswith(hidden)}
    return kept | {"PYTHONUNBUFFERED": "1"}


def python() -> str:
    return sys.executable
