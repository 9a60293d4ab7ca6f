"""Ports for the launcher's own tests: free now, and where the kernel lends none, so that two
runs on one machine do not meet."""

import random
import socket

from deploy.local.ports import Ports

COUNT = 16


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_block() -> int:
    starts = random.sample(range(22_000, 32_000, COUNT), 100)
    return next(at for at in starts if all(_free(port) for port in range(at, at + COUNT)))


FIRST = _free_block()
PORTS = Ports(postgres=FIRST, amqp=FIRST + 1, distribution=FIRST + 2, epmd=FIRST + 3)
OTHER_PORTS = Ports(FIRST + 4, FIRST + 5, FIRST + 6, FIRST + 7)
GATEWAY, TERMINAL, DOOR = FIRST + 8, FIRST + 9, FIRST + 10
