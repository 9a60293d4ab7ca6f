"""How far a long import is, for those who watch it: said beside its transaction, which shows
nothing before it is done."""

import time
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.catalog.models import Import, Progress

PAUSE_MS = 500
BREATHES_AFTER = 20  # records


class Breath:
    """Called with the row of each record: lets other green threads run now and then, so that a
    long preview stops neither calls nor heartbeats."""

    def __init__(self) -> None:
        self.done = 0

    def start(self, total: int) -> None:
        self.total = total

    def __call__(self, row: int) -> None:
        self.done += 1
        if self.done % BREATHES_AFTER == 0:
            time.sleep(0)


class Watch(Breath):
    """Besides, from time to time, it writes how far they are in a small transaction of its own."""

    def __init__(self, session: Session, found: Import) -> None:
        super().__init__()
        self.session = session
        self.import_id = found.id
        self.started_at = datetime.now(UTC)
        self._said_ms = _now_ms()

    def start(self, total: int) -> None:
        super().start(total)
        self._say(0)

    def __call__(self, row: int) -> None:
        super().__call__(row)
        if _now_ms() - self._said_ms >= PAUSE_MS:
            self._say(row)

    def _say(self, row: int) -> None:
        self.session.execute(text("SELECT 1"))  # or it would count as idle, and be ended
        with Session(self.session.get_bind()) as beside:
            values = {
                "done": self.done, "total": self.total, "row": row,
                "started_at": self.started_at, "updated_at": datetime.now(UTC),
            }
            statement = insert(Progress).values(import_id=self.import_id, **values)
            beside.execute(statement.on_conflict_do_update(
                index_elements=["import_id"], set_=values
            ))
            beside.commit()
        self._said_ms = _now_ms()


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
