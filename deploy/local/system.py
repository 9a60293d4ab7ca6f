"""The whole system on this machine: servers, databases, processes, demo festival."""

import fcntl
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local import databases
from deploy.local import processes as table
from deploy.local.console import Failure, say, step
from deploy.local.envfile import EnvFile
from deploy.local.instances import Instances
from deploy.local.interrupts import uninterrupted
from deploy.local.ports import Ports, require_free
from deploy.local.processes import PASSWORDS, PREPARATIONS, PROCESSES, SEEDS, Process
from deploy.local.supervisor import ROOT, State, Supervisor

READY_SECONDS = 90
RUN_ONCE_SECONDS = 300


@dataclass(frozen=True)
class Plan:
    """What to run; tests put small stand-ins here."""

    processes: Sequence[Process] = PROCESSES
    preparations: Sequence[Process] = PREPARATIONS
    seeds: Sequence[Process] = SEEDS


EVERYTHING = Plan()


class System:
    """One running copy, with everything it keeps under `directory`."""

    def __init__(self, directory: Path, plan: Plan = EVERYTHING) -> None:
        self.directory = directory
        self.plan = plan
        self.supervisor = Supervisor(directory)
        self.secrets = EnvFile(directory / "secrets.env")
        # What the running copy was started with, for those who ask later from another shell.
        self.told = EnvFile(directory / "running.env")
        self._demo = directory / "demo-loaded"

    def settings(self) -> dict[str, str]:
        """The environment of the running copy; empty when nothing runs."""
        return self.told.read() if self.supervisor.running else {}

    def start(self) -> None:
        """Start everything and return when it is ready; on failure nothing is left running."""
        with self._alone():
            if self.supervisor.running:
                raise Failure("The festival already runs: see 'make status', 'make down'.")
            try:
                self._start()
            except BaseException:
                say("  Stopping what was started.")
                self._stop()
                raise

    def stop(self) -> bool:
        """Stop everything, services first; False when nothing ran."""
        with self._alone(wait=True):
            servers = self._servers(existing=False)
            parts = (self.supervisor, servers.rabbitmq, servers.postgres)
            if not any(part.running or part.died for part in parts):
                return False
            self._stop()
            return True

    def restore(self, folder: Path) -> None:
        """Put the backup in `folder` back. Failure while the processes run."""
        with self._alone():
            if self.supervisor.running:
                raise Failure("Stop it first: 'make down'.")
            servers = self._servers(existing=True)
            settings = self._settings(servers)
            try:
                with step("Starting PostgreSQL and RabbitMQ"):
                    servers.start()
                databases.create(servers.postgres.url, self._addresses(servers).values())
                command = Process("restore", ("-m", "deploy.backup", "restore", str(folder)),
                                  needs=tuple(map(databases.variable, databases.OWNERS)))
                with step(f"Putting {folder} back"):
                    self._run([command], settings, "restore")
            finally:
                self._stop()
        say("  Now 'make up', then 'make verify' once all is quiet.")

    def revive(self) -> None:
        """Start a private server again that died under the running processes."""
        servers = self._servers(existing=False)
        for server in (servers.postgres, servers.rabbitmq):
            if server.died:
                with step(f"The private {type(server).__name__} died; starting it again"):
                    server.start()

    def _start(self) -> None:
        first = not self._demo.exists()
        if self.supervisor.died:
            with step("Clearing away what an earlier run left behind"):
                self.supervisor.stop()
        servers = self._servers(existing=True)
        settings = self._settings(servers)
        self._require_free_doors(settings)
        with step("Starting PostgreSQL and RabbitMQ"):
            servers.start()
        with step("Databases and their logins"):
            databases.create(servers.postgres.url, self._addresses(servers).values())
        with step("Migrations and queues"):
            self._run(self.plan.preparations, settings, "prepare")
        self.told.write(settings)
        with step("Starting the services"):
            self.supervisor.start(self.plan.processes, settings)
            self._wait_until_ready(settings)
        if first:
            for seed in self.plan.seeds:
                with step(f"Loading the demo festival: {seed.name}"):
                    self._run([seed], settings, "seed")
            self._demo.touch()
        self._announce(settings, first)

    def _stop(self) -> None:
        servers = self._servers(existing=False)
        with uninterrupted():
            if self.supervisor.running or self.supervisor.died:
                with step("Stopping the services"):
                    self.supervisor.stop(first=[p.name for p in self.plan.processes if p.bind])
            if servers.rabbitmq.running or servers.postgres.running:
                with step("Stopping RabbitMQ and PostgreSQL"):
                    servers.stop()
            self.told.path.unlink(missing_ok=True)

    def _servers(self, *, existing: bool) -> Instances:
        return Instances(self.directory, Ports.from_environment(), existing=existing)

    def _addresses(self, servers: Instances) -> dict[str, str]:
        prefix = os.environ.get("DATABASE_PREFIX", "")
        return databases.addresses(servers.postgres.url, self.secrets, prefix)

    def _settings(self, servers: Instances) -> dict[str, str]:
        """Everything any process may be told, and what scripts and tests want to know."""
        doors = {name: os.environ.get(name, usual) for name, usual in table.ADDRESSES.items()}
        made = {name: self.secrets.secret(name) for name in PASSWORDS + table.SECRETS}
        return (
            table.pick(os.environ, *table.SHARED, *table.FRONT, *table.PEOPLE)
            | {"FESTIVAL_ENV": os.environ.get("FESTIVAL_ENV", "development")}
            | {"DATABASE_URL": servers.postgres.url, "AMQP_URL": servers.rabbitmq.url}
            | self._addresses(servers)
            | doors
            | {"GATEWAY_URL": url(doors["GATEWAY_BIND"])}
            | {"TERMINAL_URL": url(doors["TERMINAL_BIND"])}
            | made
        )

    def _require_free_doors(self, settings: dict[str, str]) -> None:
        for process in self.plan.processes:
            if process.bind:
                host, port = host_and_port(process.bind, settings[process.bind])
                require_free(port, f"The {process.name}", process.bind, host)

    def _run(self, commands: Sequence[Process], settings: dict[str, str], what: str) -> None:
        """Run side by side commands that end; the first that fails is named."""
        started = []
        try:
            for command in commands:
                log = self.supervisor.logs / f"{what}-{command.name}.log"
                with log.open("wb") as output:
                    running = subprocess.Popen(
                        [table.python(), *command.command], cwd=ROOT, stdin=subprocess.DEVNULL,
                        stdout=output, stderr=output,
                        env=table.inherited() | command.environment(settings),
                    )  # fmt: skip
                started.append((command.name, running, log))
            for name, running, log in started:
                if running.wait(RUN_ONCE_SECONDS):
                    raise Failure(f"The {what} step of {name} failed.", log)
        except subprocess.TimeoutExpired:
            raise Failure(f"The {what} step took more than {RUN_ONCE_SECONDS} s.") from None
        finally:
            for _, running, _ in started:
                if running.poll() is None:
                    running.kill()
                    running.wait()

    def _wait_until_ready(self, settings: dict[str, str]) -> None:
        deadline = time.monotonic() + float(os.environ.get("READY_SECONDS", READY_SECONDS))
        doors = {p.name: settings[p.bind] for p in self.plan.processes if p.bind}
        pids: dict[str, int] = {}
        while True:
            states = self.supervisor.states()
            for state in states:
                if state.dead or pids.setdefault(state.name, state.pid) != state.pid:
                    raise Failure(f"{state.name} did not stay up.", self.log(state.name))
            late = {s.name: s.detail for s in states if s.state != "RUNNING"}
            late |= {name: said for name, bind in doors.items() if (said := not_ready(bind))}
            if states and not late:
                return
            if time.monotonic() > deadline:
                name, said = next(iter(late.items()), ("The process manager", "no answer"))
                raise Failure(f"{name} did not become ready in time: {said}", self.log(name))
            time.sleep(0.2)

    def log(self, name: str) -> Path:
        return self.supervisor.logs / f"{name}.log"

    def _announce(self, settings: dict[str, str], first: bool) -> None:
        say("\n  The festival is open.\n")
        say(f"    Gateway         {settings['GATEWAY_URL']}")
        say(f"    API page        {settings['GATEWAY_URL']}/docs")
        say(f"    Terminal door   {settings['TERMINAL_URL']}")
        if first:
            say(f"    Sign in as      admin, password {settings['ADMIN_PASSWORD']}")
            say(f"                    (shown this once; all are kept in {self.secrets.path})")
        say()

    @contextmanager
    def _alone(self, wait: bool = False) -> Iterator[None]:
        """One launcher at a time starts or stops this copy."""
        self.supervisor.logs.mkdir(parents=True, exist_ok=True)
        with (self.directory / "launcher.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                raise Failure("Another launcher is starting or stopping this copy.") from None
            yield


def changes(before: Sequence[State], now: Sequence[State]) -> list[str]:
    """What a person watching should hear: processes that ended or were started again."""
    known = {state.name: state for state in before}
    news = []
    for state in now:
        old = known.get(state.name)
        if state.dead and not (old and old.dead):
            news.append(f"{state.name} ended: {state.detail}. It will be started again.")
        elif old and state.pid != old.pid and state.pid:
            news.append(f"{state.name} was started again.")
    return news


def host_and_port(setting: str, bind: str) -> tuple[str, int]:
    host, _, port = bind.rpartition(":")
    if not host or not port.isdecimal():
        raise Failure(f"{setting} must be like 127.0.0.1:8080, not {bind!r}.")
    return host, int(port)


def url(bind: str) -> str:
    """The address to type on this machine for something that listens at `bind`."""
    return "http://" + bind.replace("0.0.0.0", "127.0.0.1")


def not_ready(bind: str) -> str | None:
    """Why the door at `bind` is not ready, None when it is."""
    try:
        with urllib.request.urlopen(f"{url(bind)}/ready", timeout=5) as answer:
            return None if answer.status == 200 else f"it answers {answer.status}"
    except urllib.error.HTTPError as error:
        return f"it answers {error.code} {error.read(500).decode(errors='replace')}"
    except OSError as error:
        return str(error)
