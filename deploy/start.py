"""What a container runs: `python -m deploy.start <command>`.

    gateway | terminal                 an HTTP door, on port 8080 | 8081 unless BIND says otherwise
    identity | catalog | …             any other process of deploy/local/processes.py
    databases                          five databases and logins (DATABASE_URL: an administrator's)
    prepare <service> | seed <service> one-shot jobs; both may be repeated
    verify-wallet | verify-accounting  every chain; the books
    dead-letters …                     the parked messages
    live                               exit status 0 when the process of this container answers

A secret may be given as a file: AMQP_URL_FILE=/run/secrets/amqp-url stands for AMQP_URL.
"""

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from deploy.local.databases import OWNERS, create, variable
from deploy.local.processes import ADDRESSES, PASSWORDS, PROCESSES, SECRETS

IN_FILES = ("AMQP_URL", "DATABASE_URL", *map(variable, OWNERS), *SECRETS, *PASSWORDS)
LIVE_SECONDS = 3
MODULES = {
    "prepare": "services.chassis.prepare",
    "dead-letters": "services.chassis.dead_letters",
    "verify-wallet": "services.wallet.verify",
    "verify-accounting": "services.accounting.verify",
}


def read_secrets(env: Mapping[str, str]) -> dict[str, str]:
    """The settings that `<NAME>_FILE` points at, by name. OSError when a file cannot be read."""
    return {
        name: Path(env[f"{name}_FILE"]).read_text().strip()
        for name in IN_FILES if env.get(f"{name}_FILE")
    }


def command(name: str, *rest: str) -> tuple[str, ...]:
    """The arguments for Python. KeyError for what is no command."""
    processes = {process.name: process.command for process in PROCESSES}
    if name == "seed":
        return "-m", f"services.{OWNERS[OWNERS.index(rest[0])]}.seed"
    if name in MODULES:
        return "-m", MODULES[name], *rest
    return processes[name]


def port_of(setting: str) -> str:
    """Where a door listens in a container."""
    return ADDRESSES[setting].rpartition(":")[2]


def addresses(env: Mapping[str, str]) -> list[str]:
    """Where the process of this container may answer: one of the doors, or the metrics' port."""
    doors = [env["BIND"].rpartition(":")[2]] if "BIND" in env else map(port_of, ADDRESSES)
    return [f"http://127.0.0.1:{port}/live" for port in (*doors, env["METRICS_PORT"])]


def alive(env: Mapping[str, str]) -> bool:
    for address in addresses(env):
        try:
            with urllib.request.urlopen(address, timeout=LIVE_SECONDS) as answer:
                return bool(answer.status == 200)
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                return False
        except OSError:
            return False
    return False


def main(arguments: list[str]) -> int:
    if arguments == ["live"]:
        return 0 if alive(os.environ) else 1
    os.environ.update(read_secrets(os.environ))
    if arguments == ["databases"]:
        create(os.environ["DATABASE_URL"], [os.environ[variable(owner)] for owner in OWNERS])
        return 0
    try:
        chosen = command(*arguments)
    except (KeyError, ValueError, IndexError, TypeError):
        sys.stderr.write(__doc__ or "")
        return 2
    for process in PROCESSES:
        if process.bind and process.name == arguments[0]:
            os.environ.setdefault("BIND", f"0.0.0.0:{port_of(process.bind)}")
    os.execv(sys.executable, [sys.executable, *chosen])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
