"""Stand-ins for the services, so that the gateway can be tested alone: real nameko processes
that answer every declared call with a sample.

`python -m tests.gateway.stub identity wallet` runs stand-ins for these owners in one process.
A caller steers an answer by the id it sends: `refuse-<CODE>`, `fault`, `slow-<seconds>`, `replay`.
They listen on an exchange of their own, so that the real services may run beside them.
"""

# ruff: noqa: E402  (green threads must be in place before anything else is imported)
from services.chassis.green import make_green

make_green()

import os
import sys
from typing import Any

import eventlet
from nameko import config
from nameko.runners import ServiceRunner

from contracts.message import REGISTRY
from services.chassis.entrypoints import RpcDoor, SafeRpcConsumer
from services.chassis.prepare import load_contracts
from tests.gateway import samples

EXCHANGE = "test-rpc"
load_contracts()


class StubConsumer(SafeRpcConsumer):
    def setup(self) -> None:
        super().setup()
        self.queue.name = f"stub.{self.queue.name}"


class StubDoor(RpcDoor):
    rpc_consumer = StubConsumer()


def answer(envelope: dict[str, Any]) -> dict[str, Any]:
    """A sample, or what the id asks for."""
    what, _, how = envelope["id"].partition("-")
    if what == "fault":
        raise RuntimeError("as you asked")
    if what == "slow":
        eventlet.sleep(float(how))
    if what == "refuse":
        error = {"code": how, "detail": "As you asked.", "errors": {"retry_after": 7}}
        return {"body": None, "error": error, "replayed": False}
    return {"body": samples.answer_to(envelope), "error": None, "replayed": what == "replay"}


def service(owner: str) -> type:
    """A nameko service class with one RPC method for each command and query of an owner."""
    members: dict[str, Any] = {"name": owner, "ping": StubDoor.decorator(lambda self: "pong")}
    for declared in REGISTRY.values():
        if declared.owner == owner and declared.kind != "event":
            members[declared.method] = StubDoor.decorator(lambda self, envelope: answer(envelope))
    return type(f"{owner.title()}Stub", (), members)


def main(*owners: str) -> None:
    config.setup({
        "AMQP_URI": os.environ["AMQP_URL"], "rpc_exchange": EXCHANGE, "HEARTBEAT": 30,
        "max_workers": 20, "PREFETCH_COUNT": 20,
    })
    runner = ServiceRunner()
    for owner in owners:
        runner.add_service(service(owner))
    runner.start()
    print("ready", flush=True)
    runner.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
