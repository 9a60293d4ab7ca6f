"""What the launcher tells a person: steps with their time, and failures in one sentence."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TICK_SECONDS = 10


class Failure(Exception):
    """Ends the launcher: one sentence, and the file whose last lines explain it."""

    def __init__(self, sentence: str, log: Path | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.log = log

    def __str__(self) -> str:
        lines = tail(self.log) if self.log else []
        if not lines:
            return self.sentence
        quoted = "\n".join(f"    | {line}" for line in lines)
        return f"{self.sentence}\n  The last lines of {self.log}:\n{quoted}"


def say(text: str = "", end: str = "\n") -> None:
    """Print at once; a terminal that was closed must not keep the launcher from stopping things."""
    with suppress(OSError):
        print(text, end=end, flush=True)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Show a step when it begins, that it is still at it, and how long it took."""
    say(f"  {name} ", end="")
    started = time.monotonic()
    finished = threading.Event()

    def tick() -> None:
        while not finished.wait(TICK_SECONDS):
            say(f"… {time.monotonic() - started:.0f} s ", end="")

    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    outcome = "failed"
    try:
        yield
        outcome = "done"
    finally:
        finished.set()
        ticker.join()
        say(f"… {outcome} ({time.monotonic() - started:.1f} s)")


def tail(path: Path, count: int = 15) -> list[str]:
    """The last `count` lines of a log that may not exist."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - 16_384))
            text = log.read().decode(errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][-count:]
