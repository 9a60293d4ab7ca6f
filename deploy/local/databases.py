"""One database and one login for each service, on any server whose administrator we are."""

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from deploy.local.console import Failure
from deploy.local.envfile import EnvFile
from deploy.local.postgres import MIN_MAJOR

OWNERS = ("identity", "catalog", "ticketing", "wallet", "accounting")
STATEMENTS = Path(__file__).parents[1] / "postgres"


def variable(owner: str) -> str:
    """The environment variable that carries a service's database address."""
    return f"{owner.upper()}_DATABASE_URL"


def addresses(admin_url: str, secrets: EnvFile, prefix: str = "") -> dict[str, str]:
    """Each service's own address on the administrator's server: {"IDENTITY_DATABASE_URL": …}.

    `prefix` keeps several checkouts apart on one server.
    """
    address = urlsplit(admin_url)
    where = address.netloc.rpartition("@")[2]
    found = {}
    for owner in OWNERS:
        name, password = f"{prefix}{owner}", secrets.secret(f"{owner.upper()}_PASSWORD")
        netloc = f"{name}:{password}@{where}"
        found[variable(owner)] = urlunsplit(address._replace(netloc=netloc, path=f"/{name}"))
    return found


def create(admin_url: str, urls: Iterable[str]) -> None:
    """Create the databases and logins that `addresses` named. Repeatable."""
    try:
        with psycopg.connect(admin_url, autocommit=True, connect_timeout=10) as admin:
            if admin.info.server_version < MIN_MAJOR * 10_000:
                raise Failure(f"The PostgreSQL server is too old: {MIN_MAJOR} or newer is needed.")
            for url in urls:
                _create_one(admin, url)
    except psycopg.OperationalError as error:
        raise Failure(f"No PostgreSQL answers as its administrator: {error}") from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise Failure(f"DATABASE_URL must be an administrator's: {error}") from None


def _create_one(admin: psycopg.Connection, url: str) -> None:
    wanted = urlsplit(url)
    name = wanted.path.removeprefix("/")
    parts = {
        "name": sql.Literal(name),
        "login": sql.Identifier(name),
        "database": sql.Identifier(name),
        "password": sql.Literal(wanted.password),
    }
    admin.execute(_statement("login.sql").format(**parts))
    if not admin.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
        admin.execute(sql.SQL("CREATE DATABASE {database} ENCODING 'UTF8'").format(**parts))
    admin.execute(_statement("database.sql").format(**parts))


def _statement(file: str) -> sql.SQL:
    return sql.SQL((STATEMENTS / file).read_text())
