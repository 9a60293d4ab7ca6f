"""The short version of `make fuzz`, and that logins by the hundred leave the others alone."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import requests

from tests.fuzz.run import PASSWORD, Fuzzer, everybody
from tests.running import Festival

SENT = 1_000
LOGINS, USERS, P95_S = 200, 20, 0.3


def _user(festival: Festival, headers: dict[str, str], number: int) -> str:
    places = requests.get(f"{festival.gateway}/v1/sale-points", headers=headers, timeout=10)
    name = f"crowd-{number}-{uuid4().hex[:6]}"
    requests.post(f"{festival.gateway}/v1/users", headers=headers, timeout=30, json={
        "username": name, "password": PASSWORD, "display_name": name, "roles": ["pos"],
        "sale_points": [places.json()["items"][0]["sale_point_id"]],
    }).raise_for_status()
    return name


@pytest.mark.slow
def test_almost_right_requests_are_refused_as_described(festival: Festival) -> None:
    fuzzer = Fuzzer(
        festival.gateway,
        lambda: everybody(festival.gateway, festival.secrets["ADMIN_PASSWORD"]),
    )
    verdict = fuzzer.run(SENT, seed=1)
    print(dict(verdict.statuses))
    assert verdict.sent == SENT
    assert not verdict.faults, "\n".join(verdict.faults[:20])
    assert verdict.statuses.keys() & {200, 201} and verdict.statuses[422]


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_many_logins_at_once_leave_other_routes_alone(festival: Festival) -> None:
    admin = festival.token()
    headers = {"Authorization": f"Bearer {admin}"}
    names = [_user(festival, headers, number) for number in range(USERS)]
    routes = ("/v1/venues", "/v1/wallets/0000000000", "/v1/me")

    def login(number: int) -> int:
        """How often it was told to come again."""
        for attempt in range(120):
            answer = requests.post(f"{festival.gateway}/v1/auth/login", timeout=60, json={
                "username": names[number % USERS], "password": PASSWORD,
            })
            if answer.status_code == 200:
                return attempt
            assert answer.status_code == 429, answer.text
            time.sleep(int(answer.headers["Retry-After"]))
        raise AssertionError("never let in")

    with ThreadPoolExecutor(LOGINS) as pool, requests.Session() as http:
        logins = [pool.submit(login, number) for number in range(LOGINS)]
        time.sleep(0.5)
        times = []
        while not all(item.done() for item in logins) and len(times) < 2_000:
            started = time.perf_counter()
            answer = http.get(
                festival.gateway + routes[len(times) % len(routes)], headers=headers, timeout=30
            )
            times.append(time.perf_counter() - started)
            assert answer.status_code in (200, 404), answer.text
        retries = [item.result() for item in logins]
    p95 = statistics.quantiles(times, n=20)[-1]
    print(f"{len(times)} other requests during {LOGINS} logins: p95 {p95 * 1000:.0f} ms; "
          f"told to come again {sum(retries)} times, one of them {max(retries)}")
    assert p95 < P95_S
