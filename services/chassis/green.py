"""Green threads: how a nameko process runs many calls at once, waiting for PostgreSQL included.

psycopg waits inside C, which stops every green thread of the process (HOUSE §9): here it waits
on eventlet's hub instead. `run.py` calls `make_green()` before anything else is imported.
"""

# ruff: noqa: E402  (eventlet warns of its maintenance mode as soon as it is imported)
import warnings
from typing import Any

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet
from eventlet import patcher
from eventlet.hubs import trampoline
from eventlet.timeout import Timeout


def make_green() -> None:
    """Patch the standard library, then let psycopg wait, and long work run, through eventlet."""
    eventlet.monkey_patch()
    import psycopg
    from eventlet import tpool

    from services.chassis import offload

    psycopg.waiting.wait = wait_green
    offload.run_with(tpool.execute)


READ, WRITE = 1, 2  # psycopg.waiting's bits, for waits and for what is ready
NOTHING = 0
CHECK_S = 0.5  # how long a wait may pass without a look at what else may have become ready

_select = patcher.original("select")


def wait_green(
    gen: Any, fileno: int, interval: float = 0.0, timeout: float | None = None
) -> Any:
    """psycopg's wait function: other green threads run while the server works.

    `gen` yields what it waits for and is sent what is ready. Raises psycopg's own timeout after
    `timeout` seconds. `interval` is for Ctrl-C under native waits, which is no matter here.
    """
    from psycopg.errors import _WaitTimeout

    clock = patcher.original("time").monotonic
    deadline = None if timeout is None else clock() + timeout
    try:
        wanted = next(gen)
        while True:
            ready = _ready_now(fileno, wanted)
            if not ready:
                left = CHECK_S if deadline is None else min(CHECK_S, max(deadline - clock(), 0))
                ready = _wait(fileno, wanted, left)
            answer = gen.send(ready)
            wanted = answer if ready else wanted
            if deadline is not None and clock() >= deadline:
                raise _WaitTimeout("wait timeout expired")
    except StopIteration as finished:
        return finished.value


def _wait(fileno: int, wanted: int, seconds: float) -> int:
    """Give way until the socket is ready. The hub waits for one direction at a time: when both
    are wanted it is reading that can take long."""
    reading = bool(wanted & READ)
    try:
        trampoline(fileno, read=reading or None, write=not reading or None, timeout=seconds)
    except Timeout:
        return NOTHING
    return _ready_now(fileno, wanted)


def _ready_now(fileno: int, wanted: int) -> int:
    """Without waiting: saves a turn of the hub when the answer is there already."""
    poller = _select.poll()
    poller.register(
        fileno,
        (_select.POLLIN if wanted & READ else 0) | (_select.POLLOUT if wanted & WRITE else 0),
    )
    ready = NOTHING
    for _, events in poller.poll(0):
        ready |= READ if events & ~_select.POLLOUT else NOTHING
        ready |= WRITE if events & _select.POLLOUT else NOTHING
    return ready
