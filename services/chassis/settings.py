"""Everything that differs between machines, read once from the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.roles import Role


@dataclass(frozen=True, slots=True)
class Settings:
    """`database_url` is the database of the one service this process belongs to."""

    service: str
    amqp_url: str
    database_url: str = ""
    max_workers: int = 10
    time_zone: str = "Europe/Zurich"
    hold_seconds: int = 900
    admission_minutes: int = 180
    places_per_buyer: int = 0
    festival_name: str = "Festival"
    payment_webhook_secret: str = ""
    second_factor_roles: frozenset[Role] = frozenset()
    production: bool = False
    log_level: str = "INFO"
    log_json: bool = False

    @classmethod
    def from_env(cls, service: str, env: Mapping[str, str] = os.environ) -> "Settings":
        """`service` may be a process name (`ticketing-documents`): the owner comes first."""
        owner = re.split("[-_]", service, maxsplit=1)[0]
        return cls(
            service=owner,
            amqp_url=env.get("AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//"),
            database_url=_driver(env.get(f"{owner.upper()}_DATABASE_URL", "")),
            max_workers=int(env.get("MAX_WORKERS", "10")),
            time_zone=env.get("TIME_ZONE", "Europe/Zurich"),
            hold_seconds=int(env.get("HOLD_SECONDS", "900")),
            admission_minutes=int(env.get("ADMISSION_MINUTES", "180")),
            places_per_buyer=int(env.get("PLACES_PER_BUYER", "0")),
            festival_name=env.get("FESTIVAL_NAME", "Festival"),
            payment_webhook_secret=env.get("PAYMENT_WEBHOOK_SECRET", ""),
            second_factor_roles=frozenset(map(Role, filter(
                None, env.get("SECOND_FACTOR_ROLES", "").split(",")
            ))),
            production=env.get("FESTIVAL_ENV", "development") == "production",
            log_level=env.get("LOG_LEVEL", "INFO").upper(),
            log_json=env.get("LOG_FORMAT", "console") == "json",
        )


def _driver(url: str) -> str:
    """Plain `postgresql://` addresses are opened with psycopg 3."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)
