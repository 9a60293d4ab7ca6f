"""What was measured: as a table for people, as JSON for machines."""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """`bar` is SPEC §8's; `met` says whether `value` is on the right side of it."""

    row: str
    value: float
    unit: str
    bar: float
    met: bool


class Report:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[Row] = []

    def at_least(self, row: str, value: float, unit: str, bar: float) -> None:
        self._add(Row(row, round(value, 3), unit, bar, value >= bar))

    def at_most(self, row: str, value: float, unit: str, bar: float) -> None:
        self._add(Row(row, round(value, 3), unit, bar, value <= bar))

    def _add(self, row: Row) -> None:
        self.rows.append(row)
        mark = "met" if row.met else "NOT MET"
        sys.stdout.write(
            f"{row.row:<62} {row.value:>10g} {row.unit:<12} bar {row.bar:<8g} {mark}\n"
        )
        sys.stdout.flush()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps([asdict(item) for item in self.rows], indent=2) + "\n")
