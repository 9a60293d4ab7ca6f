"""What is declared, who says it and who hears it: contracts, doors and generated files agree."""

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from contracts import generate
from contracts.envelope import Envelope
from contracts.message import MessageType, load
from deploy.local.processes import PROCESSES
from services.chassis.broker import dead_letters_of, queues_around
from services.chassis.bus import BusDoor
from services.chassis.entrypoints import RpcDoor, Service, service_class
from services.wallet import terminal

TYPES = generate.message_types()
BUS = [item for item in TYPES if item.consumers]
CALLS = [item for item in TYPES if not item.consumers]
NAME = re.compile(r"\A[a-z_]+\.[a-z]+(_[a-z]+)*\.v[1-9]\d*\Z")


def processes() -> list[type[Service]]:
    return [service_class(item.name) for item in PROCESSES
            if "services.chassis.run" in item.command]


def doors(service: type[Service], kind: type) -> Iterator[tuple[str, Any]]:
    """Attribute and entrypoint of each door of a kind."""
    for name, method in inspect.getmembers(service, inspect.isfunction):
        for entrypoint in getattr(method, "nameko_entrypoints", ()):
            if isinstance(entrypoint, kind):
                yield name, method if kind is RpcDoor else entrypoint.message_type


def heard() -> list[tuple[str, str]]:
    return [(service.name, item.name) for service in processes()
            for _, item in doors(service, BusDoor)]


def called() -> list[tuple[str, str, MessageType | None]]:
    """Service, method, and the message its door was made for (none: `ping`)."""
    return [
        (service.name, name, inspect.getclosurevars(door).nonlocals.get("declared"))
        for service in processes() for name, door in doors(service, RpcDoor)
    ]


@pytest.mark.parametrize("declared", TYPES, ids=lambda item: item.name)
def test_a_message_is_named_and_declared_by_its_owner(declared: MessageType) -> None:
    assert NAME.match(declared.name)
    module = f"contracts.{declared.owner.split('_')[0]}"
    assert (declared.cls.__module__ + ".").startswith(module + ".")
    assert declared.consumers or declared.kind != "event", "an event that nobody hears"
    assert len(set(declared.consumers)) == len(declared.consumers)
    if declared.kind == "command" and declared.consumers:
        assert declared.consumers == (declared.owner,)


def test_bus_commands_are_the_wallets_alone() -> None:
    commands = {item.name for item in BUS if item.kind == "command"}
    assert commands == {"wallet.debit.v1", "wallet.credit.v1"}


def test_every_named_consumer_listens_and_nobody_else() -> None:
    said = sorted((consumer, item.name) for item in BUS for consumer in item.consumers)
    assert sorted(heard()) == said


def test_every_call_has_its_door_and_every_door_its_call() -> None:
    """Some are for bar terminals alone: the wallet's HTTP door carries them out."""
    wanted = {(item.owner, item.method, item.name) for item in CALLS}
    found = [(service, method, item.name) for service, method, item in called() if item]
    at_terminals = re.findall(r"say\.(\w+)", inspect.getsource(terminal))
    assert len(found) == len(set(found)) and set(found) <= wanted
    assert {name for *_, name in wanted - set(found)} <= {
        item.name for item in CALLS if item.cls.__name__ in at_terminals
    }


def test_every_process_can_be_asked_whether_it_is_there() -> None:
    assert {service for service, method, item in called() if method == "ping" and item is None} \
        == {service.name for service in processes()}


def test_queues_are_declared_by_both_ends_before_anything_is_said() -> None:
    for item in BUS:
        for consumer in item.consumers:
            for service in (item.owner, consumer):
                names = {queue.name for queue in queues_around(service)}
                assert {item.queue(consumer), dead_letters_of(consumer).name} <= names


# ------------------------------------------------------------------ generated files


def test_generated_files_are_fresh() -> None:
    """`make contracts` writes them."""
    wanted = generate.generated()
    stale = [path.name for path, said in wanted.items()
             if not path.exists() or path.read_text("utf-8") != said]
    left = [path.name for path in (generate.FOLDER / "samples").glob("*.v*.json")
            if path not in wanted]
    assert (stale, left) == ([], [])


@pytest.mark.parametrize("declared", TYPES, ids=lambda item: item.name)
def test_a_sample_can_be_read_as_what_it_is(declared: MessageType) -> None:
    path = generate.FOLDER / "samples" / f"{declared.name}.json"
    envelope = Envelope.from_dict(json.loads(path.read_text("utf-8")))
    message = load(declared.cls, envelope.body)
    again = Envelope.of(message, envelope.actor, envelope.correlation_id, envelope.id)
    assert again.type == declared.name
    assert again.body == envelope.body


def test_the_bus_description_holds_together() -> None:
    """AsyncAPI 3: every reference leads somewhere."""
    document = json.loads((generate.FOLDER / "asyncapi.json").read_text("utf-8"))
    assert document["asyncapi"] == "3.0.0"
    assert set(document["channels"]) == {item.name for item in BUS}
    for reference in _references(document):
        found = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "$ref":
                yield item
            else:
                yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
