"""References of a record to other lists: `film_id` to the list of films, by its ids."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from services.catalog.importers.headers import normalise
from services.catalog.importers.labels import (
    KEY,
    Place,
    common_prefix,
    is_reference,
    kind_of,
    words_of,
)
from services.catalog.importers.record import Problem, Severity
from services.catalog.importers.regular import Path, Texts
from services.catalog.importers.text import plain
from services.catalog.importers.tree import Tree

MAX_THINGS = 100_000
COVERED = 0.8  # of the values of a reference that must be ids of the list
_LABELS = {"film": "film id", "venue": "venue id", "room": "venue id"}
Cells = dict[str, str]
Flat = Callable[..., Cells]


class Lookup:
    """A list of things, by each of their values that tells them apart."""

    def __init__(
        self, path: Path, things: Iterable[dict[str, Tree]], of_companion: bool
    ) -> None:
        self.path = path
        self.of_companion = of_companion
        self.segment = path[-1] if path else ""
        self.things = [one for _, one in zip(range(MAX_THINGS), things, strict=False)]
        first = self.things[0] if self.things else {}
        self.prefix = common_prefix(list(first))
        self.kind = kind_of(self.segment) or kind_of(self.prefix) or self._kind_of_ids(first)

    @staticmethod
    def _kind_of_ids(thing: dict[str, Tree]) -> str:
        """Of `theatreId`, where the list has no name."""
        words = [words_of(key).split() for key in thing]
        return next((kind_of(" ".join(one[:-1])) for one in words
                     if len(one) > 1 and is_reference(" ".join(one))), "")

    def indexes(self) -> dict[str, dict[str, dict[str, Tree]]]:
        """By each key that is an id: its values, and their things."""
        found = {}
        for key in self.things[0] if self.things else ():
            label = words_of(key)
            if key != KEY and not is_reference(label):
                continue
            index = {
                plain(value): thing for thing in self.things
                if isinstance(value := thing.get(key), str) and value
            }
            if len(index) * 10 >= len(self.things) * 9:
                found[key] = index
        return found


@dataclass(frozen=True)
class Join:
    column: str  # of the record, which holds the reference
    label: str
    labels: dict[str, str]
    index: dict[str, Cells]

    def details(self, value: str) -> Cells:
        return self.index.get(value, {})

    def knows(self, value: str) -> bool:
        return value in self.index

    def missed(self, number: int, value: str) -> Problem:
        return Problem(
            number, "", "JOIN_MISSED",
            f"No other list has the {self.column} “{value[:60]}”.", Severity.WARNING,
        )


def find(
    known: list[Lookup], sample: list[Cells], labels: dict[str, str], keys: set[str], flat: Flat
) -> list[Join]:
    """The references found in a sample of rows; those of what they lead to as well."""
    joins: list[Join] = []
    values: dict[str, set[str]] = {}
    for cells in sample:
        for column, text in cells.items():
            if text and len(text) < 100:
                values.setdefault(column, set()).add(text)
    pending = [(column, labels.get(column, "")) for column in values]
    taken: set[int] = set()
    while pending and len(joins) < 10:
        column, label = pending.pop(0)
        join = _join(column, label, values.get(column, set()), known, column in keys, taken, flat)
        if join is None:
            continue
        joins.append(join)
        for inner, inner_label in join.labels.items():
            if is_reference(inner_label) or is_reference(words_of(inner.rpartition(".")[2])):
                values[inner] = {c[inner] for v in values.get(column, ())
                                 if (c := join.details(v)).get(inner)}
                pending.append((inner, inner_label))
    return joins


def _join(
    column: str, label: str, values: set[str], known: list[Lookup], is_key: bool,
    taken: set[int], flat: Flat,
) -> Join | None:
    leaf = words_of(column.replace(" > ", ".").rpartition(".")[2])
    refers = is_reference(leaf) or is_reference(label)
    kind = kind_of(" ".join((label if is_reference(label) else leaf).split()[:-1])
                   if refers else leaf)
    if not values or not (label or is_key) or not (refers or is_key or kind in _LABELS):
        return None
    for lookup in known:
        places = {"venue", "room"}
        fits = lookup.kind == kind or {lookup.kind, kind} <= places or is_key
        if not lookup.things or id(lookup) in taken or lookup.kind not in (*_LABELS, "section"):
            continue
        for key, index in lookup.indexes().items():
            same = normalise(words_of(key)) == normalise(leaf) and len(leaf.split()) > 1
            if not (fits or same) or len(values & index.keys()) < COVERED * len(values):
                continue
            taken.add(id(lookup))
            place = Place(lookup.kind, lookup.segment, prefix=lookup.prefix)
            found: dict[str, str] = {}
            details = {
                value: {
                    f"{column} > {inner}": text
                    for inner, text in flat(_own(thing), (), place, found).items() if inner != key
                }
                for value, thing in index.items()
            }
            if not any(text for inner, text in found.items() if inner != key):
                return None
            inner_labels = {f"{column} > {inner}": text for inner, text in found.items()}
            return Join(column, _LABELS.get(lookup.kind, ""), inner_labels, details)
    return None


def _own(thing: dict[str, Tree]) -> dict[str, Tree]:
    """Without the lists of other things it holds."""
    return {
        key: value for key, value in thing.items()
        if not (isinstance(value, list) and any(isinstance(one, dict)
                and not isinstance(one, Texts) for one in value))
        or kind_of(key) in ("person", "section")
    }
