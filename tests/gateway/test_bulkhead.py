"""A silent service keeps to its own: the others' routes go on, and it is found again."""

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from contracts.errors import Code, DomainError
from gateway import bulkhead
from gateway.bulkhead import Bulkhead
from tests.running import Festival, wait_until

ROUTES = {
    "identity": "/v1/sale-points", "catalog": "/v1/venues",
    "ticketing": "/v1/orders/11111111-1111-4111-8111-111111111111",
    "wallet": "/v1/wallets/0000000000", "accounting": "/v1/registers",
}


def call(place: Bulkhead, seconds: float = 0.0, error: Code | None = None) -> Code | None:
    try:
        with place.place():
            time.sleep(seconds)
            if error:
                raise DomainError(error, "")
    except DomainError as refusal:
        return refusal.code
    return None


def test_only_so_many_at_once_and_a_rush_waits() -> None:
    place = Bulkhead("wallet", at_once=2, hanging=2)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: call(place, 0.02), range(8))) == {None}
        slow = [pool.submit(call, place, 0.6) for _ in range(2)]
        time.sleep(0.05)
        assert call(place) is Code.SERVICE_UNAVAILABLE
        assert [item.result() for item in slow] == [None, None]
    assert call(place) is None


def test_when_some_hang_the_rest_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulkhead, "HANGS_AFTER_S", 0.1)
    place = Bulkhead("wallet", at_once=8, hanging=2)
    hanging = [threading.Thread(target=call, args=(place, 0.5)) for _ in range(2)]
    for thread in hanging:
        thread.start()
    time.sleep(0.15)
    started = time.monotonic()
    assert call(place) is Code.SERVICE_UNAVAILABLE
    assert time.monotonic() - started < 0.05
    for thread in hanging:
        thread.join()
    assert call(place) is None


def test_a_silent_service_is_left_alone_and_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulkhead, "STAYS_OPEN_S", 0.1)
    place = Bulkhead("wallet")
    for _ in range(3):
        assert call(place, error=Code.SERVICE_TIMEOUT) is Code.SERVICE_TIMEOUT
    assert call(place) is Code.SERVICE_UNAVAILABLE
    time.sleep(0.15)
    assert call(place, error=Code.SERVICE_TIMEOUT) is Code.SERVICE_TIMEOUT  # the one that looks
    assert call(place) is Code.SERVICE_UNAVAILABLE
    time.sleep(0.15)
    assert call(place) is None
    assert call(place) is None


@pytest.mark.slow
@pytest.mark.parametrize("silent", ROUTES)
def test_one_silent_service_does_not_take_the_others_routes_down(
    festival: Festival, silent: str
) -> None:
    headers = {"Authorization": f"Bearer {festival.token()}"}

    def get(owner: str, timeout: float = 30) -> tuple[int, float]:
        started = time.monotonic()
        answer = requests.get(festival.gateway + ROUTES[owner], headers=headers, timeout=timeout)
        return answer.status_code, time.monotonic() - started

    assert {get(owner)[0] for owner in ROUTES} <= {200, 404}
    festival.running[silent].send_signal(signal.SIGSTOP)
    with ThreadPoolExecutor(40) as pool:
        try:
            flood = [pool.submit(get, silent) for _ in range(40)]
            time.sleep(1.5)
            others = [get(owner) for owner in ROUTES if owner != silent for _ in range(5)]
            code, seconds = get(silent)
        finally:
            festival.running[silent].send_signal(signal.SIGCONT)
        assert {code for code, _ in others} <= {200, 404}
        slowest = max(seconds for _, seconds in others)
        assert slowest < 0.5, slowest
        assert (code, seconds < 0.5) == (503, True)
        assert {item.result()[0] for item in flood} <= {200, 404, 503, 504}
    wait_until(lambda: get(silent)[0] in (200, 404))
    print(f"{silent} silent: slowest of 20 other requests {slowest * 1000:.0f} ms")


@pytest.mark.slow
def test_a_gateway_told_to_stop_finishes_what_is_running(festival: Festival) -> None:
    headers = {"Authorization": f"Bearer {festival.token()}"}
    url = festival.gateway + ROUTES["wallet"]
    assert requests.get(url, headers=headers, timeout=10).status_code == 404
    festival.running["wallet"].send_signal(signal.SIGSTOP)
    with ThreadPoolExecutor(2) as pool:
        try:
            running = pool.submit(requests.get, url, headers=headers, timeout=30)
            time.sleep(0.5)
            stopped = pool.submit(festival.stop_process, "gateway")
            time.sleep(0.5)
            assert not running.done() and not stopped.done()
        finally:
            festival.running["wallet"].send_signal(signal.SIGCONT)
        assert running.result().status_code == 404
        assert stopped.result() == 0
    festival.start_process("gateway")
    festival.wait_ready()
