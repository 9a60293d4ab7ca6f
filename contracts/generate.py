"""What is generated from the contracts and committed beside them: `make contracts`.

    asyncapi.json         every message of the bus, its payload, who says it, who hears it
    openapi.json          the gateway's description of itself
    samples/<type>.json   one whole message of every type, always the same

`python -m contracts.generate` writes them; the tests fail while a file is not what it would write.
"""

import importlib
import json
from collections.abc import Iterable, Iterator
from inspect import getdoc
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema, ValidationError, fields, validate

from contracts.message import REGISTRY, Instant, JsonObject, MessageType, dump, schema_of
from contracts.roles import Actor, Principal, Role, system

OWNERS = ("identity", "catalog", "ticketing", "wallet", "accounting")
FOLDER = Path(__file__).parent
NAMESPACE = UUID("6f1c8a5e-3f0b-4a55-9d0c-51a7a1b7c001")
VERSION = "1.0.0"


def message_types() -> list[MessageType]:
    """Those of the project, by name."""
    for owner in OWNERS:
        importlib.import_module(f"contracts.{owner}")
    declared = (item for item in REGISTRY.values() if item.owner.split("_")[0] in OWNERS)
    return sorted(declared, key=lambda item: item.name)


def generated() -> dict[Path, str]:
    """Each file and what it should say."""
    declared = message_types()
    files = {FOLDER / "samples" / f"{item.name}.json": sample(item) for item in declared}
    files[FOLDER / "asyncapi.json"] = asyncapi(item for item in declared if item.consumers)
    files[FOLDER / "openapi.json"] = openapi()
    return {
        path: json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        for path, document in files.items()
    }


def openapi() -> dict[str, Any]:
    # A tool may look at the whole house; what is imported as a contract may not.
    from gateway.openapi import describe
    from gateway.routes import ROUTES

    return describe(ROUTES)


# ------------------------------------------------------------------ samples

TEXTS = {
    "currency": "CHF", "email": "lea@example.org", "username": "lea.k", "language": "fr",
    "code": "7K3QMXW04T", "name": "Grande salle", "gtin": "7610400010030",
    "secret": "IMPORT_SECRET_CINE",
}
# Tried in this order where the name says nothing or its text is refused.
OTHER_TEXTS = (
    "Exemple", "exemple", "fr", "CHF", "normal", "1234", "lea@example.org", "a" * 64, "a" * 8,
    "CH9300762011623852957", "2026-08-04", "20:30", "https://example.org/",
)
BY_FIELD: dict[type[fields.Field], Any] = {
    Instant: "2026-08-04T18:30:00Z", fields.Date: "2026-08-04", fields.Boolean: True,
    JsonObject: {"note": "libre"}, fields.Raw: "Exemple",
}


def sample(declared: MessageType) -> dict[str, Any]:
    """A whole message: events and bus commands as a service says them, the rest as a cashier."""
    asked_by_person = declared.kind != "event" and not declared.consumers
    actor = _cashier() if asked_by_person else system(declared.owner)
    return {
        "id": str(uuid5(NAMESPACE, declared.name)), "type": declared.name,
        "actor": actor.to_dict(), "correlation_id": str(uuid5(NAMESPACE, "correlation")),
        "occurred_at": "2026-08-04T18:30:00Z",
        "body": _object(schema_of(declared.cls)),
    }


def _cashier() -> Actor:
    return Actor(
        Principal.USER, str(uuid5(NAMESPACE, "user")), "Léa",
        frozenset({Role.POS, Role.WALLET_CASHIER}), frozenset({uuid5(NAMESPACE, "sale_point_id")}),
    )


def _object(schema: Schema) -> dict[str, Any]:
    return {name: _value(name, item) for name, item in schema.fields.items()}


def _value(name: str, item: Any) -> Any:
    """Something that `item` accepts, and that means something under this name where it can."""
    if isinstance(item, fields.Nested):
        return _object(item.schema)
    if isinstance(item, fields.List):
        return [_value(name.removesuffix("s"), item.inner)]
    if isinstance(item, fields.Enum):
        return next(member.value for member in item.enum)
    if isinstance(item, fields.UUID):
        return str(uuid5(NAMESPACE, name))
    if isinstance(item, fields.Integer):
        numbers = (1250 if name == "amount" else 2, 1, *_bounds(item))
        return next(number for number in numbers if _accepts(item, number))
    for kind, value in BY_FIELD.items():
        if isinstance(item, kind):
            return value
    if isinstance(item, fields.Dict):
        return {"fr": _value(name, item.value_field)}
    return next(text for text in _texts(name, item) if _accepts(item, text))


def _texts(name: str, item: Any) -> Iterator[str]:
    for rule in item.validators:
        if isinstance(rule, validate.OneOf):
            yield str(next(iter(rule.choices)))
    if name in TEXTS:
        yield TEXTS[name]
    yield from OTHER_TEXTS


def _bounds(item: Any) -> Iterator[int]:
    for rule in item.validators:
        yield from (rule.min or 0, rule.max or 0)


def _accepts(item: Any, value: Any) -> bool:
    try:
        item.deserialize(value)
    except ValidationError:
        return False
    return True


# ------------------------------------------------------------------ AsyncAPI

ABOUT = """\
What the five services say to each other. Exchanges are topic exchanges named by the owner, the
routing key is the message type, and every consumer named here has a durable quorum queue
`<consumer>.<type>` of its own. Messages are delivered at least once: `id` tells repetitions.
Consumers ignore fields that they do not know; a change that breaks them is a new version.
"""
TEXT = {"type": "string"}
ENVELOPE = {
    "type": "object",
    "required": ["id", "type", "actor", "correlation_id", "occurred_at", "body"],
    "properties": {
        "id": TEXT | {"description": "Of the message; the same in every repetition"},
        "type": TEXT,
        "actor": {"$ref": "#/components/schemas/Actor"},
        "correlation_id": TEXT | {"description": "Of the request that all this goes back to"},
        "occurred_at": TEXT | {"format": "date-time"},
        "body": {"type": "object"},
    },
}
ACTOR = {
    "type": "object",
    "required": ["kind", "id"],
    "properties": {
        "kind": TEXT | {"enum": [item.value for item in Principal]},
        "id": TEXT,
        "name": TEXT,
        "roles": {"type": "array", "items": TEXT | {"enum": [item.value for item in Role]}},
        "sale_points": {"type": "array", "items": TEXT | {"format": "uuid"}},
    },
}


def asyncapi(declared: Iterable[MessageType]) -> dict[str, Any]:
    """The AsyncAPI 3 document of these messages."""
    plugin = MarshmallowPlugin(schema_name_resolver=_component_name)
    spec = APISpec("", "", "3.1.0", plugins=[plugin])
    converter: Any = plugin.converter
    converter.add_attribute_function(_refined)
    spec.components.schema("Envelope", component=ENVELOPE)
    spec.components.schema("Actor", component=ACTOR)
    declared = list(declared)
    for item in declared:
        spec.components.schema(item.cls.__name__, schema=schema_of(item.cls, tolerant=True))
    operations = [operation for item in declared for operation in _operations(item)]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Festival box office", "version": VERSION, "description": ABOUT},
        "defaultContentType": "application/json",
        "channels": {item.name: _channel(item) for item in declared},
        "operations": dict(operations),
        "components": {
            "messages": {item.name: _message(item) for item in declared},
            "schemas": _plain(spec.to_dict()["components"]["schemas"]),
        },
    }


def _channel(item: MessageType) -> dict[str, Any]:
    return {
        "address": item.name,
        "messages": {item.name: {"$ref": f"#/components/messages/{item.name}"}},
        "bindings": {"amqp": {
            "is": "routingKey",
            "exchange": {"name": item.exchange, "type": "topic", "durable": True},
        }},
    }


def _operations(item: MessageType) -> Iterator[tuple[str, dict[str, Any]]]:
    """Who says it (of a bus command: anybody but its owner) and who hears it, on which queue."""
    channel = {"$ref": f"#/channels/{item.name}"}
    if item.kind == "event":
        yield f"{item.owner} says {item.name}", {"action": "send", "channel": channel}
    for consumer in item.consumers:
        yield f"{consumer} hears {item.name}", {
            "action": "receive", "channel": channel,
            "summary": f"From the queue {item.queue(consumer)}",
        }


def _message(item: MessageType) -> dict[str, Any]:
    about = getdoc(item.cls) or ""
    return {
        "name": item.name,
        "title": item.cls.__name__,
        # A dataclass without a docstring gets its signature as one.
        "summary": "" if about.startswith(f"{item.cls.__name__}(") else about,
        "correlationId": {"location": "$message.payload#/correlation_id"},
        "payload": {"allOf": [{"$ref": "#/components/schemas/Envelope"}, {"properties": {
            "type": {"const": item.name},
            "body": {"$ref": f"#/components/schemas/{item.cls.__name__}"},
        }}]},
        "examples": [{"payload": sample(item)}],
    }


def _component_name(schema: Any) -> str:
    cls = schema if isinstance(schema, type) else type(schema)
    return cls.__name__.removesuffix("T").removesuffix("Schema")


def _refined(_converter: Any, field: Any, ret: dict[str, Any], **_: Any) -> dict[str, Any]:
    """What apispec leaves out: the type of enumerations, and patterns as JavaScript reads them."""
    refined: dict[str, Any] = {}
    if "enum" in ret:
        refined["type"] = ["string", "null"] if field.allow_none else "string"
    if "pattern" in ret:
        refined["pattern"] = ret["pattern"].replace(r"\A", "^").replace(r"\Z", "$")
    return refined


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return dump(value)


def main() -> None:
    wanted = generated()
    for path in (FOLDER / "samples").glob("*.v*.json"):
        if path not in wanted:
            path.unlink()
    for path, text in wanted.items():
        path.write_text(text, "utf-8")
    print(f"{len(wanted)} files are what the contracts say.")


if __name__ == "__main__":
    main()
