"""Remembering what people and files change: who, when, before and after."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from contracts.message import dump
from services.catalog.models import HistoryRow
from services.chassis.unit_of_work import UnitOfWork

CREATED, CHANGED, REMOVED = "created", "changed", "removed"
NOT_SHOWN = frozenset({"version"})  # it stands beside the changes


def created(uow: UnitOfWork, thing: Any) -> Any:
    """Add `thing` and remember it; its view."""
    uow.session.add(thing)
    uow.session.flush()
    view = thing.view()
    remember(uow, thing, CREATED, difference({}, dump(view)))
    return view


def remember(
    uow: UnitOfWork, thing: Any, action: str, changes: Mapping[str, Any],
) -> None:
    remember_many(uow, [(thing, action, changes)])


def remember_many(
    uow: UnitOfWork, entries: Iterable[tuple[Any, str, Mapping[str, Any]]],
    import_id: UUID | None = None,
) -> None:
    """Of each its thing, what was done, and `{field: {"before", "after"}}`."""
    rows = [
        {
            "kind": kind_of(thing), "object_id": str(getattr(thing, "id", None) or thing.key),
            "version": thing.version, "action": action, "at": uow.now,
            "by": uow.actor.name or uow.actor.id, "by_id": f"{uow.actor.kind}:{uow.actor.id}",
            "changes": dict(changes), "import_id": import_id,
        }
        for thing, action, changes in entries
    ]
    if rows:
        uow.session.execute(insert(HistoryRow), rows)


def kind_of(thing: Any) -> str:
    """PriceGrid → price_grid."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(thing).__name__).lower()


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of two dumped views that are not the same."""
    return {
        name: {"before": before.get(name), "after": after.get(name)}
        for name in {**before, **after}
        if name not in NOT_SHOWN and before.get(name) != after.get(name)
    }
