"""Trees of any shape become a table: where the records are, and what stands around them.

Each list of things is tried as the list of screenings. A row has the values of its thing, of those
around it and, through references, of other lists (see `lookups.py`); columns are named by paths.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from services.catalog.importers import headers, lookups
from services.catalog.importers.labels import (
    FRAME,
    KEY,
    NOTHING,
    OWN,
    TEXT,
    Place,
    common_prefix,
    is_reference,
    is_work,
    key_label,
    kind_of,
    words_of,
)
from services.catalog.importers.record import ImportRefused, Options, Problem
from services.catalog.importers.regular import ITEMS, Path, Texts, is_day, regular
from services.catalog.importers.table import Table
from services.catalog.importers.text import plain
from services.catalog.importers.tree import Tree, text_of

SAMPLE = 80
MAX_LISTS = 40  # that are tried
MAX_DEPTH = 6  # of dicts within a thing
MAX_CELLS = 2_000_000
MAX_NAMED = 50  # things of a list whose names become one text
Cells = dict[str, str]
_WHEN = ("start", "showings", "date", "time")


def to_table(
    trees: list[Tree], given: object, options: Options, problems: list[Problem]
) -> Table:
    """The first tree is the programme, the others complete it.

    A mapping that is given says by its columns which list is meant.
    """
    roots = [regular(tree, options) for tree in trees]
    if not list_paths(roots[0]):
        roots[0] = _with_list_of_one(roots[0])
    lists = [list_paths(root) for root in roots]
    known = [
        lookups.Lookup(path, things_at(root, path), number > 0)
        for number, (root, paths) in enumerate(zip(roots, lists, strict=True)) for path in paths
    ]
    counts = sorted(lists[0].items(), key=lambda one: -one[1])[:MAX_LISTS]
    candidates = [
        Records(roots[0], path, known, options, of_one)
        for path, _ in counts for of_one in ((False, True) if path else (False,))
    ]
    if not candidates:
        raise ImportRefused("NO_RECORDS", "The file holds no list of screenings or productions.")
    ranked = sorted(candidates, key=lambda one: one.score(), reverse=True)
    wanted = _columns_of(given)
    best = next((one for one in ranked if wanted <= set(one.table([]).columns)), ranked[0]) \
        if wanted else ranked[0]
    return best.table(problems)


def _with_list_of_one(root: Tree) -> Tree:
    """A file of just one thing, within any frames."""
    if not isinstance(root, dict) or not root:
        return root
    inner = next(iter(root.values()))
    if len(root) == 1 and isinstance(inner, dict) and not isinstance(inner, Texts):
        return {key: _with_list_of_one(value) for key, value in root.items()}
    return [root]


def _columns_of(given: object) -> set[str]:
    entries = given.values() if isinstance(given, dict) else ()
    return {
        source["column"]
        for sources in entries if isinstance(sources, list)
        for source in sources if isinstance(source, dict) and isinstance(source.get("column"), str)
    }


def list_paths(root: Tree) -> dict[Path, int]:
    """Each path at which there are lists of things, with how many things there are."""
    found: dict[Path, int] = {}
    pending: list[tuple[Path, Tree]] = [((), root)]
    while pending:
        path, node = pending.pop()
        if isinstance(node, Texts):
            continue
        if isinstance(node, dict):
            pending.extend(((*path, key), value) for key, value in node.items()
                           if isinstance(value, dict | list))
        elif isinstance(node, list):
            things = [one for one in node if isinstance(one, dict) and not isinstance(one, Texts)]
            if things:
                found[path] = found.get(path, 0) + len(things)
            pending.extend((path, one) for one in things)
    return found


def things_at(root: Tree, path: Path) -> Iterator[dict[str, Tree]]:
    nodes: list[Tree] = [root]
    for key in path:
        nodes = [
            inner for node in nodes for one in (node if isinstance(node, list) else [node])
            if isinstance(one, dict) and isinstance(inner := one.get(key), dict | list)
        ]
    for node in nodes:
        yield from (one for one in node if isinstance(one, dict)) if isinstance(node, list) else ()


class Records:
    """The things at one path as rows."""

    def __init__(
        self, root: Tree, path: Path, known: list[lookups.Lookup], options: Options, of_one: bool
    ) -> None:
        self.root = root
        self.path = path
        self.options = options
        self.of_one = of_one  # the frame around everything is the one production itself
        self.known = [one for one in known if one.of_companion or (
            one.path[: len(path)] != path and path[: len(one.path)] != one.path
        )]
        first = next(things_at(root, path), {})
        guesses = (headers.recognise(words_of(key)) for key in first)
        self.titled = any(g and g.field == "title" and g.score == 1.0 for g in guesses)
        self.labels: dict[str, str] = {}
        self.own: set[str] = set()  # columns of the thing itself
        self.keys: dict[str, tuple[str, bool]] = {}  # columns of keys: what of, and of a list?
        self.joins: list[lookups.Join] = []
        self.fields: dict[str, list[str]] = {}
        self._settle()

    def _settle(self) -> None:
        """Find out, from the first rows, what the columns are about and what they refer to."""
        sample = [cells for _, cells in islice(self._rows(), SAMPLE)]
        self._tell_ids_apart()
        self._follow(sample)
        known = {guess.field for guess in self._guess(sample)}
        joined = {join.column for join in self.joins}
        for column, (segment, holds_list) in self.keys.items():
            if column in joined:
                continue
            values = [cells[column] for cells in sample if cells.get(column)]
            dated = bool(values) and all(map(is_day, values))
            self.labels[column] = key_label(segment, dated, holds_list, known)
            known.add(self.labels[column])
        for guess in self._guess(sample):
            self.fields.setdefault(guess.field, []).append(guess.column)

    def _tell_ids_apart(self) -> None:
        """Beside an `id`, an `event id` is that of the production."""
        if any(self.labels.get(column, "").lower() == "id" for column in self.own):
            for column in self.own:
                words = self.labels.get(column, "").split()
                if len(words) == 2 and is_reference(words[1]) and kind_of(words[0]) == "film":
                    self.labels[column] = "film id"

    def _follow(self, sample: list[Cells]) -> None:
        """References to other lists, and what these say."""
        self.joins = lookups.find(self.known, sample, self.labels, set(self.keys), flat)
        for join in self.joins:
            self.labels[join.column] = join.label
            self.labels.update(join.labels)
        for cells in sample:
            for join in self.joins:
                cells.update(join.details(cells.get(join.column, "")))

    def _guess(self, sample: list[Cells]) -> list[headers.Guess]:
        columns = dict.fromkeys(column for cells in sample for column in cells)
        samples = {c: [cells[c] for cells in sample if cells.get(c)] for c in columns}
        return headers.guess(samples, {c: self.labels.get(c, "") for c in columns})[0]

    def score(self) -> tuple[float, int, int]:
        """How much this looks like the list of screenings of a programme."""
        def has(field: str) -> bool:
            return field in self.fields

        whole = has("start") or has("showings") or (has("date") and has("time"))
        when = 100 if whole else 40 if has("date") else 20 if has("time") else 0
        own = {c for field in (*_WHEN, "end") for c in self.fields.get(field, ())} & self.own
        if not own:
            when = 0
        place = 10 if has("venue") or has("room") or has("venue_ref") else 0
        last = next((key for key in reversed(self.path) if key != ITEMS), "")
        of_kind = {"screening": 8, "film": 4, "section": -8, "person": -8}.get(kind_of(last), 0)
        title = 60 if has("title") or has("original_title") else 0
        count = sum(1 for _ in islice(things_at(self.root, self.path), 100_000))
        looks = when * (title > 0) + title + place + min(of_kind, 0) - self.of_one * 0.5
        return looks, count, of_kind  # of two that look the same, the one that says more

    # ------------------------------------------------------------------ rows

    def table(self, problems: list[Problem]) -> Table:
        rows: list[tuple[int, Cells]] = []
        columns: dict[str, None] = {}
        missed: set[tuple[str, str]] = set()
        for number, (whole, cells) in enumerate(self._rows(), start=1):
            if not whole and not any(cells.get(c) for c in self.fields.get("title", ())):
                continue  # a day or a stage on which nothing is
            for join in self.joins:
                value = cells.get(join.column, "")
                cells.update(join.details(value))
                if value and not join.knows(value) and (join.column, value) not in missed:
                    missed.add((join.column, value))
                    problems.append(join.missed(number, value))
            columns.update(dict.fromkeys(cells))
            rows.append((number, cells))
            if len(rows) > self.options.max_rows:
                raise ImportRefused(
                    "TOO_MANY_ROWS", f"The file has more than {self.options.max_rows} records."
                )
            if len(columns) > self.options.max_columns or len(columns) * len(rows) > MAX_CELLS:
                raise ImportRefused("TOO_MANY_COLUMNS", "The records have too many values.")
        nothing = dict.fromkeys(columns, "")
        labels = {column: self.labels.get(column, "") for column in columns}
        return Table(tuple(columns), [(n, nothing | cells) for n, cells in rows], labels)

    def _rows(self) -> Iterator[tuple[bool, Cells]]:
        """Each record; False for what is around records, where there are none in it."""
        place = Place("film") if self.of_one else Place()
        yield from self._within(self.root, self.path, (), {}, place)

    def _within(
        self, node: Tree, ahead: Path, behind: Path, around: Cells, place: Place
    ) -> Iterator[tuple[bool, Cells]]:
        if isinstance(node, list):
            things = [one for one in node if isinstance(one, dict)]
            for thing in things:
                prefix = common_prefix(list(thing))
                if not ahead:
                    prefix = "" if kind_of(prefix) == "film" else prefix
                    cells = self._flat(thing, behind, Place(OWN, prefix=prefix), ITEMS)
                    self.own.update(cells)
                    yield True, around | cells
                else:
                    here = replace(self._of_list(behind), prefix=prefix)
                    yield from self._through(thing, ahead, behind, around, here)
        elif isinstance(node, dict):
            yield from self._through(node, ahead, behind, around, place)

    def _through(
        self, thing: dict[str, Tree], ahead: Path, behind: Path, around: Cells, place: Place
    ) -> Iterator[tuple[bool, Cells]]:
        if not ahead:
            return
        key = ahead[0]
        cells = around | self._flat(thing, behind, place, key)
        inner = thing.get(key)
        if not inner or not isinstance(inner, dict | list):
            yield False, cells
            return
        yield from self._within(inner, ahead[1:], (*behind, key), cells, place.into(key))

    def _of_list(self, behind: Path) -> Place:
        """Things around records are productions, unless they are said to be of another kind."""
        segment = next((key for key in reversed(behind) if key != ITEMS), "")
        kind = kind_of(segment)
        if kind in ("", "screening", "film") and not (kind and is_work(segment)):
            kind = FRAME if self.titled else "film"
        return Place(kind, segment)

    def _flat(self, thing: dict[str, Tree], behind: Path, place: Place, leave: str) -> Cells:
        if KEY in thing:
            segment = behind[-1] if behind and behind[-1] != ITEMS else ""
            self.keys.setdefault(name_of((*behind, KEY)), (segment, ITEMS in thing))
        return flat(thing, behind, place, self.labels, leave)


def name_of(path: Iterable[str]) -> str:
    """The column: keys with points between, and which of several levels of keys that were data."""
    parts = list(path)
    level = parts.count(ITEMS) + 1
    return ".".join(
        f"{KEY} {level}" if part == KEY and level > 1 else part
        for part in parts if part != ITEMS
    )


def flat(
    thing: dict[str, Tree], behind: Path, place: Place, labels: dict[str, str],
    leave: str = "", depth: int = 0,
) -> Cells:
    """The values of a thing by column, without what stands at the key to `leave`."""
    cells: Cells = {}
    for key, value in thing.items():
        if key == leave:
            continue
        path = (*behind, key)
        column = name_of(path) if key != TEXT or not behind else name_of(behind)
        if isinstance(value, Texts):
            for language, text in value.items():
                cells[f"{column}.{language}"] = plain(text)
                label = place.label(key)
                labels.setdefault(f"{column}.{language}", label and f"{label} ({language})")
        elif place.kind != NOTHING and (one := _only_place(key, value)):
            cells |= flat(one, path, place.into(key), labels, "", depth + 1)
        elif isinstance(value, dict):
            if depth < MAX_DEPTH:
                cells |= flat(value, path, place.into(key), labels, "", depth + 1)
        elif isinstance(value, list):
            if named := [text for one in value[:MAX_NAMED] if (text := _named(one))]:
                cells[column] = "\n".join(named)
                labels.setdefault(column, place.label(key) if place.kind != "venue" else "")
        else:
            cells[column] = plain(value)
            labels.setdefault(column, place.label(key))
    return cells


def _only_place(key: str, value: Tree) -> dict[str, Tree] | None:
    """The place of a list of just one."""
    if isinstance(value, list) and len(value) == 1 and kind_of(key) in ("venue", "room"):
        return value[0] if isinstance(value[0], dict) and not isinstance(value[0], Texts) else None
    return None


def _named(thing: Tree) -> str:
    """The name of a thing of a list, to stand with others in one cell."""
    if isinstance(thing, Texts):
        return next(iter(thing.values()), "")
    text = text_of(thing)
    if text or not isinstance(thing, dict):
        return " ".join(text.split()) if "\n" in text else text
    names = (value for key, value in thing.items()
             if key.lower().endswith(("name", "title")) and isinstance(value, str))
    return plain(next(names, ""))
