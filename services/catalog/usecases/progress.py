"""How far a long import is, for those who watch it: said beside its transaction, which shows
nothing before it is done."""

import time
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.catalog.models import Import, Progress

PAUSE_MS = 500


class Watch:
    """Called with the row of each record. From time to time it writes how far they are in a small
    transaction of its own, and lets other green threads run."""

    def __init__(self, session: Session, found: Import) -> None:
        self.session = session
        self.import_id = found.id
        self.started_at = datetime.now(UTC)
        self.done = 0
        self._said_ms = _now_ms()

    def start(self, total: int) -> None:
        self.total = total
        self._say(0)

    def __call__(self, row: int) -> None:
        self.done += 1
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
        time.sleep(0)
        self._said_ms = _now_ms()


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
