"""What a nameko process tells of itself: alive, ready, measured."""

import math
from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest
import requests
from prometheus_client import REGISTRY as METRICS
from sqlalchemy import text

from services.chassis.broker import declare
from services.chassis.settings import Settings
from services.chassis.testing import Harness
from services.chassis.vitals import Gauges, serve
from tests.running import Servers, free_port

NOWHERE = "amqp://guest:guest@127.0.0.1:1//"


def settings_of(harness: Harness, amqp_url: str) -> Settings:
    url = harness.database.engine.url.render_as_string(hide_password=False)
    return replace(
        Settings.from_env(harness.service, {"AMQP_URL": amqp_url}), database_url=url
    )


def measured(gauges: Gauges) -> dict[str, float]:
    return {
        family.name: sample.value for family in gauges.collect() for sample in family.samples
    }


@pytest.mark.parametrize("service", ["identity", "catalog", "ticketing", "wallet", "accounting"])
def test_every_measure_is_a_number(service: str, harness: Callable[[str], Harness]) -> None:
    made = harness(service)
    found = measured(Gauges(made.database, settings_of(made, NOWHERE)))
    assert {"outbox_waiting", "outbox_oldest_seconds"} <= set(found)
    assert not [name for name, value in found.items() if math.isnan(value)]


def test_queues_are_measured(identity: Harness, servers: Servers) -> None:
    declare(servers.amqp_url, "identity")
    found = measured(Gauges(identity.database, settings_of(identity, servers.amqp_url)))
    assert found["dead_letters"] == 0


def test_what_waits_in_the_outbox_is_counted_and_grows_old(catalog: Harness) -> None:
    with catalog.database.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO outbox (message_id, type, actor, correlation_id, occurred_at, body)"
                 " VALUES (:id, 'x', '{}', '', now() - interval '2 hours', '{}')"),
            {"id": uuid4()},
        )
    gauges = Gauges(catalog.database, settings_of(catalog, NOWHERE))
    found = measured(gauges)
    assert found["outbox_waiting"] >= 1
    assert 7_200 <= found["outbox_oldest_seconds"] < 7_300  # older than what prepare said
    assert "dead_letters" not in found  # unknown without a broker, not zero
    assert measured(gauges) == found  # remembered


def test_ready_names_what_is_missing(catalog: Harness) -> None:
    port = free_port()
    serve(settings_of(catalog, NOWHERE), "catalog", "127.0.0.1", port, publishes=False)
    address = f"http://127.0.0.1:{port}"
    assert requests.get(f"{address}/live", timeout=5).json() == {"status": "alive"}
    answer = requests.get(f"{address}/ready", timeout=5)
    assert answer.status_code == 503
    assert answer.json() == {
        "ready": False, "checks": {"database": "ok", "broker": "ConnectionRefusedError"},
    }
    assert "python_info" in requests.get(f"{address}/metrics", timeout=5).text
    assert requests.get(f"{address}/else", timeout=5).status_code == 404
    assert not [name for name in METRICS._names_to_collectors if name.startswith("outbox_waiting")]
