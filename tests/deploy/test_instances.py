"""The private PostgreSQL and RabbitMQ: five closed databases, crashes, ports, stale notes."""

import itertools
import os
import shutil
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy.local import databases
from deploy.local.console import Failure
from deploy.local.envfile import EnvFile
from deploy.local.instances import Instances
from tests.deploy.ports import OTHER_PORTS, PORTS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instances]:
    instances = Instances(tmp_path_factory.mktemp("pair"), PORTS, durable=False)
    with instances.running():
        yield instances
    instances.remove()


@pytest.fixture(scope="module")
def urls(pair: Instances) -> dict[str, str]:
    addresses = databases.addresses(pair.postgres.url, EnvFile(pair.directory / "secrets.env"))
    for _ in range(2):  # it may be run again
        databases.create(pair.postgres.url, addresses.values())
    return addresses


def test_each_login_works_in_its_own_database(urls: dict[str, str]) -> None:
    for owner in databases.OWNERS:
        with psycopg.connect(urls[databases.variable(owner)]) as connection:
            connection.execute("CREATE TABLE proof (id int)")
            who = connection.execute("SELECT current_user, current_database()").fetchone()
            assert who == (owner, owner)
            assert connection.execute("SHOW timezone").fetchone() == ("UTC",)


@pytest.mark.parametrize(("owner", "other"), [*itertools.permutations(databases.OWNERS, 2)])
def test_no_login_reaches_another_database(urls: dict[str, str], owner: str, other: str) -> None:
    address = urls[databases.variable(owner)].removesuffix(f"/{owner}") + f"/{other}"
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(address)


def test_a_login_needs_its_password(urls: dict[str, str]) -> None:
    address = urls["WALLET_DATABASE_URL"]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(address.replace("wallet:", "wallet:x"))


def test_secrets_are_closed_to_others(pair: Instances) -> None:
    mode = (pair.directory / "secrets.env").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_postgres_account_reaches_the_data_of_a_closed_folder(pair: Instances) -> None:
    """Under root the test's folder is closed to it: the data is then kept elsewhere."""
    data = pair.postgres.directory
    assert data.is_symlink() is (os.geteuid() == 0)
    assert (data / "data" / "PG_VERSION").exists()


def test_data_whose_checkout_was_deleted_is_in_nobodys_way(tmp_path: Path) -> None:
    """Kept elsewhere under root, it outlives a deleted checkout, whose place is then used again."""
    kept = []
    for _ in range(2):
        folder = tmp_path / "checkout"
        instances = Instances(folder, OTHER_PORTS, durable=False)
        instances.postgres.start()
        instances.postgres.stop()
        kept.append(instances.postgres.directory.resolve())
        shutil.rmtree(folder)
    assert kept[0] != kept[1] or os.geteuid() != 0
    for folder in kept:
        shutil.rmtree(folder, ignore_errors=True)


def test_postgres_comes_back_after_a_crash(pair: Instances, urls: dict[str, str]) -> None:
    with psycopg.connect(urls["CATALOG_DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept (id int)")
    pair.postgres.kill()
    assert not pair.postgres.running
    pair.postgres.start()
    with psycopg.connect(urls["CATALOG_DATABASE_URL"]) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_stale_note_with_a_living_innocent_process(pair: Instances) -> None:
    pair.postgres.stop()
    (pair.postgres.directory / "data" / "postmaster.pid").write_text(f"{os.getppid()}\n/x\n1\n")
    pair.postgres.start()
    assert pair.postgres.running


def test_rabbitmq_stopped_and_started_keeps_its_queues(pair: Instances) -> None:
    pair.rabbitmq.ctl("await_startup")
    pair.rabbitmq.stop()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", PORTS.epmd)) != 0
    pair.rabbitmq.start()
    assert pair.rabbitmq.ctl("list_vhosts", "name").split() == ["name", "festival"]


@pytest.mark.parametrize("port", ["postgres", "amqp", "distribution", "epmd"])
def test_a_port_in_use_is_one_sentence_and_leaves_nothing(tmp_path: Path, port: str) -> None:
    number = getattr(OTHER_PORTS, port)
    instances = Instances(tmp_path, OTHER_PORTS)
    refusal = pytest.raises(Failure, match=rf"cannot use port {number} .*choose another with [A-Z]")
    with socket.create_server(("127.0.0.1", number)), refusal:
        instances.start()
    assert not instances.postgres.running
    assert not instances.rabbitmq.running
    instances.remove()


def test_unusable_data_is_one_sentence_with_the_log(pair: Instances) -> None:
    pair.postgres.stop()
    control = pair.postgres.directory / "data" / "global" / "pg_control"
    aside = control.rename(control.with_name("aside"))
    try:
        with pytest.raises(Failure, match="PostgreSQL did not start") as caught:
            pair.postgres.start()
        assert "postgresql.log" in str(caught.value)
        assert not pair.postgres.running
    finally:
        aside.rename(control)
    pair.postgres.start()


def test_existing_servers_are_used_and_never_stopped(
    pair: Instances, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", pair.postgres.url)
    monkeypatch.setenv("AMQP_URL", pair.rabbitmq.url)
    borrowed = Instances(tmp_path, PORTS, existing=True)
    with borrowed.running():
        assert borrowed.postgres.url == pair.postgres.url
        assert not borrowed.rabbitmq.private
    borrowed.remove()
    assert pair.postgres.running and pair.rabbitmq.running


def test_existing_broker_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://postgres@127.0.0.1:1/postgres")
    monkeypatch.setenv("AMQP_URL", "amqp://guest:guest@127.0.0.1:1/")
    with pytest.raises(Failure, match=r"No RabbitMQ answers at 127\.0\.0\.1:1"):
        Instances(tmp_path, PORTS, existing=True).start()
    with pytest.raises(Failure, match="No PostgreSQL answers"):
        databases.create(os.environ["DATABASE_URL"], [])
