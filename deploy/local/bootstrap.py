"""Debian packages and the virtual environment. Standard library only: nothing exists before it.

`python3 -m deploy.local.bootstrap` is instant when nothing is missing.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from ctypes.util import find_library
from pathlib import Path

from deploy.local import postgres, rabbitmq
from deploy.local.console import Failure, say, step

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.lock"
LOGS = ROOT / ".local" / "logs"
WANTED_PYTHON = (3, 11)
LIMIT_SECONDS = 1200

INSTALLER = Path(__file__).with_name("install-packages.sh")
FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
LIBRARIES = {
    "libpango-1.0-0": "pango-1.0",
    "libpangocairo-1.0-0": "pangocairo-1.0",
    "libpangoft2-1.0-0": "pangoft2-1.0",
}
PROGRAMS = {"zbar-tools": "zbarimg", "poppler-utils": "pdftoppm", "hledger": "hledger"}


def main() -> None:
    install_packages()
    make_environment()


def missing_packages() -> list[str]:
    """The Debian packages whose work nothing on this machine does yet."""
    missing = []
    if not os.environ.get("DATABASE_URL") and not postgres.installed():
        missing.append("postgresql")
    if not os.environ.get("AMQP_URL") and not rabbitmq.installed():
        missing.append("rabbitmq-server")
    missing += [package for package, name in LIBRARIES.items() if not find_library(name)]
    missing += [package for package, name in PROGRAMS.items() if not shutil.which(name)]
    if not FONT.exists():
        missing.append("fonts-dejavu-core")
    if not PYTHON.exists() and not _can_make_environments():
        missing.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    return missing


def install_packages() -> None:
    """Install what is missing when we may; Failure otherwise."""
    missing = missing_packages()
    if not missing:
        return
    names = " ".join(missing)
    if not shutil.which("apt-get"):
        raise Failure(f"This machine lacks what Debian calls: {names}. Install it and try again.")
    command = [str(INSTALLER), *missing]
    if os.geteuid() != 0:
        if not _may_sudo():
            raise Failure(
                "Packages are missing and neither root nor sudo without a password is at hand: "
                f"run 'sudo apt-get install {names}' and try again."
            )
        command = ["sudo", "-n", *command]
    with step(f"Installing with apt: {names}"):
        _run("apt", command, "apt could not install the missing packages (is the network there?).")
    importlib.invalidate_caches()
    if still := missing_packages():
        raise Failure(f"apt installed its packages, yet these do not work: {' '.join(still)}.")


def make_environment() -> None:
    """Bring .venv to what the lock file says; instant when it is there already."""
    stamp = VENV / "made-from"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted and _environment_works():
        return
    if sys.version_info[:2] != WANTED_PYTHON:
        version = ".".join(map(str, WANTED_PYTHON))
        raise Failure(f"Python {version} is needed; this one is {sys.version.split()[0]}.")
    stamp.unlink(missing_ok=True)
    if not _environment_works():
        with step("Creating the virtual environment"):
            _run(
                "venv",
                [sys.executable, "-m", "venv", "--clear", str(VENV)],
                "The virtual environment could not be made.",
            )
    with step("Installing the Python packages of requirements.lock"):
        _run(
            "pip",
            [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", "--retries", "2",
             "--disable-pip-version-check", "--require-hashes", "--requirement", str(LOCK)],
            "The Python packages could not be installed (is the network there?).",
        )  # fmt: skip
    stamp.write_text(wanted)


def _environment_works() -> bool:
    """Not after the checkout was moved, or when another Python made it."""
    test = f"import pip, sys; sys.exit(sys.version_info[:2] != {WANTED_PYTHON})"
    try:
        tried = subprocess.run([PYTHON, "-c", test], capture_output=True, check=False)
    except OSError:
        return False
    return tried.returncode == 0


def _can_make_environments() -> bool:
    return bool(importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"))


def _may_sudo() -> bool:
    if not shutil.which("sudo"):
        return False
    return subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0


def _run(name: str, command: Sequence[str], sentence: str) -> None:
    """Run with output to the log of that name; Failure with the given sentence when it fails."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{name}.log"
    with log.open("wb") as output:
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                timeout=LIMIT_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Failure(f"{sentence} It took more than {LIMIT_SECONDS} s.", log) from None
    if done.returncode:
        raise Failure(sentence, log)


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        say(f"\n{failure}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
