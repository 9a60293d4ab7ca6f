"""A valid request of a route, and what can be done to it. The same seed makes the same requests."""

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote

from gateway.endpoint import READS, Route
from tests.gateway import samples

NASTY: tuple[Any, ...] = (
    None, True, 0, -1, 10**18, 10**30, 0.1, 1e308, "", " ", "0", "null", "\x00", "é" * 300,
    "a" * 5_000, "\ud800", "'; DROP TABLE users; --", "<script>", "../../etc/passwd", "٣٤", "1e5",
    "2026-02-30T25:00:00Z", "2026-08-04T20:30:00", "9999-12-31T23:59:59-14:00", [], [[]], {},
    {"": ""}, [None] * 50, {"currency": "CHF"}, {"amount": -1, "currency": "ZZZ"},
    "11111111-1111-4111-8111-111111111111", "00000000-0000-0000-0000-000000000000",
)
HEADER_TEXTS = ("", "x", "\x7f", "a" * 300, "é", "*/*;q=9", "text/plain", "Bearer", "Bearer a.b.c",
                "application/json; charset=utf-16", "multipart/form-data", "0", "-1")
HEADERS = ("Authorization", "Idempotency-Key", "X-Request-Id", "Accept", "Content-Type",
           "If-None-Match", "Approval", "Origin", "Range")


@dataclass
class Request:
    route: Route
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


def request(route: Route, random: Random) -> Request:
    """One request on `route`, with one to three faults, now and then with none."""
    fields = samples.ask(route.message)
    path_fields = {name: fields.pop(name, "x") for name in route.path_fields}
    fields = {name: value for name, value in fields.items() if name in route.open_fields}
    made = Request(route, "", headers={"Idempotency-Key": f"fuzz-{random.getrandbits(64):x}"})
    faults = random.choice((0, 1, 1, 1, 2, 3))
    for _ in range(faults):
        random.choice((_spoil_field, _spoil_field, _spoil_path, _spoil_header))(
            made, fields, path_fields, random
        )
    made.path = route.path
    for name, value in path_fields.items():
        made.path = made.path.replace(f"{{{name}}}", _quoted(value))
    if route.method in READS:
        made.query = "&".join(f"{_quoted(key)}={_quoted(item)}" for key, item in fields.items())
    else:
        made.headers.setdefault("Content-Type", "application/json")
        made.body = _body(fields, faults, random)
    return made


def _spoil_field(made: Request, fields: dict[str, Any], path: dict, random: Random) -> None:
    name = random.choice([*made.route.open_fields, "unknown", "__proto__", ""])
    if name in fields and random.random() < 0.3:
        del fields[name]
    else:
        fields[name] = random.choice(NASTY)


def _spoil_path(made: Request, fields: dict[str, Any], path: dict, random: Random) -> None:
    if path:
        path[random.choice(sorted(path))] = random.choice(NASTY)


def _spoil_header(made: Request, fields: dict[str, Any], path: dict, random: Random) -> None:
    made.headers[random.choice(HEADERS)] = random.choice(HEADER_TEXTS)


def _body(fields: dict[str, Any], faults: int, random: Random) -> bytes:
    text = json.dumps(fields).encode()
    if not faults or random.random() < 0.7:
        return text
    kind = random.randrange(6)
    at = random.randrange(len(text))
    return (
        text[:at],  # cut off
        text[:at] + bytes([random.randrange(256)]) + text[at + 1:],
        text[:-1] + b',"a":1,"a":2}',  # a key twice
        b"[" * 5_000,
        b'{"amount": NaN}',
        text.decode().encode("utf-16"),
    )[kind]


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return quote(text.encode("utf-8", "surrogatepass"), safe="")[:2_000]
