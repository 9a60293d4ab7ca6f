"""The description of the interface (OpenAPI 3.1), drawn from the declared routes and contracts."""

from collections import Counter
from collections.abc import Iterable
from http import HTTPStatus
from inspect import getdoc
from typing import Any, cast

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin, OpenAPIConverter
from marshmallow import Schema

from contracts.errors import Code
from contracts.message import dump, schema_of, type_of
from contracts.roles import Role
from gateway.endpoint import PUBLIC, READS, UPLOADED, Document, Route

VERSION = "1.0.0"
JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
OWNERS = {
    "identity": "Signing in, users, sale points, keys",
    "catalog": "Venues, programme, price grids, imports",
    "ticketing": "Orders, payments, tickets, bookings, entry",
    "wallet": "Stored value",
    "accounting": "Registers, statements, statistics",
}
ABOUT = """\
The box office of a festival. Sign in at `/v1/auth/login` and send the access token as
`Authorization: Bearer …`. Money is in whole centimes, times are ISO 8601 with offset, lists are
paged by `cursor`. Every refusal is a problem document whose `code` never changes its meaning.
Where an `Idempotency-Key` is required, a repetition with the same key and body gets the first
answer again, marked `Idempotency-Replayed: true`. What is left of a screening, who has come in
and a register's X report are live as server-sent events under the same path with `/stream`.
"""
PROBLEM = {
    "type": "object",
    "description": "A refusal (RFC 9457); `detail` is a sentence for the person at the screen",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": [code.value for code in Code]},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {"type": "object", "description": "By field, or what the code says"},
    },
}
REFUSALS = {
    400: "The body is not valid JSON, or the Idempotency-Key is missing",
    401: "No access token, or one that is not valid (any more)",
    403: "The roles of the caller do not allow this",
    404: "There is no such thing",
    405: "This path does not know this method; `Allow` says which it knows",
    406: "Not available in the format asked for",
    409: "The present state does not allow it, or the same request is still being worked on",
    413: "The body is too large",
    415: "The body is of another type",
    422: "Fields are missing or wrong, or the Idempotency-Key was used for another request",
    429: "Too many requests; `Retry-After` says when to come back",
    500: "A fault on our side; quote the request id",
    503: "A part of the system cannot be reached; try again",
    504: "No answer in time; repeat with the same Idempotency-Key",
}


def describe(routes: Iterable[Route]) -> dict[str, Any]:
    """The whole OpenAPI document as plain data."""
    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    spec = APISpec(
        "Festival box office", VERSION, "3.1.0", plugins=[plugin], info={"description": ABOUT},
        tags=[{"name": name, "description": text} for name, text in OWNERS.items()],
    )
    converter = cast(OpenAPIConverter, plugin.converter)  # there once the plugin is in use
    converter.add_attribute_function(_refined)
    spec.components.schema("Problem", component=PROBLEM)
    spec.components.security_scheme(
        "token", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    )
    for status, text in REFUSALS.items():
        spec.components.response(f"Problem{status}", {
            "description": text, "headers": _headers(retry_after=status == 429),
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        })
    routes = list(routes)
    shared = Counter(type_of(route.message).name for route in routes)
    methods = Counter(method for _, method in {
        (declared.owner, declared.method)
        for declared in (type_of(route.message) for route in routes)
    })
    for route in routes:
        declared = type_of(route.message)
        operation = Operation(
            route, converter, shared[declared.name] > 1, methods[declared.method] > 1
        )
        spec.path(route.path, operations={route.method.lower(): operation.describe()})
    return _plain(spec.to_dict())


class Operation:
    """One route's part of the description."""

    def __init__(
        self, route: Route, converter: OpenAPIConverter, shared: bool, ambiguous: bool
    ) -> None:
        self.route = route
        self.converter = converter
        self.declared = type_of(route.message)
        self.shared = shared  # other routes carry the same message
        self.ambiguous = ambiguous  # another owner has a message of this name

    def describe(self) -> dict[str, Any]:
        route = self.route
        roles = [] if route.roles is PUBLIC else [role.value for role in route.roles]
        allowed = sorted({*roles, Role.ADMIN.value} if self._by_role() else roles)
        operation = {
            "operationId": self._name(),
            "summary": route.summary,
            "description": self._text(allowed),
            "tags": [self.declared.owner.split("_", 1)[0]],
            "x-roles": allowed or ["public"],
            "security": [{"token": []}] if roles else [],
            "parameters": [*self._path(), *self._query(), *self._key()],
            "responses": self._answers() | {
                str(status): {"$ref": f"#/components/responses/Problem{status}"}
                for status in self._refusals()
            },
        }
        if route.method not in READS:
            operation["requestBody"] = self._body()
        return operation

    def _by_role(self) -> bool:
        return self.route.roles is not PUBLIC and any(
            isinstance(role, Role) for role in self.route.roles
        )

    def _name(self) -> str:
        last = self.route.path.replace("{", "").replace("}", "").rsplit("/", 1)[-1]
        name = self.declared.method
        if self.ambiguous:
            name = f"{self.declared.owner}_{name}"
        return f"{name}_{last.replace('.', '_')}" if self.shared else name

    def _text(self, allowed: list[str]) -> str:
        who = f"Roles: {', '.join(allowed)}." if allowed else "For everybody."
        about = getdoc(self.route.message) or ""
        # A dataclass without a docstring gets its signature as one.
        return who if about.startswith(f"{self.route.message.__name__}(") else f"{about}\n\n{who}"

    def _path(self) -> list[dict[str, Any]]:
        fields = schema_of(self.route.message).fields
        return [
            {"name": name, "in": "path", "required": True,
             "schema": self._property(getattr(fields[name], "inner", fields[name]))}
            for name in sorted(self.route.path_fields)
        ]

    def _query(self) -> list[dict[str, Any]]:
        if self.route.method not in READS:
            return []
        return [
            {"name": name, "in": "query", "required": item.required,
             "schema": _not_null(self._property(item))}
            for name, item in self.route.open_fields.items()
        ]

    def _key(self) -> list[dict[str, Any]]:
        route = self.route
        headers = [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
            for name in route.headers
        ]
        if route.writes and route.roles is not PUBLIC and not route.key_field:
            headers.append({
                "name": "Idempotency-Key", "in": "header", "required": route.idempotent,
                "description": "New for each operation, the same when it is repeated",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255,
                           "pattern": "^[!-~]+$"},
            })
        return headers

    def _body(self) -> dict[str, Any]:
        if self.route.body == "raw":
            return {"required": True, "content": {JSON: {"schema": {"type": "object"}}}}
        whole = self.converter.schema2jsonschema(schema_of(self.route.message))
        fields = self.route.open_fields
        properties = {name: whole["properties"][name] for name in fields}
        required = [name for name in whole.get("required", ()) if name in fields]
        content_type = JSON
        if self.route.body == "upload":
            content_type = "multipart/form-data"
            for name in UPLOADED:
                properties.pop(name, None)
            properties["companion"] = {
                "type": "array", "items": {"type": "string", "format": "binary"},
            }
            properties["file"] = {"type": "string", "format": "binary"}
            required = ["file", *(name for name in required if name in properties)]
        schema = {"type": "object", "properties": properties, "additionalProperties": False}
        if required:
            schema["required"] = required
        return {"required": bool(required), "content": {content_type: {"schema": schema}}}

    def _answers(self) -> dict[str, Any]:
        route = self.route
        content: dict[str, Any] = {}
        if isinstance(route.answer, Document):
            content[route.answer.content_type] = {
                "schema": {"type": "string", "format": "binary"}
            }
        elif route.answer is not None:
            schema = self.converter.resolve_nested_schema(schema_of(route.answer))
            content[JSON] = {"schema": schema}
        for variant in route.variants:
            if isinstance(variant.answer, Document):
                content[variant.answer.content_type] = {
                    "schema": {"type": "string", "format": "binary"}
                }
        answer = {"headers": _headers(replayed=route.writes)} | (
            {"content": content} if content else {}
        )
        answers = {str(route.status): {"description": HTTPStatus(route.status).phrase} | answer}
        if route.wait:
            answers["202"] = {"description": "Done here; others have not answered yet"} | answer
        if route.cache_s:
            answers["304"] = {"description": "Not changed since `If-None-Match`"}
        return answers

    def _refusals(self) -> list[int]:
        """The statuses that can happen on this route (405 on its path)."""
        route = self.route
        has_body = route.method not in READS
        has_fields = bool(schema_of(route.message).fields)
        possible = {
            400: has_body or bool(self._key()),
            401: route.roles is not PUBLIC or has_body,
            403: route.roles is not PUBLIC,
            404: bool(route.path_fields) or has_body,
            405: True,
            406: bool(route.variants),
            409: route.writes or bool(route.path_fields),
            413: has_body,
            415: has_body,
            422: has_fields or not has_body,  # an unknown query argument is refused too
        }
        return [status for status in REFUSALS if possible.get(status, True)]

    def _property(self, item: Any) -> dict[str, Any]:
        return dict(self.converter.field2property(item))


def _refined(_converter: Any, field: Any, ret: dict[str, Any], **_: Any) -> dict[str, Any]:
    """What apispec leaves out: the type of enumerations, and patterns as JavaScript reads them."""
    refined: dict[str, Any] = {}
    if "enum" in ret:
        refined["type"] = ["string", "null"] if field.allow_none else "string"
    if "pattern" in ret:
        refined["pattern"] = ret["pattern"].replace(r"\A", "^").replace(r"\Z", "$")
    return refined


def _schema_name(schema: Any) -> str:
    cls = schema if isinstance(schema, type) else type(schema)
    return cls.__name__.removesuffix("Schema") if issubclass(cls, Schema) else ""


def _headers(replayed: bool = False, retry_after: bool = False) -> dict[str, Any]:
    text = {"type": "string"}
    headers = {"X-Request-Id": {"description": "Quote it to support", "schema": text}}
    if replayed:
        headers["Idempotency-Replayed"] = {
            "description": "`true`: this ran before, here is its answer", "schema": text,
        }
    if retry_after:
        headers["Retry-After"] = {"description": "Seconds", "schema": {"type": "integer"}}
    return headers


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A query argument is there or not; it is never null."""
    cleaned = dict(schema)
    if isinstance(cleaned.get("type"), list):
        (cleaned["type"],) = [kind for kind in cleaned["type"] if kind != "null"]
    if "enum" in cleaned:
        cleaned["enum"] = [value for value in cleaned["enum"] if value is not None]
    return cleaned


def _plain(value: Any) -> Any:
    """Defaults as the contracts write them; that what is left out is null goes without saying."""
    if isinstance(value, dict):
        return {
            str(key): _plain(item) for key, item in value.items()
            if not (key == "default" and item is None)
        }
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return dump(value)
