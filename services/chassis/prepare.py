"""Make ready what a service needs: `python -m services.chassis.prepare wallet`.

Migrates its database to the newest version, declares its queues, and lets its `seed.prepare`
create what it cannot live without. Safe to run again, and by several machines at once.
"""

import importlib
import sys
from pathlib import Path
from types import ModuleType

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from services.chassis.broker import declare
from services.chassis.database import Database
from services.chassis.settings import Settings

MIGRATION_LOCK = 7_120_002
ROOT = Path(__file__).resolve().parents[1]


def alembic_config(service: str, url: str) -> Config:
    """Alembic's configuration for one service; all share the environment of the chassis."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "chassis" / "migrations"))
    config.set_main_option("version_locations", str(ROOT / service / "migrations" / "versions"))
    config.set_main_option("path_separator", "os")
    config.attributes |= {"url": url, "service": service}
    return config


def migrate(service: str, url: str) -> None:
    """Under a lock: of several machines that start together one migrates, the others wait."""
    engine = create_engine(url)
    with engine.connect() as lock:
        lock.execute(text(f"SELECT pg_advisory_lock({MIGRATION_LOCK})"))
        command.upgrade(alembic_config(service, url), "head")
    engine.dispose()


def load_contracts() -> None:
    """All owners' messages: queues are drawn from the whole registry."""
    for owner in ("identity", "catalog", "ticketing", "wallet", "accounting"):
        importlib.import_module(f"contracts.{owner}")


def seed_of(service: str) -> ModuleType:
    """The service's `seed`: `prepare(database)` creates what it cannot live without."""
    return importlib.import_module(f"services.{service}.seed")


def prepare(service: str) -> None:
    load_contracts()
    settings = Settings.from_env(service)
    migrate(service, settings.database_url)
    declare(settings.amqp_url, service)
    database = Database(settings.database_url, f"{service}-prepare", pool_size=2)
    try:
        seed_of(service).prepare(database)
    finally:
        database.close()


if __name__ == "__main__":
    for name in sys.argv[1:]:
        prepare(name)
        print(f"{name}: migrated, queues declared, prepared")
