"""A private PostgreSQL server."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from deploy.local.console import Failure
from deploy.local.daemon import Daemon
from deploy.local.envfile import EnvFile
from deploy.local.ports import HOST, require_free

MIN_MAJOR = 15
# PostgreSQL refuses to run as root; Debian's package brings this account.
ACCOUNT = "postgres"
# Where the data goes when that account may not enter the checkout's own folders.
ELSEWHERE = Path("/var/lib/festival")
START_SECONDS = 60


@dataclass(frozen=True)
class PostgreSQL:
    """One server with its data in `directory`, on 127.0.0.1:`port`, superuser `postgres`.

    With `durable` off it does not wait for the disk: faster, safe against a killed process but
    not against a power cut. For tests.
    """

    directory: Path
    port: int
    secrets: EnvFile
    durable: bool = True
    private = True

    @property
    def url(self) -> str:
        password = self.secrets.secret("POSTGRES_PASSWORD")
        return f"postgresql://postgres:{password}@{HOST}:{self.port}/postgres"

    @property
    def log(self) -> Path:
        return self.directory.parent / "logs" / "postgresql.log"

    @property
    def running(self) -> bool:
        return self._daemon.pid is not None

    @property
    def died(self) -> bool:
        """Whether it ended without having been stopped."""
        return self._daemon.died

    @property
    def _daemon(self) -> Daemon:
        return Daemon("PostgreSQL", self.directory.parent / "run" / "postgresql.pid")

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    def start(self) -> None:
        """Create the data on first use, start, and return when it answers."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """The part of `start` that does not wait."""
        if self.running:
            return
        require_free(self.port, "PostgreSQL", "POSTGRES_PORT")
        if not (self._data / "PG_VERSION").exists():
            self._create()
        self._forget_dead_server()
        options = {
            "port": self.port,
            "listen_addresses": HOST,
            "unix_socket_directories": "",
            "max_connections": 200,
            "shared_buffers": "256MB",
            "log_min_messages": "warning",
        }
        if not self.durable:
            options |= {"fsync": "off", "full_page_writes": "off"}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        command = [str(_program("postgres")), "-D", str(self._data.resolve()), *settings]
        self._daemon.start(command, self.log, _environment(), user=_account())

    def wait(self) -> None:
        """Return when the server answers; Failure when it does not in time."""
        asking = [str(_program("pg_isready")), "-q", "-h", HOST, "-p", str(self.port)]
        deadline = time.monotonic() + START_SECONDS
        while subprocess.run(asking, env=_environment(), check=False).returncode:
            if not self.running or time.monotonic() > deadline:
                self.stop()
                raise Failure("PostgreSQL did not start.", self.log)
            time.sleep(0.1)

    def stop(self) -> None:
        """Shut down cleanly, cutting the connections that are open."""
        self._daemon.stop(signal.SIGINT)

    def kill(self) -> None:
        """End it without a clean shutdown: the next start recovers as after a crash."""
        self._daemon.stop(signal.SIGQUIT)

    def remove(self) -> None:
        """Stop, and delete the data for good."""
        self.stop()
        shutil.rmtree(self.directory.resolve(), ignore_errors=True)
        if self.directory.is_symlink():
            self.directory.unlink()

    def version(self) -> str:
        output = subprocess.check_output([_program("postgres"), "--version"], text=True)
        return output.split()[2]

    def _create(self) -> None:
        """Make the cluster beside its final place, so that a half-made one is never used."""
        account = _account()
        self._make_directory(account)
        home = self.directory.resolve()
        if (home / "data").exists():
            raise Failure(f"{home / 'data'} is damaged; 'make clean' deletes all local data.")
        partial = home / "data.partial"
        shutil.rmtree(partial, ignore_errors=True)
        password = home / "password"
        password.touch(mode=0o600)
        password.write_text(self.secrets.secret("POSTGRES_PASSWORD"))
        if account:
            shutil.chown(password, account)
        command = [
            str(_program("initdb")), "--pgdata", str(partial), "--username=postgres",
            f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8",
        ]  # fmt: skip
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            made = subprocess.run(
                command, stdout=output, stderr=output, env=_environment(), cwd="/", check=False,
                user=account, group=account, extra_groups=[] if account else None,
            )  # fmt: skip
        password.unlink()
        if made.returncode:
            raise Failure("PostgreSQL's data folder could not be made.", self.log)
        partial.rename(home / "data")

    def _make_directory(self, account: str | None) -> None:
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        if account is None:
            self.directory.mkdir(exist_ok=True)
            return
        if not self.directory.exists():
            self.directory.unlink(missing_ok=True)  # a link whose goal is gone
            if _can_enter(account, self.directory.parent):
                self.directory.mkdir()
            else:
                ELSEWHERE.mkdir(parents=True, exist_ok=True)
                self.directory.symlink_to(tempfile.mkdtemp(prefix="postgresql-", dir=ELSEWHERE))
        shutil.chown(self.directory, account)

    def _forget_dead_server(self) -> None:
        """A crash leaves PostgreSQL's own note, which stops it when that number is used again."""
        note = self._data.resolve() / "postmaster.pid"
        try:
            pid = int(note.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            note.unlink(missing_ok=True)
            return
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            arguments = []
        if str(self._data.resolve()).encode() in arguments:
            raise Failure(
                f"Process {pid} already serves this checkout's PostgreSQL data, unknown to the "
                f"launcher: stop it first (kill -INT {pid})."
            )
        note.unlink(missing_ok=True)


def installed() -> bool:
    """Whether a recent enough server is on this machine."""
    try:
        _program("postgres")
    except Failure:
        return False
    return True


def _program(name: str) -> Path:
    """The newest installed server's program; Debian keeps them out of PATH."""
    folders = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if _major(path)]
    folders.sort(key=_major, reverse=True)
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).parent)
    for folder in folders:
        if (folder / "postgres").exists() and (_major(folder) or MIN_MAJOR) >= MIN_MAJOR:
            return folder / name
    raise Failure(f"PostgreSQL {MIN_MAJOR} or newer is not installed.")


def _major(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdecimal() else 0


def _account() -> str | None:
    """The account to run as, None for the present one."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(ACCOUNT).pw_name
    except KeyError:
        raise Failure(f"PostgreSQL does not run as root, and no user {ACCOUNT} exists.") from None


def _can_enter(account: str, folder: Path) -> bool:
    entering = subprocess.run(
        ["test", "-x", str(folder)],
        user=account, group=account, extra_groups=[], cwd="/", check=False,
    )  # fmt: skip
    return entering.returncode == 0


def _environment() -> dict[str, str]:
    """PG* settings of the person's shell must not reach the private server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
