"""Live updates: the same question and roles as the route beside it, told when it changes."""

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from contracts.roles import Role
from gateway import streams
from gateway.routes import ROUTES
from gateway.rpc import RpcClient
from tests.gateway.conftest import CountingRpc, token
from tests.gateway.samples import SOME_ID

PATH = f"/v1/screenings/{SOME_ID}/availability/stream"


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "ASKS_EVERY_S", 0.02)
    monkeypatch.setattr(streams, "LASTS_S", 0.3)


def test_every_stream_stands_beside_a_route() -> None:
    paths = {route.path for route in ROUTES if route.method == "GET"}
    assert set(streams.STREAMED) <= paths


def test_it_says_what_there_is_and_what_changes(
    http: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = iter([5, 5, 4, 4, 3, *[3] * 100])

    def answer(self: RpcClient, *_: Any, **__: Any) -> dict[str, Any]:
        return {"body": {"left": next(left)}, "error": None, "replayed": False}

    headers = token(Role.POS)
    assert http.get("/v1/venues", headers=headers).status_code == 200  # keys are known from here
    monkeypatch.setattr(CountingRpc, "call", answer)
    stream = http.get(PATH, headers=headers)
    assert stream.status_code == 200 and stream.mimetype == "text/event-stream"
    assert stream.headers["Cache-Control"] == "no-store"
    said = [json.loads(line[6:])["left"] for line in stream.text.splitlines()
            if line.startswith("data: ")]
    assert said == [5, 4, 3]
    assert stream.text.startswith("retry: 1000\ndata: ")
    stream.close()  # as a web server does


def test_who_may_not_ask_may_not_listen(http: FlaskClient) -> None:
    assert http.get(PATH).status_code == 401
    answer = http.get(PATH, headers=token(Role.STATS))
    assert (answer.status_code, answer.json["code"]) == (403, "ROLE_MISSING")
    assert http.get(f"{PATH}?x=1", headers=token(Role.POS)).status_code == 422


def test_there_are_few_and_their_places_come_back(http: FlaskClient) -> None:
    headers = token(Role.POS)
    opened = [http.get(PATH, headers=headers) for _ in range(streams.OPEN_MAX)]
    assert {stream.status_code for stream in opened} == {200}
    refused = http.get(PATH, headers=headers)
    assert refused.status_code == 429 and refused.headers["Retry-After"]
    for stream in opened:
        stream.close()
    with http.get(PATH, headers=headers) as again:
        assert again.status_code == 200


def test_a_session_that_ends_ends_its_streams(app: Flask, http: FlaskClient) -> None:
    headers = token(Role.POS, sid="22222222-2222-4222-8222-222222222222")
    stream = http.get(PATH, headers=headers)
    verifier = next(
        view.backend.verifier for view in app.view_functions.values() if hasattr(view, "backend")
    )
    verifier.ended.add([{
        "session_id": "22222222-2222-4222-8222-222222222222",
        "ended_at": "2099-01-01T00:00:00Z", "forget_at": "2099-01-01T00:10:00Z",
    }])
    assert stream.text.count("data: ") == 1 and ":\n\n" not in stream.text
    stream.close()
