"""Answers for everybody are rendered once, until what they tell has changed."""

import gzip
import json
import time

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from gateway import copies
from gateway.copies import Copies
from services.chassis.web import json_response


class Programme:
    """A thousand screenings, and how often somebody rendered them."""

    def __init__(self) -> None:
        self.version = "1"
        self.rendered = 0
        self.status = 200

    def render(self):
        self.rendered += 1
        items = [{"title": f"Film {n}", "version": self.version} for n in range(1000)]
        return json_response({"items": items}, self.status)


@pytest.fixture
def programme() -> Programme:
    return Programme()


@pytest.fixture
def http(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setattr(copies, "BELIEVED_S", 0.0)
    kept = Copies(lambda: programme.version, 15)
    app = Flask("copies")
    app.add_url_rule(
        "/", view_func=lambda: kept.answer(request.full_path, programme.render), endpoint="all")
    return app.test_client()


def test_rendered_once_for_each_question_and_version(http, programme) -> None:
    first = http.get("/")
    assert http.get("/").data == first.data and programme.rendered == 1
    http.get("/?day=2027-06-18")
    assert programme.rendered == 2
    programme.version = "2"
    changed = http.get("/")
    assert changed.json["items"][0]["version"] == "2" and programme.rendered == 3
    assert changed.headers["ETag"] != first.headers["ETag"]
    assert changed.headers["Cache-Control"] == "public, max-age=15"


def test_packed_for_those_who_unpack_and_nothing_when_nothing_changed(http) -> None:
    plain = http.get("/")
    packed = http.get("/", headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data and len(packed.data) * 4 < len(plain.data)
    assert "Accept-Encoding" in packed.headers["Vary"]
    for answer, accepts in ((plain, {}), (packed, {"Accept-Encoding": "gzip"})):
        again = http.get("/", headers={"If-None-Match": answer.headers["ETag"], **accepts})
        assert (again.status_code, again.data) == (304, b"")


def test_a_refusal_is_not_kept(http, programme) -> None:
    programme.status = 422
    assert [http.get("/").status_code for _ in range(2)] == [422, 422]
    assert programme.rendered == 2


def test_only_so_many_are_kept(http, programme, monkeypatch) -> None:
    monkeypatch.setattr(copies, "KEPT", 3)
    for number in range(5):
        http.get(f"/?n={number}")
    http.get("/?n=4")
    assert programme.rendered == 5
    http.get("/?n=0")
    assert programme.rendered == 6


def test_a_kept_answer_takes_little_time(http) -> None:
    http.get("/")
    started = time.perf_counter()
    for _ in range(20):
        assert len(json.loads(http.get("/").data)["items"]) == 1000
    assert (time.perf_counter() - started) / 20 < 0.05
