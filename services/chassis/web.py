"""The Flask pieces that the gateway and the terminal door share.

Request id in and out, access token → Actor, roles, strict JSON, problem documents, metrics.
"""

import json
import math
import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any
from uuid import UUID, uuid4

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST
from werkzeug.exceptions import HTTPException

from contracts.errors import Code, DomainError
from contracts.roles import Action, Actor, Approval, Grant, Principal, Role
from services.chassis.ended import EndedSessions
from services.chassis.errors import problem, status_of
from services.chassis.observability import REQUEST_TIME, REQUESTS, metrics
from services.chassis.tracing import requested

ISSUER = "festival"
AUDIENCE = "festival"
APPROVAL_AUDIENCE = "festival-approval"
ALGORITHM = "EdDSA"
CLOCK_SKEW_S = 30
KEY_MAX = 255
MAX_DEPTH = 20
TOKEN_REFUSALS = (
    Code.TOKEN_MISSING, Code.TOKEN_INVALID, Code.TOKEN_EXPIRED, Code.SESSION_ENDED,
)
_REQUEST_ID = re.compile(r"\A[A-Za-z0-9._-]{8,64}\Z")
_IDEMPOTENCY_KEY = re.compile(r"\A[\x21-\x7e]{1,255}\Z")
log = structlog.get_logger("web")


# ------------------------------------------------------------------ who asks


@dataclass(frozen=True, slots=True)
class _Verified:
    """What a token says; times in seconds since 1970."""

    actor: Actor
    expires: float
    session_id: str
    issued_at: float


class TokenVerifier:
    """Access token → Actor, with public keys alone.

    `fetch` brings key id → raw Ed25519 public key; it is asked again when a token names an unknown
    key, at most once in `REFRESH_S`, so that forged key ids cost nothing. `ended` knows sessions
    that ended before their tokens, for whoever fills it.
    """

    REFRESH_S = 5.0
    REMEMBERED = 2_000

    def __init__(self, fetch: Callable[[], Mapping[str, bytes]]) -> None:
        self._fetch = fetch
        self.ended = EndedSessions()
        self._known: dict[str, _Verified] = {}  # until they expire
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._fetched_at = float("-inf")
        self._lock = Lock()

    def actor(self, token: str) -> Actor:
        """Raises DomainError TOKEN_INVALID, TOKEN_EXPIRED or SESSION_ENDED. A token is verified
        once; whether its session has ended meanwhile is looked up each time."""
        verified = self._known.get(token)
        if verified is None or verified.expires <= time.time():
            verified = self._verify(token)
            if len(self._known) >= self.REMEMBERED:
                self._known = {}
            self._known[token] = verified
        if self.ended.include(verified.session_id, verified.issued_at):
            raise DomainError(Code.SESSION_ENDED, "You have been signed out; sign in again.")
        return verified.actor

    def _verify(self, token: str) -> "_Verified":
        try:
            claims = self._claims(token, AUDIENCE)
            actor = Actor(
                kind=Principal(claims["kind"]), id=claims["sub"], name=claims.get("name", ""),
                roles=frozenset(map(Role, claims.get("roles", ()))),
                sale_points=frozenset(map(UUID, claims.get("sale_points", ()))),
            )
            return _Verified(
                actor, claims["exp"] + CLOCK_SKEW_S, str(claims.get("sid", "")),
                float(claims["iat"]),
            )
        except jwt.ExpiredSignatureError:
            raise DomainError(
                Code.TOKEN_EXPIRED, "Your session has ended; sign in again."
            ) from None
        except (jwt.PyJWTError, KeyError, ValueError, TypeError):
            raise DomainError(Code.TOKEN_INVALID, "This access token is not valid.") from None

    def approval(self, token: str, actor: Actor) -> Approval:
        """A colleague's approval for `actor` (`identity.ApproveAction`); or APPROVAL_REFUSED."""
        try:
            claims = self._claims(token, APPROVAL_AUDIENCE)
            if claims["for"] != actor.id:
                raise ValueError("given to somebody else")
            return Approval(
                id=claims["jti"], approver_id=claims["sub"], approver_name=claims["name"],
                action=Action(claims["action"]), object_id=claims["object"],
            )
        except (jwt.PyJWTError, KeyError, ValueError, TypeError):
            raise DomainError(
                Code.APPROVAL_REFUSED, "This approval is not good (any more): ask again."
            ) from None

    def _claims(self, token: str, audience: str) -> dict[str, Any]:
        """What a token of ours says; raises jwt's errors."""
        key_id = jwt.get_unverified_header(token).get("kid")
        return jwt.decode(
            token, self._key(str(key_id)), algorithms=[ALGORITHM], audience=audience,
            issuer=ISSUER, leeway=CLOCK_SKEW_S,
            options={"require": ["exp", "iat", "nbf", "aud", "iss", "sub"]},
        )

    def _key(self, key_id: str) -> Ed25519PublicKey:
        if key_id not in self._keys:
            with self._lock:
                if time.monotonic() - self._fetched_at > self.REFRESH_S:
                    self._keys = {
                        name: Ed25519PublicKey.from_public_bytes(raw)
                        for name, raw in self._fetch().items()
                    }
                    self._fetched_at = time.monotonic()
        if key_id not in self._keys:
            raise jwt.InvalidTokenError("unknown key id")
        return self._keys[key_id]


def _with_approval(verifier: TokenVerifier, actor: Actor) -> Actor:
    """The caller with what a colleague has approved, when the request brings it."""
    token = request.headers.get("Approval", "")
    return replace(actor, approval=verifier.approval(token, actor)) if token else actor


def require(verifier: TokenVerifier, grants: Iterable[Grant]) -> Actor:
    """The caller of this request, who holds at least one of `grants`; refused otherwise."""
    header = request.headers.get("Authorization", "")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise DomainError(Code.TOKEN_MISSING, "Sign in first: this needs an access token.")
    actor = verifier.actor(token.strip())
    if not actor.may(*grants):
        raise DomainError(Code.ROLE_MISSING, "Your roles do not allow this.")
    return _with_approval(verifier, actor)


# ------------------------------------------------------------------ what is asked


def json_body() -> dict[str, Any]:
    """The request's JSON object, read strictly: no duplicate keys, NaN or endless nesting."""
    if not request.get_data(cache=True):
        return {}
    if request.mimetype != "application/json":
        raise DomainError(Code.UNSUPPORTED_MEDIA_TYPE, "Send application/json.")
    body = strict_json(request.get_data())
    if not isinstance(body, dict):
        raise DomainError(Code.MALFORMED_JSON, "The body must be a JSON object.")
    return body


def strict_json(text: bytes | str) -> Any:
    """What JSON text says; MALFORMED_JSON for what readers understand differently."""
    try:
        value = json.loads(
            text.decode("utf-8") if isinstance(text, bytes) else text,
            object_pairs_hook=_unique, parse_constant=_not_json, parse_int=_bounded_int,
            parse_float=_finite,
        )
        _check_depth(value)
    except (ValueError, RecursionError) as error:
        raise DomainError(Code.MALFORMED_JSON, f"This is not valid JSON: {error}") from None
    return value


def idempotency_key(required: bool) -> str:
    """The caller's key, or one of ours where a repetition does no harm."""
    key = request.headers.get("Idempotency-Key", "")
    if not key and not required:
        return str(uuid4())
    if not _IDEMPOTENCY_KEY.match(key):
        raise DomainError(
            Code.IDEMPOTENCY_KEY_MISSING,
            f"Send an Idempotency-Key header (1 to {KEY_MAX} visible characters), new for each "
            "operation and the same when you retry it.",
        )
    return key


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key appears twice")
    return result


def _not_json(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError("a number is too large")
    return value


def _bounded_int(digits: str) -> int:
    if len(digits) > 20:
        raise ValueError("a number is too long")
    return int(digits)


def _check_depth(value: Any, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            _check_depth(item, depth + 1)


# ------------------------------------------------------------------ what is answered


def json_response(
    body: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, headers, mimetype="application/json")


def problem_response(error: DomainError, headers: Mapping[str, str] | None = None) -> Response:
    response = json_response(problem(error, g.get("request_id", "")), status_of(error), headers)
    response.mimetype = "application/problem+json"
    if error.code in TOKEN_REFUSALS:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


_HTTP_CODES = {
    400: Code.MALFORMED_JSON, 404: Code.NOT_FOUND, 405: Code.METHOD_NOT_ALLOWED,
    406: Code.NOT_ACCEPTABLE, 413: Code.BODY_TOO_LARGE, 415: Code.UNSUPPORTED_MEDIA_TYPE,
}


def install(app: Flask, max_body: int = 1_000_000) -> None:
    """Give `app` the habits of the house: request ids, problem documents, metrics, headers."""
    app.config["MAX_CONTENT_LENGTH"] = max_body
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_over)
    app.register_error_handler(DomainError, problem_response)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, fault)
    app.add_url_rule("/live", view_func=_live)
    app.add_url_rule("/metrics", view_func=_metrics)


def _live() -> Response:
    return json_response({"status": "alive"})


def _metrics() -> Response:
    return Response(metrics(), content_type=CONTENT_TYPE_LATEST)


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _REQUEST_ID.match(given) else str(uuid4())
    structlog.contextvars.bind_contextvars(correlation_id=g.request_id)
    route = request.url_rule.rule if request.url_rule else "unknown"
    g.traced = ExitStack()
    g.traced.enter_context(requested(f"{request.method} {route}", g.request_id))
    g.started = time.perf_counter()


def _over(_error: BaseException | None) -> None:
    structlog.contextvars.unbind_contextvars("correlation_id")
    if "traced" in g:
        g.traced.close()


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    route = request.url_rule.rule if request.url_rule else "unknown"
    REQUESTS.labels(request.method, route, response.status_code).inc()
    REQUEST_TIME.labels(route).observe(time.perf_counter() - g.started)
    return response


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]
    code = _HTTP_CODES.get(status, Code.INTERNAL_ERROR if status >= 500 else Code.MALFORMED_JSON)
    headers = {
        name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")
    }
    return problem_response(DomainError(code, error.description or error.name), headers)


def fault(error: Exception) -> Response:
    log.exception("fault", request_id=g.get("request_id"))
    return problem_response(DomainError(
        Code.INTERNAL_ERROR, "Something went wrong on our side; quote the request id to support."
    ))
