"""`python3 -m deploy.local up|down|status|logs|env|run|restore|clean`: what the Makefile calls."""

import argparse
import os
import sys
from pathlib import Path

from deploy.local import bootstrap
from deploy.local.console import Failure, say
from deploy.local.envfile import EnvFile
from deploy.local.interrupts import Interrupted, raise_interrupted

ROOT = bootstrap.ROOT
NOT_RUNNING = 3


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m deploy.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start everything")
    up.add_argument("--detach", action="store_true", help="return when it is ready")
    commands.add_parser("down", help="stop everything")
    commands.add_parser("status", help="what runs, where, in which version")
    logs = commands.add_parser("logs", help="follow the logs")
    logs.add_argument("process", nargs="?", help="of one process only")
    commands.add_parser("env", help="the running copy's settings as KEY=value")
    run = commands.add_parser("run", help="run a module with those settings")
    run.add_argument("module")
    run.add_argument("rest", nargs=argparse.REMAINDER)
    restore = commands.add_parser("restore", help="put a backup back, while nothing runs")
    restore.add_argument("folder", type=Path)
    commands.add_parser("clean", help="stop everything and delete all local data")
    arguments = parser.parse_args()
    for name, value in EnvFile(ROOT / ".env").read().items():
        os.environ.setdefault(name, value)
    if arguments.command == "up":
        bootstrap.main()
    _inside_environment()
    # From here on the packages of the virtual environment are there.
    from deploy.local.commands import COMMANDS
    from deploy.local.system import System

    directory = Path(os.environ.get("FESTIVAL_DIRECTORY", ROOT / ".local")).absolute()
    return COMMANDS[arguments.command](System(directory), arguments)


def _inside_environment() -> None:
    """Go on inside the virtual environment: same process, same arguments."""
    if Path(sys.prefix) == bootstrap.VENV:
        return
    if not bootstrap.PYTHON.exists():
        say("Nothing is set up here yet: 'make up' does it.")
        sys.exit(NOT_RUNNING)
    os.chdir(ROOT)
    python = str(bootstrap.PYTHON)
    os.execv(python, [python, "-m", "deploy.local", *sys.argv[1:]])


if __name__ == "__main__":
    raise_interrupted()
    try:
        sys.exit(main())
    except Failure as failure:
        say(f"\n{failure}")
        sys.exit(1)
    except OSError as error:
        say(f"\nThis machine refused something: {error}")
        sys.exit(1)
    except Interrupted as interrupted:
        sys.exit(interrupted.exit_code)
