"""A route is declared once; here it is checked at start and carried out per request.

    Route("POST", "/v1/wallets/{code}/credits", CreditWallet, (Role.WALLET_MANAGER,), MovementView,
          "Put money on a wallet", status=201, idempotent=True)

The message's fields come from the path, and from the query (GET, DELETE) or the JSON body (other
methods); what the message does not know is refused. Roles are never optional: a route for
everybody says PUBLIC.
"""

import base64
import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from io import BytesIO
from typing import Any

from flask import Response, g, request, send_file
from marshmallow import fields

from contracts.envelope import Envelope
from contracts.errors import Code, DomainError, Kind
from contracts.message import load, schema_of, type_of
from contracts.roles import Actor, Grant, Principal, anonymous
from gateway.bulkhead import Bulkheads, SigningIn
from gateway.copies import Copies
from gateway.limits import RateLimiter
from gateway.rpc import TIMEOUT_S, RpcClient
from services.chassis.web import (
    TokenVerifier,
    idempotency_key,
    json_body,
    json_response,
    problem_response,
    require,
    strict_json,
)

WAIT_S = 2.0
UPLOAD_MAX = 20 * 2**20
# The fields that the parts of a form fill that are files: `file`, and any number of `companion`.
UPLOADED = ("content", "filename", "companions")
READS = ("GET", "DELETE")  # methods without a body
_PARAMETER = re.compile(r"{(\w+)}")
_WHOLE_NUMBER = re.compile(r"\A-?[0-9]{1,20}\Z")
REPLAYED = {"Idempotency-Replayed": "true"}


class Access(Enum):
    PUBLIC = "public"


PUBLIC = Access.PUBLIC


@dataclass(frozen=True, slots=True)
class Document:
    """An answer that is a file: the service says `{content_type, filename, content (base64)}`."""

    content_type: str


@dataclass(frozen=True, slots=True)
class Wait:
    """After a write that others must acknowledge: ask `query(answer)` until `until(view)` holds.

    The write's answer and the query's view have one shape.
    """

    query: Callable[[dict[str, Any]], Any]
    until: Callable[[dict[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Header:
    """A field that travels in a header; without it the request is refused with `absent`."""

    name: str
    absent: Code

    def __call__(self) -> str:
        if not request.headers.get(self.name):
            raise DomainError(self.absent, f"The header {self.name} is missing.")
        return request.headers[self.name]


@dataclass(frozen=True)
class Route:
    """`given`: fields that the gateway fills itself, with a value or by reading the request; a
    client that sends them is refused. `key_field`: the field that serves as idempotency key.
    `variants`: the same answer as files, chosen by `Accept` here or by their own paths.
    `answer` None: 204."""

    method: str
    path: str
    message: type
    roles: tuple[Grant, ...] | Access
    answer: type | Document | None
    summary: str
    status: int = 200
    idempotent: bool = False
    wait: Wait | None = None
    key_field: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    body: str = "json"  # json, upload (multipart, see UPLOADED), or raw: `given` reads it
    limit: str = ""  # the rate class, when not simply read or write
    timeout_s: float = TIMEOUT_S
    cache_s: int = 0
    version: type | None = None  # the query for what `cache_s` answers hang on, see `copies.py`
    variants: tuple["Route", ...] = ()

    def __post_init__(self) -> None:
        problems = [
            text for text, wrong in (
                ("names no roles", self.roles is not PUBLIC and not self.roles),
                ("carries an event", type_of(self.message).kind == "event"),
                ("has path parameters that are no fields", not self.path_fields <= self._names),
                ("gives what are no fields",
                 not {*self.given, *filter(None, [self.key_field])} <= self._names),
                ("writes without a command", self.idempotent and not self.writes),
            ) if wrong
        ]
        if problems:
            raise ValueError(f"{self.method} {self.path} {', '.join(problems)}")

    @cached_property
    def path_fields(self) -> frozenset[str]:
        return frozenset(_PARAMETER.findall(self.path))

    @cached_property
    def open_fields(self) -> dict[str, fields.Field]:
        """What a client sends in query or body: all but the path's and the gateway's own."""
        return {
            name: item for name, item in schema_of(self.message).fields.items()
            if name not in self.path_fields and name not in self.given
        }

    @property
    def headers(self) -> list[str]:
        """The headers that a client must send."""
        return [item.name for item in self.given.values() if isinstance(item, Header)]

    @property
    def writes(self) -> bool:
        return type_of(self.message).kind == "command"

    @property
    def rate_class(self) -> str:
        return self.limit or ("write" if self.writes else "read")

    @property
    def rule(self) -> str:
        """The path as Flask writes it."""
        return _PARAMETER.sub(r"<\1>", self.path)

    @property
    def _names(self) -> set[str]:
        return set(schema_of(self.message).fields)


@dataclass(frozen=True, slots=True)
class Backend:
    """What every endpoint works with."""

    rpc: RpcClient
    verifier: TokenVerifier
    limits: RateLimiter
    bulkheads: Bulkheads = field(default_factory=Bulkheads)
    signing_in: SigningIn = field(default_factory=SigningIn)

    def ask(
        self, message: Any, actor: Actor, key: str = "", timeout: float = TIMEOUT_S,
        request_id: str = "",
    ) -> dict[str, Any]:
        """The owner's answer: `{"body", "error", "replayed"}`."""
        declared = type_of(type(message))
        envelope = Envelope.of(message, actor, request_id, key)
        with self.bulkheads[declared.owner].place():
            answer = self.rpc.call(
                declared.owner, declared.method, envelope.to_dict(), timeout=timeout
            )
        return dict(answer)


class Endpoint:
    """Carries out one route: who asks, what is asked, the call, the answer."""

    def __init__(self, route: Route, backend: Backend) -> None:
        self.route = route
        self.backend = backend
        self._copies = Copies(self._version, route.cache_s) if route.version else None
        self._variants = {
            item.answer.content_type: Endpoint(item, backend)
            for item in route.variants if isinstance(item.answer, Document)
        }

    def __call__(self, **path: str) -> Response:
        if self._variants and request.accept_mimetypes:
            best = request.accept_mimetypes.best_match(["application/json", *self._variants])
            if best in self._variants:
                return self._variants[best](**path)
            if best is None:
                raise DomainError(Code.NOT_ACCEPTABLE, "This is not available in that format.")
        actor = self._actor()
        self.backend.limits.take(caller(actor), self.route.rate_class)
        key = self._key(actor)
        message: Any = load(self.route.message, self._fields(path))
        if self._copies:
            return self._copies.answer(
                repr(message), lambda: self._asked(message, actor, key, plain=True)
            )
        return self._asked(message, actor, key)

    def _asked(self, message: Any, actor: Actor, key: str, plain: bool = False) -> Response:
        if self.route.key_field:
            key = getattr(message, self.route.key_field)
        with self.backend.signing_in.place() if self.route.limit == "login" else nullcontext():
            answer = self.backend.ask(message, actor, key, self.route.timeout_s, g.request_id)
        headers = dict(REPLAYED) if answer["replayed"] else {}
        if answer["error"]:
            return refused(DomainError.from_dict(answer["error"]), headers)
        if self.route.wait:
            return self._settled(self.route.wait, answer["body"], actor, headers)
        return self._response(answer["body"], self.route.status, headers, plain)

    def _version(self) -> str:
        assert self.route.version
        answer = self.backend.ask(self.route.version(), anonymous(address()))
        return str(answer["body"]["version"])

    def _actor(self) -> Actor:
        if isinstance(self.route.roles, Access):
            return anonymous(address())
        return require(self.backend.verifier, self.route.roles)

    def _key(self, actor: Actor) -> str:
        """The id of this request; what is not signed in cannot share one with a neighbour."""
        if not self.route.writes or actor.kind is Principal.ANONYMOUS:
            return ""
        return idempotency_key(self.route.idempotent)

    def _fields(self, path: dict[str, str]) -> dict[str, Any]:
        if self.route.method in READS:
            sent = query_fields(self.route.open_fields)
        else:
            _refuse(request.args)
            sent = {}
            if self.route.body == "json":
                sent = json_body()
            elif self.route.body == "upload":
                sent = form_fields(self.route.open_fields)
        given = {
            name: value() if callable(value) else value
            for name, value in self.route.given.items()
        }
        _refuse([name for name in sent if name in path or name in given])
        known = schema_of(self.route.message).fields
        return sent | {name: typed(known[name], text) for name, text in path.items()} | given

    def _settled(
        self, wait: Wait, body: dict[str, Any], actor: Actor, headers: dict[str, str]
    ) -> Response:
        """The view once it has settled, else the last one as 202. The write itself is done:
        trouble while looking is no trouble of the caller's."""
        deadline, pause = time.monotonic() + WAIT_S, 0.015
        while not wait.until(body):
            if time.monotonic() + pause > deadline:
                return self._response(body, 202, headers)
            time.sleep(pause)
            pause = min(pause * 1.5, 0.2)
            try:
                answer = self.backend.ask(
                    wait.query(body), actor, timeout=WAIT_S, request_id=g.request_id
                )
            except DomainError:
                return self._response(body, 202, headers)
            if answer["error"]:
                return self._response(body, 202, headers)
            body = answer["body"]
        return self._response(body, self.route.status, headers)

    def _response(
        self, body: Any, status: int, headers: dict[str, str], plain: bool = False
    ) -> Response:
        if self.route.answer is None:
            return Response(status=204, headers=headers)
        if isinstance(self.route.answer, Document):
            response = _file(body, status, headers)
        else:
            response = json_response(body, status, headers)
        if self.route.cache_s and not plain:
            response.headers["Cache-Control"] = f"public, max-age={self.route.cache_s}"
            response.add_etag()
            response.make_conditional(request)
        return response


# ------------------------------------------------------------------ reading what is sent


def caller(actor: Actor) -> str:
    """Whose requests are counted together: a principal's, or without one an address's."""
    return f"{actor.kind}:{actor.id}"


def address() -> str:
    """Where the request comes from."""
    return request.remote_addr or "unknown"


def raw_body() -> str:
    """The body exactly as sent, for signatures over it."""
    try:
        return request.get_data(cache=True).decode("utf-8")
    except UnicodeDecodeError:
        raise DomainError(Code.MALFORMED_JSON, "The body is not UTF-8.") from None


def query_fields(known: Mapping[str, fields.Field]) -> dict[str, Any]:
    """The query arguments, typed as the message's fields; repeated ones make a list."""
    sent: dict[str, Any] = {}
    for name, texts in request.args.lists():
        item = known.get(name)
        if isinstance(item, fields.List):
            sent[name] = [typed(item.inner, text) for text in texts]
        elif len(texts) > 1:
            _refuse([name], "Given more than once.")
        else:
            sent[name] = typed(item, texts[0])
    return sent


def form_fields(known: Mapping[str, fields.Field]) -> dict[str, Any]:
    """A multipart form: the file in base64 with its name; the other parts are fields, objects
    among them as JSON."""
    request.max_content_length = UPLOAD_MAX
    if request.mimetype != "multipart/form-data":
        raise DomainError(Code.UNSUPPORTED_MEDIA_TYPE, "Send multipart/form-data.")
    sent = {name: typed(known.get(name), text) for name, text in request.form.items()}
    _refuse([name for name in sent if name in UPLOADED])
    file = request.files.get("file")
    companions = request.files.getlist("companion")
    if file is None or not set(request.files) <= {"file", "companion"}:
        _refuse(["file"], "Send one file, as the part named file.")
    else:
        sent |= {
            "content": base64.b64encode(file.read()).decode(), "filename": file.filename or "file",
        }
    if companions:
        sent["companions"] = [base64.b64encode(one.read()).decode() for one in companions]
    return sent


def typed(item: fields.Field | None, text: str) -> Any:
    """Text as the JSON value that the field expects; left as it is where it does not fit, so that
    the schema says what is wrong."""
    if isinstance(item, fields.Integer) and _WHOLE_NUMBER.match(text):
        return int(text)
    if isinstance(item, fields.Boolean):
        return {"true": True, "false": False}.get(text, text)
    if isinstance(item, fields.DateTime):
        return text.replace(" ", "+")  # a plus that was not escaped
    if isinstance(item, fields.List):
        return [typed(item.inner, text)]
    if isinstance(item, fields.Nested | fields.Dict):
        return strict_json(text)
    return text


def _refuse(names: Iterable[str], why: str = "Unknown field.") -> None:
    errors = {name: [why] for name in names}
    if errors:
        raise DomainError(Code.VALIDATION_FAILED, "Some fields are missing or wrong.", errors)


def refused(error: DomainError, headers: Mapping[str, str] | None = None) -> Response:
    """The problem document, with `Retry-After` where the refusal says when to come back."""
    response = problem_response(error, headers)
    if error.kind is Kind.LIMITED and "retry_after" in error.errors:
        response.headers["Retry-After"] = str(error.errors["retry_after"])
    return response


def _file(body: dict[str, Any], status: int, headers: dict[str, str]) -> Response:
    """Saved under its name; pictures are shown."""
    response = send_file(
        BytesIO(base64.b64decode(body["content"])), body["content_type"], etag=False,
        as_attachment=not body["content_type"].startswith("image/"),
        download_name=body["filename"],
    )
    response.status_code = status
    del response.headers["Cache-Control"]  # the house's own is set later
    response.headers.extend(headers)
    return response
