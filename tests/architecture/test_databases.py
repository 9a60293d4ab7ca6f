"""Each service's database: one line of migrations, which ends where the models are."""

from collections.abc import Iterator
from importlib import import_module

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData, create_engine, inspect, text

from contracts.generate import OWNERS
from services.chassis.prepare import alembic_config, migrate
from tests.running import Servers

KINDS = {
    "columns": """
        SELECT table_name || '.' || column_name || ': ' || data_type
               || CASE WHEN is_nullable = 'NO' THEN ' NOT NULL' ELSE '' END
        FROM information_schema.columns WHERE table_schema = 'public'
    """,
    "constraints": """
        SELECT conrelid::regclass || '.' || conname || ': ' || pg_get_constraintdef(oid)
        FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 AND contype <> 't'
    """,
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
}


@pytest.fixture(params=OWNERS)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def engines(servers: Servers) -> Iterator[tuple[Engine, Engine]]:
    """Two empty databases: one to migrate, one to make from the models."""
    names = [servers.create_database("cha_schema") for _ in range(2)]
    migrated, made = (create_engine(servers.database_url(name)) for name in names)
    yield migrated, made
    for engine, name in zip((migrated, made), names, strict=True):
        engine.dispose()
        servers.drop_database(name)


def url_of(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def facts(engine: Engine, kind: str) -> set[str]:
    with engine.connect() as connection:
        found = set(connection.scalars(text(KINDS[kind])))
    return {item for item in found if "alembic_version" not in item}


def _make(service: str, engine: Engine, metadata: MetaData) -> None:
    """The tables as the models say; the functions, which migrations alone know, stay."""
    migrate(service, url_of(engine))
    with engine.begin() as connection:
        for table in inspect(connection).get_table_names():
            connection.execute(text(f'DROP TABLE "{table}" CASCADE'))
    metadata.create_all(engine)


def test_there_is_one_newest_migration(service: str) -> None:
    scripts = ScriptDirectory.from_config(alembic_config(service, ""))
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1


def test_migrations_end_where_the_models_are(
    service: str, engines: tuple[Engine, Engine]
) -> None:
    migrated, made = engines
    metadata = import_module(f"services.{service}.models").Base.metadata
    migrate(service, url_of(migrated))
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    _make(service, made, metadata)
    for kind in KINDS:
        assert facts(migrated, kind) == facts(made, kind), kind


def test_migrating_again_changes_nothing(service: str, engines: tuple[Engine, Engine]) -> None:
    migrated, _ = engines
    migrate(service, url_of(migrated))
    before = {kind: facts(migrated, kind) for kind in KINDS}
    migrate(service, url_of(migrated))
    assert {kind: facts(migrated, kind) for kind in KINDS} == before
