"""The front door: every declared route, and what surrounds them.

CORS, rate limits, security headers, readiness by name, the description of the interface.
"""

import base64
import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import swagger_ui_bundle
from flask import Flask, Response, request, send_from_directory
from werkzeug.middleware.proxy_fix import ProxyFix

from contracts.errors import DomainError
from contracts.identity import GetJwks
from contracts.message import type_of
from contracts.roles import system
from gateway.ended import EndedSessionsWatch, hear_of_ended_sessions
from gateway.endpoint import Backend, Endpoint, Route, refused
from gateway.limits import Rate, RateLimiter, rates
from gateway.openapi import describe
from gateway.permissions import permissions_page
from gateway.routes import ROUTES
from gateway.rpc import RpcClient
from gateway.streams import add_streams
from services.chassis.settings import Settings
from services.chassis.web import TokenVerifier, install, json_response

PING_TIMEOUT_S = 1.0
KEYS_TIMEOUT_S = 2.0
READY_CACHE_S = 1.0
ENDED_SESSIONS_EVERY_S = 5.0
BODY_MAX = 2**20
SWAGGER = Path(swagger_ui_bundle.__file__).parent / "vendor"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
DOCS_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'none'"
)
CORS_HEADERS = {
    "Access-Control-Allow-Headers": (
        "Approval, Authorization, Content-Type, Idempotency-Key, X-Request-Id"
    ),
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    "Access-Control-Expose-Headers":
        "Content-Disposition, ETag, Idempotency-Replayed, Retry-After, X-Request-Id",
    "Access-Control-Max-Age": "600",
}


@dataclass(frozen=True, slots=True)
class Options:
    """`cors_origins`: the front-ends that may call from a browser. `trusted_proxies`: how many of
    our own proxies stand in front and tell the client's address. `ended_sessions_every_s`: how
    often identity is asked for them; 0 for never."""

    cors_origins: frozenset[str] = frozenset()
    trusted_proxies: int = 0
    rates: Mapping[str, Rate] = field(default_factory=lambda: rates({}))
    ended_sessions_every_s: float = 0.0

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "Options":
        origins = env.get("CORS_ORIGINS", "").split(",")
        return cls(
            cors_origins=frozenset(origin.strip() for origin in origins if origin.strip()),
            trusted_proxies=int(env.get("TRUSTED_PROXIES", "0")),
            rates=rates(env), ended_sessions_every_s=ENDED_SESSIONS_EVERY_S,
        )


def create_app(
    settings: Settings, options: Options | None = None, rpc: RpcClient | None = None,
    routes: tuple[Route, ...] = ROUTES,
) -> Flask:
    options = options or Options.from_env()
    rpc = rpc or RpcClient(settings.amqp_url)
    backend = Backend(
        rpc, TokenVerifier(lambda: token_keys(backend)), RateLimiter(options.rates)
    )
    hear_of_ended_sessions(backend)
    if options.ended_sessions_every_s:
        EndedSessionsWatch(backend, options.ended_sessions_every_s).start()
    app = Flask("gateway", static_folder=None)
    if options.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=options.trusted_proxies, x_proto=options.trusted_proxies
        )
    install(app, max_body=BODY_MAX)
    app.register_error_handler(DomainError, refused)
    app.after_request(lambda response: _headers(response, options.cors_origins))
    for route in routes:
        app.add_url_rule(
            route.rule, f"{route.method} {route.path}", Endpoint(route, backend),
            methods=[route.method],
        )
    add_streams(app, routes, backend)
    owners = sorted({type_of(route.message).owner for route in routes})
    app.add_url_rule("/ready", view_func=Readiness(rpc, owners), endpoint="ready")
    _describe(app, routes)
    return app


def token_keys(backend: Backend) -> dict[str, bytes]:
    """Identity's public keys, by key id; what is cached goes on working while it is away."""
    answer = backend.ask(GetJwks(), system("gateway"), timeout=KEYS_TIMEOUT_S)
    return {
        key["kid"]: base64.urlsafe_b64decode(key["x"] + "==") for key in answer["body"]["keys"]
    }


class Readiness:
    """Are the broker and every service there; what is not is named. Remembered for a second, so
    that asking often costs nothing."""

    def __init__(self, rpc: RpcClient, services: list[str]) -> None:
        self._rpc = rpc
        self._services = services
        self._lock = Lock()
        self._checked_at = float("-inf")
        self._checks: dict[str, str] = {}

    def __call__(self) -> Response:
        with self._lock:
            if time.monotonic() - self._checked_at > READY_CACHE_S:
                self._checks = self._look()
                self._checked_at = time.monotonic()
            checks = self._checks
        ready = set(checks.values()) == {"ok"}
        return json_response({"ready": ready, "checks": checks}, 200 if ready else 503)

    def _look(self) -> dict[str, str]:
        if not self._rpc.connected():
            return {"broker": "unreachable"}
        with ThreadPoolExecutor(len(self._services)) as pool:
            states = pool.map(self._ping, self._services)
        return {"broker": "ok"} | dict(zip(self._services, states, strict=True))

    def _ping(self, service: str) -> str:
        try:
            self._rpc.call(service, "ping", timeout=PING_TIMEOUT_S)
        except DomainError as error:
            return error.code.value
        return "ok"


def _headers(response: Response, origins: frozenset[str]) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if origins:
        response.vary.add("Origin")
        if request.origin in origins:
            response.headers["Access-Control-Allow-Origin"] = request.origin
            response.headers.extend(CORS_HEADERS)
    return response


def _describe(app: Flask, routes: tuple[Route, ...]) -> None:
    """`/openapi.json`, a page at `/docs` to read it and try it, and who may ask what."""
    description = json_response(describe(routes)).get_data()

    @app.get("/openapi.json")
    def openapi() -> Response:
        return Response(description, mimetype="application/json")

    @app.get("/docs")
    def docs() -> Response:
        policy = {"Content-Security-Policy": DOCS_POLICY}
        return Response(PAGE, mimetype="text/html", headers=policy)

    @app.get("/docs/permissions")
    def permissions() -> Response:
        policy = {"Content-Security-Policy": DOCS_POLICY}
        return Response(permissions_page(routes), mimetype="text/html", headers=policy)

    @app.get("/docs/start.js")
    def start() -> Response:
        return Response(START, mimetype="text/javascript")

    @app.get("/docs/<name>")
    def swagger(name: str) -> Response:
        folder = next(SWAGGER.glob("swagger-ui-*"))
        return send_from_directory(folder, name, max_age=86_400)


PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Festival box office: interface</title>
<link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><p><a href="/docs/permissions">Who may ask what</a></p><div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>
"""
START = (
    'SwaggerUIBundle({url: "/openapi.json", dom_id: "#swagger-ui", docExpansion: "none", '
    "persistAuthorization: true});\n"
)
