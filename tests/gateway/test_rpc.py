"""The RPC client: every call ends, in time, whatever happens to the other side."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit, urlunsplit

import pytest

from contracts.envelope import Envelope
from contracts.errors import Code, DomainError
from contracts.roles import system
from contracts.wallet import GetLedger
from gateway.rpc import RpcClient
from tests.gateway.conftest import EXCHANGE, start_stub, stop
from tests.gateway.proxy import Proxy
from tests.running import Servers, wait_until


def ask(id: str = "any") -> dict[str, object]:
    return Envelope.of(GetLedger(), system("test"), id=id).to_dict()


@pytest.fixture
def proxy(servers: Servers) -> Iterator[Proxy]:
    address = urlsplit(servers.amqp_url)
    proxy = Proxy((str(address.hostname), address.port or 5672))
    yield proxy
    proxy.cut()


@pytest.fixture
def far(servers: Servers, stubs: None, proxy: Proxy) -> Iterator[RpcClient]:
    """A client whose way to the broker can be cut."""
    address = urlsplit(servers.amqp_url)
    account = address.netloc.rsplit("@", 1)[0]
    client = RpcClient(
        urlunsplit(address._replace(netloc=f"{account}@127.0.0.1:{proxy.port}")), EXCHANGE
    )
    yield client
    client.close()


def refusal(client: RpcClient, *call: object, **options: float) -> tuple[Code, float]:
    """The code of a refused call, and how long it took."""
    started = time.monotonic()
    with pytest.raises(DomainError) as caught:
        client.call(*call, **options)  # type: ignore[arg-type]
    return caught.value.code, time.monotonic() - started


def test_a_service_that_is_not_there_is_said_at_once(rpc: RpcClient) -> None:
    code, seconds = refusal(rpc, "nobody", "ping")
    assert code is Code.SERVICE_UNAVAILABLE
    assert seconds < 0.5


def test_a_service_that_died_is_said_at_once(servers: Servers) -> None:
    client = RpcClient(servers.amqp_url, EXCHANGE)
    stub = start_stub(servers.amqp_url, "mortal")
    try:
        assert client.call("mortal", "ping") == "pong"
        stub.send_signal(signal.SIGKILL)
        stub.wait(10)
        time.sleep(0.5)  # until the broker has noticed
        code, seconds = refusal(client, "mortal", "ping")
        assert (code, seconds < 0.5) == (Code.SERVICE_UNAVAILABLE, True)
    finally:
        stop(stub)
        client.close()


def test_an_answer_that_takes_too_long_is_given_up(rpc: RpcClient) -> None:
    code, seconds = refusal(rpc, "wallet", "get_ledger", ask("slow-3"), timeout=0.4)
    assert code is Code.SERVICE_TIMEOUT
    assert 0.4 <= seconds < 0.8
    assert rpc.call("wallet", "ping") == "pong"  # the late answer confuses nobody


def test_a_fault_is_not_the_callers(rpc: RpcClient) -> None:
    assert refusal(rpc, "wallet", "get_ledger", ask("fault-1"))[0] is Code.INTERNAL_ERROR
    assert refusal(rpc, "wallet", "no_such_method")[0] is Code.INTERNAL_ERROR


def test_slow_calls_do_not_hold_up_others(rpc: RpcClient) -> None:
    with ThreadPoolExecutor(12) as pool:
        slow = [pool.submit(rpc.call, "wallet", "get_ledger", ask("slow-1")) for _ in range(5)]
        started = time.monotonic()
        quick = [pool.submit(rpc.call, "wallet", "ping") for _ in range(50)]
        assert [item.result() for item in quick] == ["pong"] * 50
        assert time.monotonic() - started < 0.8
        assert all(item.result()["error"] is None for item in slow)
        assert time.monotonic() - started < 2


def test_answers_find_their_callers(rpc: RpcClient) -> None:
    def echo(number: int) -> str:
        envelope = rpc.call("wallet", "get_ledger", ask(f"n{number}"))["body"]["envelope"]
        return str(envelope["id"])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(echo, range(300))) == [f"n{number}" for number in range(300)]


def test_a_lost_broker_is_said_to_those_who_wait_and_found_again(
    far: RpcClient, proxy: Proxy
) -> None:
    with ThreadPoolExecutor(4) as pool:
        waiting = [
            pool.submit(refusal, far, "wallet", "get_ledger", ask("slow-5")) for _ in range(4)
        ]
        time.sleep(0.5)
        proxy.cut()
        for item in waiting:
            code, seconds = item.result()
            assert (code, seconds < 2) == (Code.SERVICE_UNAVAILABLE, True)
    code, seconds = refusal(far, "wallet", "ping")
    assert (code, seconds < 0.5) == (Code.SERVICE_UNAVAILABLE, True)
    proxy.mend()
    wait_until(far.connected)
    with ThreadPoolExecutor(4) as pool:  # idle connections that died are not used
        assert set(pool.map(lambda _: far.call("wallet", "ping"), range(20))) == {"pong"}


def test_a_client_made_before_the_broker_finds_it(far: RpcClient, proxy: Proxy) -> None:
    proxy.cut()
    assert refusal(far, "wallet", "ping")[0] is Code.SERVICE_UNAVAILABLE
    proxy.mend()
    wait_until(far.connected)
    assert far.call("wallet", "ping") == "pong"


def test_a_child_process_has_connections_of_its_own(rpc: RpcClient) -> None:
    assert rpc.call("wallet", "ping") == "pong"
    child = os.fork()
    if child == 0:
        os._exit(0 if rpc.call("wallet", "ping") == "pong" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert rpc.call("wallet", "ping") == "pong"


def test_threads_leave_nothing_behind(rpc: RpcClient) -> None:
    def once() -> None:
        assert rpc.call("wallet", "ping") == "pong"

    for _ in range(30):
        thread = threading.Thread(target=once)
        thread.start()
        thread.join()
    assert len(rpc._link()._idle) < 20
