"""Background processes that outlive the launcher and are found again through a file."""

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.local.console import Failure


@dataclass(frozen=True)
class Daemon:
    """One background process. Its file holds its number and the moment it was born, so that a
    stale file never points at an innocent process that was given the same number later."""

    name: str
    file: Path

    @property
    def pid(self) -> int | None:
        """The number of the living process, or None."""
        pid, born = self._note()
        return pid if pid and _born(pid) == born else None

    @property
    def died(self) -> bool:
        """Whether it ended without having been stopped from here."""
        return self.file.exists() and self.pid is None

    def start(
        self,
        command: Sequence[str],
        log: Path,
        env: Mapping[str, str],
        *,
        cwd: Path = Path("/"),
        user: str | None = None,
    ) -> None:
        """Start in a session of its own: a Ctrl-C in the terminal reaches the launcher alone."""
        log.parent.mkdir(parents=True, exist_ok=True)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        group = pwd.getpwnam(user).pw_gid if user else None
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
                user=user,
                group=group,
                extra_groups=[] if user else None,
            )
        self.file.write_text(f"{process.pid} {_born(process.pid)}\n")

    def send(self, number: int) -> None:
        """Send a signal if the process lives."""
        if pid := self.pid:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def stop(self, number: int = signal.SIGTERM, patience: float = 30) -> None:
        """Ask it to end, wait up to `patience` seconds, then kill it; the same for what it left
        behind. Does nothing when there is nothing."""
        self.send(number)
        self.gone(patience)
        self._end_orphans(patience)
        self.kill()

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        self.send(signal.SIGKILL)
        if not self.gone(10):
            raise Failure(f"{self.name} (process {self.pid}) cannot be stopped.")
        self.file.unlink(missing_ok=True)

    def _end_orphans(self, patience: float) -> None:
        """The children of a leader that was killed live on in its session."""
        leader, _ = self._note()
        if leader is None or _born(leader):
            return
        for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 10)):
            deadline = time.monotonic() + seconds
            for pid in session(leader):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            while session(leader) and time.monotonic() < deadline:
                time.sleep(0.1)

    def gone(self, seconds: float) -> bool:
        """Wait until the process has ended; False when it has not in time."""
        deadline = time.monotonic() + seconds
        while self.pid:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def _note(self) -> tuple[int | None, str]:
        try:
            pid, born = self.file.read_text().split()
            return int(pid), born
        except (OSError, ValueError):
            return None, ""


def _born(pid: int) -> str | None:
    """When a living process started, in ticks since boot; None for a dead one or a zombie."""
    fields = _fields(pid)
    return fields[19] if fields else None


def session(leader: int) -> list[int]:
    """The living processes of a session."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return [pid for pid in pids if (fields := _fields(pid)) and fields[3] == str(leader)]


def _fields(pid: int) -> list[str]:
    """What the kernel tells of a living process, after its name: state, parent, group, session…"""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    fields = stat.rpartition(")")[2].split()
    return [] if fields[0] in "ZX" else fields
