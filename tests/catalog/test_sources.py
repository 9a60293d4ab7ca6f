"""Programmes pulled from an address: politely, and never out of a private network."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Thread
from uuid import UUID

import pytest

from contracts.catalog import (
    CreateSource,
    Credential,
    GetImport,
    ListSources,
    PullSource,
    UpdateSource,
)
from contracts.errors import Code, DomainError
from contracts.message import load
from services.catalog import fetching
from services.catalog.queries import imports as queries
from services.catalog.usecases import imports, sources

FILE = b"id;Titre;Date;Heure;Fin;Lieu\n1;Playtime;18.06.2027;20:30;22:40;Rex\n"


class Web:
    """A server that answers as it is told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.asked.append(dict(self.headers))
                status, headers, body = web.answers[self.path]
                if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                    status, body = 304, b""
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def web() -> Iterator[Web]:
    server = Web()
    yield server
    server.server.shutdown()
    server.server.server_close()


def only_here(address) -> bool:
    return str(address) == "127.0.0.1"


FETCH_HERE = partial(fetching.fetch, allowed=only_here)


def source(programme, address: str, **more) -> UUID:
    made = programme.do(sources.create_source, CreateSource(name="Cine", address=address, **more))
    return UUID(made["source_id"])


def pull(programme, id: UUID, fetch=FETCH_HERE):
    return programme.do(
        partial(sources.pull_source, fetch=fetch), PullSource(source_id=id))


# ------------------------------------------------------------------ what is fetched


def test_a_new_file_is_previewed_and_an_old_one_is_not_fetched_again(programme, web) -> None:
    web.answers["/p.csv"] = (200, {"ETag": '"1"', "Last-Modified": "Fri, 18 Jun 2027 10:00:00 GMT"},
                             FILE)
    id = source(programme, web.url + "/p.csv")
    pulled = pull(programme, id)
    preview = programme.ask(queries.get_import, GetImport(import_id=UUID(pulled["import_id"])))
    assert (preview.filename, preview.source, preview.counts.created) == ("p.csv", "Cine", 2)
    again = pull(programme, id)
    assert again["import_id"] == pulled["import_id"]
    assert web.asked[1]["If-None-Match"] == '"1"'
    assert web.asked[1]["If-Modified-Since"] == "Fri, 18 Jun 2027 10:00:00 GMT"


def test_the_same_file_without_an_etag_is_nothing_new(programme, web) -> None:
    web.answers["/p.csv"] = (200, {}, FILE)
    id = source(programme, web.url + "/p.csv")
    assert pull(programme, id)["import_id"] == pull(programme, id)["import_id"]


def test_a_source_that_is_down_leaves_everything_and_says_so(programme, web) -> None:
    web.answers |= {"/p.csv": (503, {}, b""), "/cut": (200, {"Content-Length": "999"}, FILE)}
    id = source(programme, web.url + "/p.csv")
    for address in ("/p.csv", "/cut"):
        programme.do(sources.update_source, UpdateSource(
            source_id=id, name="Cine", address=web.url + address, active=True))
        with pytest.raises(DomainError) as refusal:
            pull(programme, id)
        assert refusal.value.code is Code.SOURCE_UNREACHABLE
        (kept,) = programme.ask(queries.list_sources, ListSources()).items
        assert kept.failure == refusal.value.detail and kept.import_id is None


def test_a_file_that_cannot_be_read_is_said_as_well(programme, web) -> None:
    web.answers["/p.csv"] = (200, {}, b"%PDF-1.7 nothing")
    with pytest.raises(DomainError) as refusal:
        pull(programme, source(programme, web.url + "/p.csv"))
    assert refusal.value.code is Code.IMPORT_REFUSED
    assert programme.ask(queries.list_sources, ListSources()).items[0].failure


def test_a_file_has_a_largest_size(programme, web, monkeypatch) -> None:
    web.answers["/p.csv"] = (200, {}, FILE * 100)
    monkeypatch.setattr(fetching, "MAX_BYTES", 1_000)
    with pytest.raises(DomainError) as refusal:
        pull(programme, source(programme, web.url + "/p.csv"))
    assert refusal.value.code is Code.SOURCE_REFUSED


def test_small_changes_are_applied_by_themselves_when_wanted(programme, web) -> None:
    web.answers["/p.csv"] = (200, {}, FILE)
    pulled = pull(programme, source(programme, web.url + "/p.csv", apply_up_to=2))
    assert programme.catalog.tick(imports.apply_waiting) == 1
    state = programme.ask(queries.get_import, GetImport(import_id=UUID(pulled["import_id"]))).state
    assert state == "applied"
    web.answers["/p.csv"] = (200, {}, FILE + b"2;A;19.06.2027;20:30;22:40;Rex\n"
                             b"3;B;19.06.2027;20:30;22:40;Rex\n")
    pull(programme, UUID(pulled["source_id"]))
    assert programme.catalog.tick(imports.apply_waiting) == 0, "four new things wait for a person"


def test_the_clock_pulls_what_is_due(programme, web) -> None:
    web.answers["/p.csv"] = (200, {}, FILE)
    source(programme, web.url + "/p.csv", every_min=30)
    tick = partial(sources.pull_due, fetch=FETCH_HERE)
    assert programme.catalog.tick(tick) == 1
    assert programme.catalog.tick(tick) == 0
    (kept,) = programme.ask(queries.list_sources, ListSources()).items
    assert kept.import_id and datetime.now(UTC) - kept.pulled_at < timedelta(minutes=1)


# ------------------------------------------------------------------ secrets


def test_a_secret_is_named_never_kept_and_not_passed_on(programme, web, monkeypatch) -> None:
    other = Web()
    web.answers["/p.csv"] = (302, {"Location": other.url + "/q.csv"}, b"")
    other.answers["/q.csv"] = (200, {}, FILE)
    id = source(programme, web.url + "/p.csv", credential=Credential(secret="IMPORT_SECRET_CINE"))
    with pytest.raises(DomainError) as refusal:
        pull(programme, id)
    assert refusal.value.code is Code.SOURCE_REFUSED and not web.asked
    monkeypatch.setenv("IMPORT_SECRET_CINE", "Bearer s3cret")
    pull(programme, id)
    other.server.shutdown()
    other.server.server_close()
    assert web.asked[0]["Authorization"] == "Bearer s3cret"
    assert "Authorization" not in other.asked[0]
    assert "s3cret" not in str(programme.rows())


@pytest.mark.parametrize("wrong", [
    {"address": "https://user:secret@example.org/"}, {"address": "ftp://example.org/"},
    {"address": "file:///etc/passwd"},
    {"address": "https://example.org/", "credential": {"secret": "CATALOG_DATABASE_URL"}},
])
def test_no_passwords_no_other_schemes_no_other_secrets(wrong) -> None:
    with pytest.raises(DomainError):
        load(CreateSource, {"name": "x", **wrong})


# ------------------------------------------------------------------ private networks


@pytest.mark.parametrize("address", [
    "127.0.0.1", "10.0.0.1", "172.16.9.9", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
    "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::",
])
def test_private_addresses_are_none_of_ours(address: str) -> None:
    assert not fetching.is_public(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_addresses_are(address: str) -> None:
    assert fetching.is_public(ip_address(address))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "2130706433", "0x7f.1"])
def test_a_private_network_is_refused_however_it_is_written(programme, web, host: str) -> None:
    port = web.server.server_port
    with pytest.raises(DomainError) as refusal:
        pull(programme, source(programme, f"http://{host}:{port}/p.csv"), fetching.fetch)
    assert refusal.value.code is Code.SOURCE_REFUSED and not web.asked


def test_a_redirect_into_a_private_network_is_refused(programme, web) -> None:
    inner = Web()
    inner.answers["/"] = (200, {}, FILE)
    web.answers["/p.csv"] = (302, {"Location": f"http://[::1]:{inner.server.server_port}/"}, b"")
    web.answers["/loop"] = (302, {"Location": "/loop"}, b"")
    web.answers["/file"] = (302, {"Location": "file:///etc/passwd"}, b"")
    id = source(programme, web.url + "/p.csv")
    for path in ("/p.csv", "/loop", "/file"):
        programme.do(sources.update_source, UpdateSource(
            source_id=id, name="Cine", address=web.url + path, active=True))
        with pytest.raises(DomainError) as refusal:
            pull(programme, id)
        assert refusal.value.code is Code.SOURCE_REFUSED
    assert not inner.asked
    inner.server.shutdown()
    inner.server.server_close()


def test_every_answer_of_the_name_service_counts_and_only_the_first_time(
    programme, web, monkeypatch
) -> None:
    """One private answer among public ones is enough; a second look would tell another address."""
    port, looked = web.server.server_port, []

    def answers(*addresses: str):
        def resolve(host, port, **_):
            looked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]
        return resolve

    id = source(programme, f"http://cine.example:{port}/p.csv")
    monkeypatch.setattr(fetching.socket, "getaddrinfo", answers("93.184.216.34", "10.0.0.1"))
    with pytest.raises(DomainError) as refusal:
        pull(programme, id, fetching.fetch)
    assert refusal.value.code is Code.SOURCE_REFUSED and looked == ["cine.example"]

    connected = []

    def connect(address, timeout):
        connected.append(address)
        raise OSError("no network here")

    monkeypatch.setattr(fetching.socket, "getaddrinfo", answers("93.184.216.34"))
    monkeypatch.setattr(fetching.socket, "create_connection", connect)
    with pytest.raises(DomainError) as refusal:
        pull(programme, id, fetching.fetch)
    assert refusal.value.code is Code.SOURCE_UNREACHABLE
    assert connected == [("93.184.216.34", port)], "the address that was looked at"
