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
        try:
            pid, born = self.file.read_text().split()
        except (OSError, ValueError):
            return None
        return int(pid) if _born(int(pid)) == born else None

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
        """Ask the process to end, wait up to `patience` seconds, then kill it."""
        self.send(number)
        if not self.gone(patience):
            self.kill()
        self.file.unlink(missing_ok=True)

    def kill(self) -> None:
        """End the process at once (SIGKILL)."""
        self.send(signal.SIGKILL)
        if not self.gone(10):
            raise Failure(f"{self.name} (process {self.pid}) cannot be stopped.")

    def gone(self, seconds: float) -> bool:
        """Wait until the process has ended; False when it has not in time."""
        deadline = time.monotonic() + seconds
        while self.pid:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


def _born(pid: int) -> str | None:
    """When a living process started, in ticks since boot; None for a dead one or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, *fields = stat.rpartition(")")[2].split()
    return None if state in "ZX" else fields[18]
