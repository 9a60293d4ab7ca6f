"""How messages are declared, checked, written and read.

A message is a frozen dataclass, declared once, in its owner's module:

    @event("wallet.debited.v1", consumers=("ticketing", "accounting"))
    class WalletDebited:
        movement_id: UUID
        amount: Money

From its annotations come the marshmallow schema that checks it (`load`), the plain dict that
travels (`dump`), the OpenAPI and AsyncAPI descriptions and the committed sample.
Commands and queries refuse unknown fields; events are read tolerantly, since a newer owner
may say more than an older consumer knows.
"""

import dataclasses
import types
import typing
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import Enum
from typing import Annotated, Any, TypeVar
from uuid import UUID

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, post_load, validate

from contracts.errors import Code, DomainError
from contracts.money import Money

INT8_MAX = 2**63 - 1
TEXT_MAX = 2_000

Cents = Annotated[int, validate.Range(min=0, max=10**11)]
Count = Annotated[int, validate.Range(min=1, max=10_000)]
Name = Annotated[str, validate.Length(min=1, max=200)]
LongText = Annotated[str, validate.Length(max=50_000)]
I18n = dict[str, str]
Json = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class MessageType:
    """One entry of the registry; `kind` is command, query or event."""

    name: str
    kind: str
    cls: type
    consumers: tuple[str, ...] = ()

    @property
    def owner(self) -> str:
        return self.name.split(".", 1)[0]

    @property
    def method(self) -> str:
        """The RPC method: `wallet.debit.v1` → `debit`."""
        return self.name.split(".")[1]

    @property
    def exchange(self) -> str:
        return f"{self.owner}.{'events' if self.kind == 'event' else 'commands'}"

    def queue(self, consumer: str) -> str:
        return f"{consumer}.{self.name}"


REGISTRY: dict[str, MessageType] = {}
VIEWS: dict[str, type] = {}
_TYPE_OF: dict[type, MessageType] = {}

C = TypeVar("C", bound=type)


@typing.dataclass_transform(frozen_default=True, kw_only_default=True)
def view(cls: C) -> C:
    """An answered shape, or a part of another message."""
    frozen: Any = dataclasses.dataclass(frozen=True, kw_only=True)(cls)
    VIEWS[cls.__name__] = frozen
    return frozen


@typing.dataclass_transform(frozen_default=True, kw_only_default=True)
def command(name: str, consumers: tuple[str, ...] = ()) -> Callable[[C], C]:
    """Something asked, by RPC; also over the bus when `consumers` are named."""
    return _declare("command", name, consumers)


@typing.dataclass_transform(frozen_default=True, kw_only_default=True)
def query(name: str) -> Callable[[C], C]:
    """A read, by RPC only."""
    return _declare("query", name, ())


@typing.dataclass_transform(frozen_default=True, kw_only_default=True)
def event(name: str, consumers: tuple[str, ...] = ()) -> Callable[[C], C]:
    """A fact that happened. Each named consumer has a durable queue of its own for it."""
    return _declare("event", name, consumers)


def _declare(kind: str, name: str, consumers: tuple[str, ...]) -> Callable[[C], C]:
    def register(cls: C) -> C:
        if name in REGISTRY:
            raise ValueError(f"{name} is declared twice")
        frozen: Any = dataclasses.dataclass(frozen=True, kw_only=True)(cls)
        REGISTRY[name] = _TYPE_OF[frozen] = MessageType(name, kind, frozen, consumers)
        return frozen

    return register


def type_of(cls: type) -> MessageType:
    return _TYPE_OF[cls]


_SECRET: dict[str, frozenset[str]] = {}


def secret_fields(name: str) -> frozenset[str]:
    """The fields of a message type that are declared with `repr=False`: never shown or kept."""
    if name not in _SECRET:
        _SECRET[name] = frozenset(
            item.name for item in dataclasses.fields(REGISTRY[name].cls) if not item.repr
        )
    return _SECRET[name]


# ------------------------------------------------------------------ writing


def dump(value: Any) -> Any:
    """A message, view or part of one as plain JSON types."""
    if value is None or (
        isinstance(value, str | int | float) and not isinstance(value, Enum)
    ):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple | set | frozenset):
        return [dump(item) for item in value]
    if isinstance(value, dict):
        return {str(key): dump(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value):
        return {name: dump(getattr(value, name)) for name in _names(type(value))}
    raise TypeError(f"{value!r} cannot be written in a message")


_NAMES: dict[type, tuple[str, ...]] = {}


def _names(cls: type) -> tuple[str, ...]:
    if cls not in _NAMES:
        _NAMES[cls] = tuple(field.name for field in dataclasses.fields(cls))
    return _NAMES[cls]


# ------------------------------------------------------------------ reading


M = TypeVar("M")


def load(cls: type[M], data: Any, tolerant: bool = False) -> M:
    """A checked `cls` from plain data; DomainError VALIDATION_FAILED with every wrong field."""
    try:
        return typing.cast(M, schema_of(cls, tolerant).load(data))
    except ValidationError as error:
        raise DomainError(
            Code.VALIDATION_FAILED, "Some fields are missing or wrong.", error.normalized_messages()
        ) from None


_SCHEMAS: dict[tuple[type, bool], Schema] = {}


def schema_of(cls: type, tolerant: bool = False) -> Schema:
    """The marshmallow schema generated from the annotations of a dataclass."""
    key = (cls, tolerant)
    if key not in _SCHEMAS:
        _SCHEMAS[key] = _schema_class(cls, tolerant)()
    return _SCHEMAS[key]


def _schema_class(cls: type, tolerant: bool) -> type[Schema]:
    hints = typing.get_type_hints(cls, include_extras=True)
    members: dict[str, Any] = {}
    for item in dataclasses.fields(cls):
        options: dict[str, Any] = {}
        if item.default is not dataclasses.MISSING:
            options["load_default"] = item.default
        elif item.default_factory is not dataclasses.MISSING:
            options["load_default"] = item.default_factory
        else:
            options["required"] = True
        members[item.name] = _field(hints[item.name], tolerant, options)
    members["Meta"] = type("Meta", (), {"unknown": EXCLUDE if tolerant else RAISE})
    members["build"] = post_load(lambda _self, data, **_: cls(**data))
    return type(f"{cls.__name__}Schema{'T' if tolerant else ''}", (Schema,), members)


class Text(fields.String):
    """Text that PostgreSQL can store: no NUL, no lone surrogate."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
            raise ValidationError("Contains characters that cannot be stored.")
        return text


class Integer(fields.Integer):
    """A whole JSON number; `true`, `"1"` and `1.0` are not."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if type(value) is not int:
            raise self.make_error("invalid", input=value)
        return value


class StrictBoolean(fields.Boolean):
    truthy = frozenset({True})  # type: ignore[assignment]
    falsy = frozenset({False})  # type: ignore[assignment]

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if type(value) is not bool:
            raise self.make_error("invalid", input=value)
        return value


class Tuple(fields.List):
    """A JSON array, as the immutable sequence that messages are made of."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return tuple(super()._deserialize(value, attr, data, **kwargs))


class JsonObject(fields.Dict):
    """Free JSON metadata, of bounded size."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        result = super()._deserialize(value, attr, data, **kwargs)
        text = repr(result)
        if len(text) > 100_000 or "\\x00" in text or "\\ud" in text:
            raise ValidationError("Too large, or contains characters that cannot be stored.")
        return result


class Instant(fields.AwareDateTime):
    """ISO 8601 with an offset, read as UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        result = super()._deserialize(value, attr, data, **kwargs)
        try:
            return result.astimezone(UTC)
        except OverflowError:
            raise self.make_error("invalid", input=value, obj_type="datetime") from None


def _field(hint: Any, tolerant: bool, options: dict[str, Any]) -> fields.Field:
    validators: list[Any] = []
    if typing.get_origin(hint) is Annotated:
        hint, *extras = typing.get_args(hint)
        validators = [extra for extra in extras if isinstance(extra, validate.Validator)]
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (inner,) = [arg for arg in args if arg is not type(None)]
        return _field(inner, tolerant, {**options, "allow_none": True})
    if origin in (tuple, list):
        validators.append(validate.Length(max=10_000))
        inner_field = _field(args[0], tolerant, {})
        return Tuple(inner_field, validate=validators, **options)
    if origin is dict:
        if args[1] is Any:
            return JsonObject(keys=Text(), **options)
        return fields.Dict(keys=Text(), values=_field(args[1], tolerant, {}),
                           validate=[*validators, validate.Length(max=1_000)], **options)
    if dataclasses.is_dataclass(hint):
        return fields.Nested(schema_of(typing.cast(type, hint), tolerant), **options)
    return _scalar(hint, validators, options)


def _scalar(hint: Any, validators: list[Any], options: dict[str, Any]) -> fields.Field:
    if hint is str:
        return Text(validate=validators or [validate.Length(max=TEXT_MAX)], **options)
    if hint is bool:
        return StrictBoolean(**options)
    if hint is int:
        limits = validators or [validate.Range(min=-INT8_MAX, max=INT8_MAX)]
        return Integer(validate=limits, **options)
    if hint is UUID:
        return fields.UUID(**options)
    if hint is datetime:
        return Instant(**options)
    if hint is date:
        return fields.Date(**options)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return fields.Enum(hint, by_value=True, **options)
    if hint is Any:
        return fields.Raw(**options)
    raise TypeError(f"no schema for {hint!r}")


__all__ = [
    "REGISTRY", "VIEWS", "Cents", "Count", "I18n", "Json", "LongText", "MessageType", "Money",
    "Name", "command", "dump", "event", "load", "query", "schema_of", "secret_fields", "type_of",
    "view",
]
