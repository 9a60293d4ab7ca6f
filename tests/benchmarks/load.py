"""Load on loopback: n clients in a process of their own, for some seconds or some requests."""

import multiprocessing
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks.http import Client

Work = Callable[[Client, int, int], bool]  # (connection, client, turn) → counted or not


@dataclass
class Load:
    """What a run measured: seconds per request, and what `work` did not count."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    refused: int = 0

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1_000


def run(
    address: str, token: str, work: Work, clients: int, seconds: float = 0, turns: int = 0
) -> Load:
    """Each client repeats `work`: for `seconds`, or `turns` times in all. Bounded either way."""
    answers: Any = multiprocessing.get_context("fork").SimpleQueue()
    process = multiprocessing.get_context("fork").Process(
        target=_drive, args=(answers, address, token, work, clients, seconds, turns)
    )
    process.start()
    result = answers.get()
    process.join()
    if isinstance(result, str):
        raise AssertionError(result)
    return result


def _drive(
    answers: Any, address: str, token: str, work: Work, clients: int, seconds: float, turns: int
) -> None:
    load, errors, lock = Load(), [], threading.Lock()
    left = [turns]

    def client(number: int) -> None:
        try:
            connection, turn = Client(address, token), 0
            while _more(left, lock, started, seconds, turns):
                before = time.perf_counter()
                counted = work(connection, number, turn)
                spent = time.perf_counter() - before
                turn += 1
                with lock:
                    if counted:
                        load.latencies.append(spent)
                    else:
                        load.refused += 1
        except Exception as error:
            errors.append(f"client {number}: {error!r}")

    started = time.perf_counter()
    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.seconds = time.perf_counter() - started
    answers.put(errors[0] if errors else load)


def _more(
    left: list[int], lock: threading.Lock, started: float, seconds: float, turns: int
) -> bool:
    if not turns:
        return time.perf_counter() - started < seconds
    with lock:
        left[0] -= 1
        return left[0] >= 0
