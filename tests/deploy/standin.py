"""Small processes in the place of the services, so that the launcher is tested by itself.

`python -m tests.deploy.standin up <directory>` runs the launcher in the foreground with them.
"""

import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterable
from pathlib import Path

from deploy.local.commands import COMMANDS
from deploy.local.interrupts import raise_interrupted
from deploy.local.processes import Process, door
from deploy.local.system import Plan, System


def app(environ: dict, start_response: Callable) -> Iterable[bytes]:
    """A door: ready at once."""
    body = b'{"ready": true, "path": "%s"}' % environ["PATH_INFO"].encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]


WORKER = Process("wallet", ("-m", "tests.deploy.standin", "work"), database="wallet")
DOORS = (
    door("terminal", "tests.deploy.standin:app", "TERMINAL_BIND", database="wallet"),
    door("gateway", "tests.deploy.standin:app", "GATEWAY_BIND"),
)
WORKING = Plan((WORKER, *DOORS), preparations=(), seeds=())
BROKEN = Process("wallet", ("-c", "raise SystemExit('no wallet today')"), database="wallet")


if __name__ == "__main__":
    if sys.argv[1] == "work":
        time.sleep(600)
    else:
        raise_interrupted()
        system = System(Path(sys.argv[2]), WORKING)
        sys.exit(COMMANDS["up"](system, Namespace(detach=False)))
