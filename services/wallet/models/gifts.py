"""Gifted credit as lots: `{"id", "left", "expires_at"}`, kept on the wallet's row so that a debit
that spends them needs no other. What a movement does to them is a list of changes,
`{"id", "amount", "expires_at"}` with signed amounts, kept in the movement and in its hash."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from contracts.message import dump

Lot = dict[str, Any]
Change = dict[str, Any]
NEVER = datetime.max.replace(tzinfo=UTC)


def given(amount: int, expires_at: datetime | None) -> Change:
    """A new lot."""
    return {"id": str(uuid4()), "amount": amount, "expires_at": dump(expires_at)}


def end_of(lot: Lot | Change) -> datetime:
    return datetime.fromisoformat(lot["expires_at"]) if lot["expires_at"] else NEVER


def order(lot: Lot | Change) -> tuple[datetime, str]:
    """What ends first is spent first."""
    return end_of(lot), lot["id"]


def alive(lots: Iterable[Lot], at: datetime) -> list[Lot]:
    return [lot for lot in lots if end_of(lot) > at]


def left(lots: Iterable[Lot]) -> int:
    return sum(lot["left"] for lot in lots)


def taken(lots: Sequence[Lot], cents: int) -> list[Change]:
    """The changes that take up to `cents`, in spending order."""
    changes = []
    for lot in lots:
        part = min(cents, lot["left"])
        if part:
            changes.append(
                {"id": lot["id"], "amount": -part, "expires_at": lot["expires_at"]})
        cents -= part
    return changes


def changed(lots: Iterable[Lot], changes: Iterable[Change]) -> list[Lot]:
    """The lots after `changes`, in spending order; a lot that had ended may come back."""
    rest = {lot["id"]: dict(lot) for lot in lots}
    for change in changes:
        lot = rest.setdefault(
            change["id"], {"id": change["id"], "left": 0, "expires_at": change["expires_at"]})
        lot["left"] += change["amount"]
    return sorted((lot for lot in rest.values() if lot["left"]), key=order)


def returned(spent: Iterable[Change], before: Iterable[Change], cents: int) -> list[Change]:
    """The changes that give back `cents` of what was `spent`, less what went back `before`; what
    was taken last returns first."""
    open_: Counter[str] = Counter()
    ends = {}
    for change in (*spent, *before):
        open_[change["id"]] -= change["amount"]
        ends[change["id"]] = change["expires_at"]
    changes = []
    backwards = sorted(
        ({"id": lot, "left": amount, "expires_at": ends[lot]} for lot, amount in open_.items()),
        key=order, reverse=True)
    for change in taken(backwards, cents):
        changes.append(change | {"amount": -change["amount"]})
    return changes
