"""Runs the steps in order, prints a verdict and a time for each, and counts."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TextIO


@dataclass
class Step:
    title: str
    run: Callable[[Any], str | None]


@dataclass
class Runner:
    """`steps` run on one `world`; those after a failure still run, so that all is seen."""

    world: Any
    out: TextIO = sys.stdout
    passed: int = 0
    failed: list[str] = field(default_factory=list)

    def run(self, steps: list[Step]) -> bool:
        for number, step in enumerate(steps, start=1):
            started = time.perf_counter()
            try:
                note, verdict = step.run(self.world) or "", "passed"
                self.passed += 1
            except Exception as error:
                note, verdict = f"{type(error).__name__}: {error}", "FAILED"
                self.failed.append(step.title)
            spent = (time.perf_counter() - started) * 1_000
            self._say(f"{number:>3}  {verdict:<6}  {spent:>7.0f} ms  {step.title}")
            if note:
                self._say(f"{'':>24}{note}")
        self._say(f"\n{self.passed} passed, {len(self.failed)} failed")
        return not self.failed

    def _say(self, line: str) -> None:
        self.out.write(line + "\n")
        self.out.flush()


class Script:
    """A list of steps that a module fills with `@script.step("…")`."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def step(self, title: str) -> Callable[[Callable[[Any], str | None]], Any]:
        def add(run: Callable[[Any], str | None]) -> Callable[[Any], str | None]:
            self.steps.append(Step(title, run))
            return run

        return add
