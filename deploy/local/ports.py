"""Which ports the private servers take, and whether a port is free.

All lie below 32768: above it the kernel lends ports to outgoing connections, and now and then one
of ours would be taken.
"""

import os
import socket
from dataclasses import dataclass

from deploy.local.console import Failure

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """The ports of one private pair: PostgreSQL; RabbitMQ's AMQP, distribution and epmd."""

    postgres: int
    amqp: int
    distribution: int
    epmd: int

    @classmethod
    def from_environment(cls) -> "Ports":
        """The pair of `make up`."""
        return cls(
            postgres=_port("POSTGRES_PORT", 21540),
            amqp=_port("RABBITMQ_PORT", 21541),
            distribution=_port("RABBITMQ_DISTRIBUTION_PORT", 21542),
            epmd=_port("RABBITMQ_EPMD_PORT", 21543),
        )


TEST_PORTS = Ports(postgres=21550, amqp=21551, distribution=21552, epmd=21553)


def require_free(port: int, who: str, setting: str, host: str = HOST) -> None:
    """Raise Failure when something already listens there; `setting` is what moves `who`."""
    with socket.socket() as probe:
        # As the servers do themselves: a port that is only waiting out old connections is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Failure(
                f"{who} cannot use port {port} of {host} ({error.strerror}): "
                f"stop what uses it, or choose another with {setting}."
            ) from None


def _port(name: str, default: int) -> int:
    value = os.environ.get(name, str(default))
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise Failure(f"{name} must be a port number, not {value!r}.")
    return int(value)
