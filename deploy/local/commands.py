"""The launcher's commands, inside the virtual environment. Each answers with an exit code."""

import os
import platform
import shlex
import shutil
import subprocess
import time
from argparse import Namespace
from urllib.parse import urlsplit

from deploy.local.console import Failure, say
from deploy.local.instances import Instances
from deploy.local.interrupts import Interrupted
from deploy.local.ports import Ports
from deploy.local.processes import python
from deploy.local.supervisor import ROOT
from deploy.local.system import System, changes

NOT_RUNNING = 3
WATCH_SECONDS = 1


def up(system: System, arguments: Namespace) -> int:
    """Start everything; without --detach stay until a signal or `make down` ends it."""
    if system.supervisor.running:
        say("The festival already runs:\n")
        system.revive()
        return status(system, arguments)
    started = False
    try:
        system.start()
        started = True
        if arguments.detach:
            say("  It runs in the background: make status, make logs, make down.")
            return 0
        say("  Ctrl-C stops everything.\n")
        _watch(system)
    except Interrupted:
        say()
        system.stop()
        if started:
            return 0
        raise
    if not system.supervisor.died:
        say("  Stopped from elsewhere.")
        return 0
    system.stop()
    log = system.log("supervisord")
    raise Failure("The process manager died, so everything else was stopped.", log)


def _watch(system: System) -> None:
    """Tell what happens to the processes, until their manager ends."""
    states = system.supervisor.states()
    while system.supervisor.running:
        time.sleep(WATCH_SECONDS)
        now = system.supervisor.states()
        for news in changes(states, now):
            say(f"  {news}")
        states = now or states
        system.revive()


def down(system: System, _arguments: Namespace) -> int:
    if not system.stop():
        say("Nothing runs.")
    return 0


def status(system: System, _arguments: Namespace) -> int:
    """Processes, servers, addresses, versions; exit code 3 when nothing runs."""
    settings = system.settings()
    if not settings:
        say("Nothing runs; 'make up' starts it.")
        return NOT_RUNNING
    for state in system.supervisor.states():
        say(f"  {state.name:<22}{state.state:<10}{state.detail}")
    say()
    private = Instances(system.directory, Ports.from_environment())
    for name, variable, server in (
        ("PostgreSQL", "DATABASE_URL", private.postgres),
        ("RabbitMQ", "AMQP_URL", private.rabbitmq),
    ):
        address = urlsplit(settings[variable])
        whose = "private" if server.running else "DEAD" if server.died else "not ours"
        where = f"{address.hostname}:{address.port or ''}"
        say(f"  {name:<22}{whose:<10}{where}  {server.version() if server.running else ''}")
    say(f"  {'Python':<22}{platform.python_version():<10}this project {_revision()}\n")
    say(f"  {'Gateway':<22}{settings['GATEWAY_URL']}  (API page: /docs)")
    say(f"  {'Terminal door':<22}{settings['TERMINAL_URL']}")
    say(f"  {'Passwords':<22}{system.secrets.path}")
    return 0


def logs(system: System, arguments: Namespace) -> int:
    """Follow the logs until Ctrl-C."""
    names = [process.name for process in system.plan.processes]
    if arguments.process:
        if arguments.process not in names:
            raise Failure(f"No process {arguments.process!r}; there are {', '.join(names)}.")
        names = [arguments.process]
    files = [str(system.log(name)) for name in names]
    os.execvp("tail", ["tail", "-n", "20", "-F", *files])


def env(system: System, _arguments: Namespace) -> int:
    settings = system.settings()
    for name, value in settings.items():
        say(f"{name}={shlex.quote(value)}")
    return 0 if settings else NOT_RUNNING


def run(system: System, arguments: Namespace) -> int:
    """Run a module with the running copy's settings, or as it is when nothing runs."""
    settings = system.settings()
    os.execve(
        python(), [python(), "-m", arguments.module, *arguments.rest], dict(os.environ) | settings
    )


def restore(system: System, arguments: Namespace) -> int:
    system.restore(arguments.folder.absolute())
    return 0


def clean(system: System, _arguments: Namespace) -> int:
    """Delete the data of this copy and of the test servers kept under it."""
    system.stop()
    for secrets in system.directory.rglob("secrets.env"):
        Instances(secrets.parent, Ports.from_environment()).remove()
    shutil.rmtree(system.directory, ignore_errors=True)
    return 0


def _revision() -> str:
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return described.stdout.strip() or "unknown"


COMMANDS = {
    "up": up,
    "down": down,
    "status": status,
    "logs": logs,
    "env": env,
    "run": run,
    "restore": restore,
    "clean": clean,
}
