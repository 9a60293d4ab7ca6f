"""The process manager: supervisord, its configuration made from the process list."""

import hashlib
import http.client
import tempfile
import time
import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from deploy.local.console import Failure
from deploy.local.daemon import Daemon
from deploy.local.processes import Process, inherited, python

ROOT = Path(__file__).resolve().parents[2]
MANAGER_START_SECONDS = 15
# A service finishes what it is doing on SIGTERM and cuts itself off before this.
STOP_SECONDS = 30
# The kernel's limit for a socket's path is 107; supervisord appends its number while starting.
SOCKET_PATH_MAX = 90

MANAGER = """\
[supervisord]
nodaemon = true
logfile = {logs}/supervisord.log
logfile_maxbytes = 5MB
pidfile = {run}/supervisord.own.pid
childlogdir = {logs}

[unix_http_server]
file = {socket}
chmod = 0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""

# A process that dies at once is started again after 1, 2, 3 … seconds, and never given up.
PROGRAM = """
[program:{name}]
command = {command}
directory = {root}
environment = {environment}
priority = {priority}
autorestart = true
startsecs = 2
startretries = 1000
stopsignal = TERM
stopwaitsecs = {stop_seconds}
killasgroup = true
redirect_stderr = true
stdout_logfile = {logs}/{name}.log
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 3
"""


@dataclass(frozen=True)
class State:
    """What the manager says of one process; `pid` is 0 while it does not run."""

    name: str
    state: str
    pid: int
    seconds: int
    detail: str

    @property
    def dead(self) -> bool:
        return self.state not in ("RUNNING", "STARTING")


@dataclass(frozen=True)
class Supervisor:
    directory: Path

    @property
    def running(self) -> bool:
        return self._daemon.pid is not None

    @property
    def died(self) -> bool:
        """Whether it ended without having been stopped; its processes may live on."""
        return self._daemon.died

    @property
    def logs(self) -> Path:
        return self.directory / "logs"

    def start(self, processes: Sequence[Process], settings: Mapping[str, str]) -> None:
        """Start the manager, which starts the processes; it answers when this returns."""
        config = self.directory / "supervisord.conf"
        config.touch(mode=0o600)
        config.write_text(self._configuration(processes, settings))
        self._socket.unlink(missing_ok=True)
        command = [python(), "-m", "supervisor.supervisord", "--configuration", str(config)]
        log = self.logs / "supervisord.start.log"
        self._daemon.start(command, log, inherited(), cwd=ROOT)
        deadline = time.monotonic() + MANAGER_START_SECONDS
        while not self.states():
            if not self.running or time.monotonic() > deadline:
                self.stop()
                raise Failure("The process manager did not start.", log)
            time.sleep(0.1)

    def stop(self, first: Sequence[str] = ()) -> None:
        """Stop the processes named first (the doors: take no more), then all, then the manager."""
        for batch in (set(first), None):
            names = [s.name for s in self.states() if s.pid and (batch is None or s.name in batch)]
            for name in names:
                self._call("stopProcess", name, False)
            deadline = time.monotonic() + STOP_SECONDS + 5
            while any(s.pid for s in self.states() if s.name in names):
                if time.monotonic() > deadline:
                    break
                time.sleep(0.05)
        self._daemon.stop(patience=STOP_SECONDS + 10)

    def states(self) -> list[State]:
        """One for each process; empty while no manager answers."""
        return [
            State(
                name=info["name"],
                state=info["statename"],
                pid=info["pid"],
                seconds=info["now"] - info["start"] if info["pid"] else 0,
                detail=info["spawnerr"] or info["description"],
            )
            for info in self._call("getAllProcessInfo") or []
        ]

    @property
    def _daemon(self) -> Daemon:
        return Daemon("supervisord", self.directory / "run" / "supervisord.pid")

    @property
    def _socket(self) -> Path:
        path = self.directory.absolute() / "run" / "supervisor.sock"
        if len(str(path).encode()) <= SOCKET_PATH_MAX:
            return path
        name = hashlib.sha256(str(path).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"festival-{name}.sock"

    def _call(self, method: str, *arguments: Any) -> Any:
        """None when the manager does not answer or refuses."""
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        try:
            with xmlrpc.client.ServerProxy("http://localhost", transport) as manager:
                return getattr(manager.supervisor, method)(*arguments)
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return None

    def _configuration(self, processes: Sequence[Process], settings: Mapping[str, str]) -> str:
        logs = _literal(str(self.logs.absolute()))
        run = _literal(str(self.directory.absolute() / "run"))
        sections = [MANAGER.format(logs=logs, run=run, socket=_literal(str(self._socket)))]
        for priority, process in enumerate(processes, start=1):
            pairs = process.environment(settings).items()
            sections.append(
                PROGRAM.format(
                    name=process.name,
                    command=_literal(" ".join(_quoted(p) for p in (python(), *process.command))),
                    environment=_literal(",".join(f"{k}={_quoted(v)}" for k, v in pairs)),
                    root=_literal(str(ROOT)),
                    logs=logs,
                    priority=priority,
                    stop_seconds=STOP_SECONDS,
                )
            )
        return "".join(sections)


def _quoted(value: str) -> str:
    quote = "'" if '"' in value else '"'
    return f"{quote}{value}{quote}"


def _literal(value: str) -> str:
    """supervisord expands %(name)s in its file."""
    return value.replace("%", "%%")
