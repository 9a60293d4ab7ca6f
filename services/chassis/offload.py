"""Work that keeps a CPU busy for long (hashing a password), out of the green threads' way.

Under green threads it runs in a native thread while the hub goes on (`green.py` says how);
elsewhere it is a plain call. Either way only `AT_ONCE` run at a time and the others wait: a flood
of logins can take neither every CPU nor, at 64 MB each, the memory.
"""

from collections.abc import Callable
from threading import BoundedSemaphore
from typing import Any, ParamSpec, TypeVar

AT_ONCE = 2
P = ParamSpec("P")
R = TypeVar("R")

_slots = BoundedSemaphore(AT_ONCE)  # a green one where threads are green


def _call(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return work(*args, **kwargs)


_run: Callable[..., Any] = _call


def run_with(run: Callable[..., Any]) -> None:
    """How such work is called from now on."""
    global _run
    _run = run


def offload(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What `work` answers or raises. It must release the interpreter lock to be worth it."""
    with _slots:
        return _run(work, *args, **kwargs)
