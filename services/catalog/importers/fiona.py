"""Fiona's shows as JSON: what its API answers, with show parts and films where they were included.

`publish: false` is not imported; `noSale: true` is, and says so. Times are UTC.
"""

from collections.abc import Iterator
from typing import Any

from services.catalog.importers import decoding, tree
from services.catalog.importers.fixed import FieldTable, Value
from services.catalog.importers.record import ImportRefused, Options, Problem, Reading, Severity
from services.catalog.importers.tree import Tree, at, many, text_of, texts

NAME = "fiona"
_MARKS = (b'"fulltitle"', b'"nosale"', b'"showparts"', b'"fulllengthinminutes"')
_LISTS = ("items", "shows", "data", "results", "value")
Node = dict[str, Any]


def recognises(data: bytes, filename: str) -> bool:
    if decoding.opening(data)[:1] not in ("{", "["):
        return False
    lower = data[:1_000_000].lower()
    return b'"starton"' in lower and any(mark in lower for mark in _MARKS)


def read(data: bytes, mapping: object, options: Options) -> Reading:
    root, encoding, problems = tree.from_json(data, options)
    films: dict[str, Node] = {}
    for companion in options.companions:
        others = _listed(_lowered(tree.from_json(companion, options)[0]))
        films |= {text_of(one.get("id", "")).lower(): one for one in others}
    found = FieldTable(options)
    hidden = 0
    for number, show in enumerate(_listed(_lowered(root)), start=1):
        if text_of(show.get("publish", "")) == "false":
            hidden += 1
            continue
        for fields in _rows(show, films):
            extra = {key: "yes" for key, name in (("no sale", "nosale"), ("locked", "islocked"),
                     ("premiere", "ispremiere"), ("voting", "hasaudiencevoting"))
                     if text_of(show.get(name, "")) == "true"}
            found.add(number, fields, extra)
    if hidden:
        problems.append(Problem(
            0, "", "NOT_PUBLISHED", f"{hidden} shows are not to be published and were left out.",
            Severity.WARNING,
        ))
        if not found.rows:
            raise ImportRefused("NO_RECORDS", "None of the shows is to be published.")
    return found.read(NAME, encoding, mapping, problems)


def _lowered(node: Tree) -> Tree:
    """Keys in lower case: parts of the API write `StartOn`, others `startOn`."""
    if isinstance(node, dict):
        return {key.lower(): _lowered(value) for key, value in node.items()}
    return [_lowered(one) for one in node] if isinstance(node, list) else node


def _listed(root: Tree) -> list[Node]:
    if isinstance(root, dict):
        named = next((root[key] for key in _LISTS if isinstance(root.get(key), list)), None)
        root = named if named is not None else [root]
    return [one for one in many(root) if isinstance(one, dict)]


def _rows(show: Node, films: dict[str, Node]) -> Iterator[dict[str, Value]]:
    """One row for each film that is shown, else one for the show itself."""
    shared = _show(show)
    parts = [one for one in many(show.get("showparts", "")) if isinstance(one, dict)]
    parts.sort(key=lambda one: text_of(one.get("sortorder", "")).zfill(6))
    shown = 0
    for part in parts:
        film = part.get("film")
        if not isinstance(film, dict) or text_of(part.get("isinternal", "")) == "true":
            continue
        film = {**film, **films.get(text_of(film.get("id", "")).lower(), {})}
        copy = part.get("filmscreeningcopy") or {}
        shown += 1
        title = _texts(film, "titles") or _texts(film, "fulltitle") or _texts(film, "title")
        yield {
            **shared,
            "production_ref": text_of(film.get("id", "")),
            "title": title or shared["title"],
            "screening_title": shared["title"],
            "original_title": text_of(film.get("originaltitle", "")),
            "duration": text_of(part.get("lengthinminutes") or film.get("lengthinminutes", "")),
            "year": text_of(film.get("year") or film.get("productionyear", "")),
            "directors": texts(film.get("directors", "")),
            "country": texts(film.get("countries", "")),
            "language": _keys(at(copy, "spokenlanguages") or film.get("spokenlanguages", "")),
            "subtitles": _keys(at(copy, "subtitlelanguages")),
        }
    if not shown:
        yield shared


def _show(show: Node) -> dict[str, Value]:
    location = show.get("location", "")
    end = text_of(show.get("endon") or show.get("internalleadoutendon", ""))
    return {
        "ref": text_of(show.get("id", "")),
        "title": _texts(show, "fulltitle") or _texts(show, "title"),
        "start": _utc(text_of(show.get("starton", ""))),
        "end": _utc(end),
        "duration": text_of(show.get("fulllengthinminutes") or show.get("lengthinminutes", "")),
        "venue": _described(location),
        "venue_ref": text_of(at(location, "id")),
        "section": [text for one in many(show.get("sections", "")) if (text := _described(one))],
        "type": _described(show.get("type", "")),
        "note": text_of(show.get("notes", "")),
        "description": _texts(show, "description"),
        "url": text_of(show.get("url", "")),
        "status": text_of(show.get("status", "")),
    }


def _utc(text: str) -> str:
    """Fiona's times are UTC, also those that do not say so."""
    has_zone = text.endswith(("Z", "z")) or "+" in text[10:] or "-" in text[10:]
    return text if has_zone or len(text) <= 10 else f"{text}Z"


def _texts(node: Node, key: str) -> dict[str, str]:
    """By language: a text, or a list of translations, or a look-up that has them."""
    value = node.get(key, "")
    if isinstance(value, dict):
        value = value.get("translations") or text_of(value)
    if isinstance(value, str):
        return {"": text_of(value)} if value else {}
    found: dict[str, str] = {}
    for one in many(value):
        words = one.get("text") or one.get("title") or one.get("fulltitle") \
            if isinstance(one, dict) else one
        language = text_of(at(one, "language", "key") or at(one, "language"))[:2].lower()
        if text := text_of(words):
            found.setdefault(language, text)
    return found


def _described(node: Tree) -> str:
    if isinstance(node, dict):
        translated = next(iter(_texts(node, "translations").values()), "")
        return text_of(node.get("description", "")) or text_of(node) or translated \
            or text_of(node.get("key", ""))
    return text_of(node)


def _keys(node: Tree) -> list[str]:
    return [text_of(at(one, "key")) or _described(one) for one in many(node)]
