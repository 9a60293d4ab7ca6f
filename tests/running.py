"""The system under test: its two servers, and all of its processes."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import amqp
import psycopg
import requests
from kombu import Connection
from psycopg import sql

from contracts.message import REGISTRY
from deploy.local.databases import OWNERS, variable
from deploy.local.instances import Instances
from deploy.local.processes import PREPARATIONS, PROCESSES, SEEDS, Process, python

ROOT = Path(__file__).resolve().parents[1]
READY_S = 60


class Servers:
    """The PostgreSQL and RabbitMQ of a test run; `pair` stops and restarts them."""

    def __init__(self, pair: Instances) -> None:
        self.pair = pair
        self.amqp_url = pair.rabbitmq.url

    def create_database(self, prefix: str, template: str = "template1") -> str:
        name = f"{prefix}_{uuid4().hex[:12]}"
        self._admin("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def drop_database(self, name: str) -> None:
        self._admin("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def database_url(self, name: str) -> str:
        """For SQLAlchemy, as the administrator."""
        address = urlsplit(self.pair.postgres.url)
        return urlunsplit(address._replace(scheme="postgresql+psycopg", path=f"/{name}"))

    def delete_queues(self) -> None:
        """A broker that was used before starts as if it were new."""
        names = {item.queue(who) for item in REGISTRY.values() for who in item.consumers}
        names |= {f"{owner}.dead-letters" for owner in OWNERS}
        with Connection(self.amqp_url) as connection:
            for name in names:
                try:
                    connection.channel().queue_delete(name)
                except amqp.exceptions.NotFound:
                    continue

    def _admin(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.pair.postgres.url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


class Festival:
    """All processes of `deploy.local.processes`, started and stopped one by one if need be."""

    def __init__(self, servers: Servers, directory: Path, secrets: dict[str, str]) -> None:
        self.servers = servers
        self.directory = directory
        self.secrets = secrets
        self.databases: dict[str, str] = {}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        gateway, terminal = free_port(), free_port()
        self.gateway = f"http://127.0.0.1:{gateway}"
        self.terminal = f"http://127.0.0.1:{terminal}"
        self.settings = secrets | {
            "AMQP_URL": servers.amqp_url, "LOG_LEVEL": "INFO", "HOLD_SECONDS": "900",
            "RATE_LOGIN": "1000/1000",
            "GATEWAY_BIND": f"127.0.0.1:{gateway}", "TERMINAL_BIND": f"127.0.0.1:{terminal}",
        }

    def start(self) -> None:
        self.servers.delete_queues()
        for owner in OWNERS:
            self.databases[owner] = self.servers.create_database(f"f_{owner}")
            url = self.servers.database_url(self.databases[owner])
            self.settings[variable(owner)] = url.replace("+psycopg", "")
        preparing = [self._spawn(process, f"prepare-{process.name}") for process in PREPARATIONS]
        for process, popen in zip(PREPARATIONS, preparing, strict=True):
            if popen.wait(READY_S):
                log = self.log(f"prepare-{process.name}")
                raise AssertionError(f"prepare {process.name}:\n{log}")
        for process in PROCESSES:
            self.start_process(process.name)
        self.wait_ready()

    def seed(self) -> None:
        """Load the demo festival, as the launcher does at the first start."""
        for process in SEEDS:
            if self._spawn(process, f"seed-{process.name}").wait(READY_S):
                raise AssertionError(f"seed {process.name}:\n{self.log(f'seed-{process.name}')}")

    def pause(self) -> None:
        """Stop the processes: a second system on the same broker would share its queues."""
        for name in list(self.running):
            self.stop_process(name)

    def resume(self) -> None:
        for process in PROCESSES:
            self.start_process(process.name)
        self.wait_ready()

    def start_process(self, name: str) -> None:
        process = next(item for item in PROCESSES if item.name == name)
        self.running[name] = self._spawn(process, name)

    def stop_process(self, name: str, how: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit status."""
        popen = self.running.pop(name)
        popen.send_signal(how)
        return popen.wait(40)

    def wait_ready(self) -> None:
        for url in (self.gateway, self.terminal):
            wait_until(lambda url=url: self._answers(url), READY_S, self._state)

    def stop(self) -> None:
        for popen in self.running.values():
            popen.terminate()
        for name, popen in self.running.items():
            try:
                popen.wait(30)
            except subprocess.TimeoutExpired:
                popen.kill()
                raise AssertionError(f"{name} did not stop:\n{self.log(name)}") from None
        self.running.clear()
        for name in self.databases.values():
            self.servers.drop_database(name)

    def token(self, username: str = "admin", password: str | None = None) -> str:
        """An access token of a user; passwords of demo users are known."""
        given = password or self.secrets[f"{username.upper()}_PASSWORD"]
        answer = requests.post(
            f"{self.gateway}/v1/auth/login", timeout=10,
            json={"username": username, "password": given},
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def log(self, name: str) -> str:
        path = self.directory / f"{name}.log"
        return path.read_text()[-5_000:] if path.exists() else ""

    def _spawn(self, process: Process, log: str) -> subprocess.Popen[bytes]:
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        with (self.directory / f"{log}.log").open("ab") as out:
            return subprocess.Popen(
                [python(), *process.command], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
                env=kept | {"PYTHONUNBUFFERED": "1"} | process.environment(self.settings),
            )

    def _answers(self, url: str) -> bool:
        dead = [name for name, popen in self.running.items() if popen.poll() is not None]
        assert not dead, f"{dead[0]} has ended:\n{self.log(dead[0])}"
        try:
            return requests.get(f"{url}/ready", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def _state(self) -> str:
        tails = [f"--- {name}\n{self.log(name)[-1_000:]}" for name in self.running]
        return "not ready in time\n" + "\n".join(tails)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition, seconds: float = 10, explain=lambda: "not in time") -> None:
    """Poll until true; AssertionError with the explanation otherwise."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.05)
