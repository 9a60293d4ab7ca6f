"""A tree made regular, so that things of one kind look alike wherever they stand.

A repeated thing is a list everywhere; keys that are data (a stage, a day, an id) become values
under `KEY`; texts by language become `Texts`; JSON within a text is read.
"""

import re
from itertools import pairwise

from services.catalog.importers import dates, headers
from services.catalog.importers.dates import Unreadable
from services.catalog.importers.labels import KEY, TEXT, kind_of
from services.catalog.importers.record import ImportRefused, Options
from services.catalog.importers.synonyms import LANGUAGES
from services.catalog.importers.text import fold
from services.catalog.importers.tree import Tree, parse_json
from services.catalog.importers.values import CODES

ITEMS = "@items"  # what is listed under a key that was data
_LANGUAGE_KEYS = frozenset({"lang", "language", "locale", "languagecode", "language code"})
_TEXT_KEYS = frozenset({TEXT, "text", "value", "name", "title", "content", "description"})
_WRAPPED = ("plain", "text", "rendered", "$t", "_text", "__cdata", "#cdata-section", "html", "raw")
_WRAPPERS = frozenset({*_WRAPPED, "protected", "block_version"})
_CODE = re.compile(r"([a-z]{2,3})(?:[-_][a-z]{2,4})?", re.I)
Path = tuple[str, ...]


class Texts(dict[str, str]):
    """One text in several languages."""


def regular(tree: Tree, options: Options) -> Tree:
    lists: set[Path] = set()
    data: set[Path] = set()
    _look_around(tree, (), lists, data)
    return _Regular(lists, data, options).made(tree, ())


def is_day(text: str) -> bool:
    """A date in either order, with or without a year, or a weekday."""
    if ":" in text:  # a time
        return False
    for order in ("dmy", "mdy"):
        try:
            dates.read_date(text, dates.Calendar(order=order))
        except Unreadable as problem:
            if problem.code == "FIRST_DAY_MISSING":
                return True
        else:
            return True
    return False


def _look_around(node: Tree, path: Path, lists: set[Path], data: set[Path]) -> None:
    """The paths at which there is a list anywhere (XML has no lists of one), or keys are data."""
    if isinstance(node, list):
        lists.add(path)
        for one in node:
            _look_around(one, path, lists, data)
    elif isinstance(node, dict) and (path in data or _keys_are_data(node)):
        data.add(path)
        for value in node.values():
            _look_around(value, (*path, KEY), lists, data)
    elif isinstance(node, dict):
        for key, value in node.items():
            alone = len(node) == 1 or key.lower().startswith(path[-1].lower() if path else "?")
            if alone and path and path[-1].lower() in (f"{key}s".lower(), f"{key}list".lower()):
                lists.add((*path, key))
            _look_around(value, (*path, key), lists, data)


class _Regular:
    def __init__(self, lists: set[Path], data: set[Path], options: Options) -> None:
        self.lists = lists
        self.data = data
        self.options = options

    def made(self, node: Tree, path: Path, depth: int = 0) -> Tree:
        if isinstance(node, str):
            return self._unpacked(node, path, depth)
        if isinstance(node, list):
            found = [self.made(one, path, depth) for one in _headed(node) or node]
            if found and all(isinstance(one, Texts) for one in found):
                return Texts({lang: text for one in reversed(found) for lang, text in one.items()})
            return found
        if node and node.keys() <= _WRAPPERS and isinstance(text := _best_text(node), str):
            return self.made(text, path, depth)
        if by_language := _by_language(node):
            return by_language
        spoken = {key: value for key, value in node.items()
                  if isinstance(value, dict) and _language(key)}
        if len(spoken) > 1 and _are_alike(list(spoken.values())):
            node = _by_field(spoken) | {k: v for k, v in node.items() if k not in spoken}
        if path in self.data or _keys_are_data(node) or self._is_only_place(node, path):
            return [self._entry(key, value, path, depth) for key, value in node.items()]
        made = {}
        for key, value in node.items():
            inner = (*path, key)
            if inner in self.lists and not isinstance(value, list):
                value = [value] if value not in ("", {}) else []
            made[key] = self.made(value, inner, depth)
        return made

    def _is_only_place(self, node: dict[str, Tree], path: Path) -> bool:
        """The one stage of a day: `{"Rex": [{…}]}` under keys that are data."""
        if len(node) != 1 or path[-1:] != (KEY,):
            return False
        key, value = next(iter(node.items()))
        return isinstance(value, list) and not _is_name(key) and not kind_of(key) and bool(
            value and isinstance(value[0], dict)
        )

    def _unpacked(self, text: str, path: Path, depth: int) -> Tree:
        """The text, or what is in it: some send JSON within JSON."""
        if text[:1] not in ("{", "[") or text[-1:] not in ("}", "]") or depth > 2:
            return text
        try:
            return self.made(parse_json(text, self.options, []), path, depth + 1)
        except ImportRefused:
            return text

    def _entry(self, key: str, value: Tree, path: Path, depth: int) -> Tree:
        made = self.made(value, (*path, KEY), depth)
        if isinstance(made, dict) and not isinstance(made, Texts):
            return {KEY: key, **made}
        if isinstance(made, list) and made and all(isinstance(one, str) for one in made):
            return {KEY: key, **_by_content(key, made)}
        return {KEY: key, ITEMS: made}


def _by_language(node: dict[str, Tree]) -> Texts | None:
    """`{"fr": "Titre", "en": "Title"}`, or one text with an attribute of its language."""
    if node and all(_language(key) for key in node) and (
        len(node) > 1 or isinstance(next(iter(node.values())), str | list)
    ):
        if all(isinstance(v, str | list) for v in node.values()):
            return Texts({_language(key): _joined(value) for key, value in node.items()})
        return None
    named = [key for key in node if key.lower() in _LANGUAGE_KEYS]
    worded = [key for key in node if key.lower() in _TEXT_KEYS and isinstance(node[key], str)]
    if len(named) == len(worded) == 1 and len(node) <= 3 and isinstance(node[named[0]], str):
        language = _language(node[named[0]])
        return Texts({language: str(node[worded[0]])}) if language else None
    return None


def _by_field(node: dict[str, Tree]) -> dict[str, Tree]:
    """`{"fr": {"title": …}, "en": {"title": …}}` the other way round."""
    found: dict[str, Tree] = {}
    for language, fields in node.items():
        for key, value in fields.items() if isinstance(fields, dict) else ():
            if isinstance(value, str | list):
                found.setdefault(key, {})[language] = value
    return found


def _best_text(node: dict[str, Tree]) -> Tree:
    """Of `{"text": …, "html": …}` the plainest."""
    return next((node[key] for key in _WRAPPED if key in node), None)


def _headed(rows: list[Tree]) -> list[dict[str, str]] | None:
    """Rows of cells below a row of headers, as spreadsheets answer."""
    if len(rows) < 2 or not all(
        isinstance(row, list) and all(isinstance(cell, str) for cell in row) for row in rows
    ):
        return None
    guesses = (headers.recognise(cell) for cell in rows[0] if len(cell) < 80)
    known = {guess.field for guess in guesses if guess and guess.score == 1.0}
    if len(known) < 2 or len(set(rows[0])) < len(rows[0]):
        return None
    return [dict(zip(rows[0], row, strict=False)) for row in rows[1:]]


def _joined(value: Tree) -> str:
    if isinstance(value, list):
        return "\n".join(one for one in value if isinstance(one, str))
    return value if isinstance(value, str) else ""


def _language(name: str) -> str:
    """The code of “fr”, “fr-CH”, “french”; "" for what names no language."""
    folded = fold(name)
    found = _CODE.fullmatch(folded)
    code = found[1] if found else ""
    if code in CODES:
        return code
    return LANGUAGES.get(folded, "") if len(folded) > 3 or folded == "eng" else ""


def _keys_are_data(node: dict[str, Tree]) -> bool:
    """Several alike things, under keys that are no field names; or any under days."""
    values = list(node.values())
    if not values or not all(isinstance(value, dict | list) for value in values):
        return False
    if all(is_day(key) for key in node):
        return True
    if len(node) < 2 or any(_is_name(key) for key in node):
        return False
    if all(isinstance(value, list) for value in values):
        filled = [value for value in values if value]
        return bool(filled) and _are_alike([value[0] for value in filled])
    if not all(isinstance(value, dict) for value in values):
        return False
    return _are_alike(values) or all(map(_keys_are_data, values))


def _is_name(key: str) -> bool:
    guess = headers.recognise(key)
    return bool(guess and guess.score == 1.0) or bool(key.islower() and kind_of(key))


def _are_alike(values: list[Tree]) -> bool:
    if all(isinstance(value, str) for value in values):
        return True
    if all(isinstance(value, list) for value in values):
        return True
    if not all(isinstance(value, dict) for value in values):
        return False
    names = [set(value) for value in values[:50]]
    shared = set.intersection(*names)
    return len(shared) * 2 >= max(map(len, names)) or all(
        len(a & b) * 2 >= max(len(a), len(b)) for a, b in pairwise(names)
    )


def _by_content(key: str, cells: list[str]) -> dict[str, str]:
    """`["04/17/2024", "19:00", "20:00"]`: a day and its times; times of a day are many starts."""
    found: dict[str, str] = {}
    if is_day(key) and all(map(_is_time, cells)):
        return {"times": "\n".join(cells)}
    for cell in cells[:20]:
        name = "value"
        if is_day(cell):
            name = "date"
        elif _is_time(cell):
            name = "end time" if "time" in found else "time"
        while name in found:
            name += " more"
        found[name] = cell
    return found


def _is_time(text: str) -> bool:
    try:
        dates.read_time(text)
    except Unreadable:
        return False
    return True
