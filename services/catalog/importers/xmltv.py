"""XMLTV: programmes of channels, here rooms or venues with their shows."""

import re

from services.catalog.importers import decoding, tree
from services.catalog.importers.fixed import FieldTable, Value
from services.catalog.importers.record import Options, Reading
from services.catalog.importers.tree import TEXT, Tree, at, many, text_of, texts

NAME = "xmltv"
_ROOT = re.compile(r"<tv[\s>]")
_STAMP = re.compile(r"(\d{8})(\d{4})?(?:\d{2})?\s*(Z|UTC|GMT|BST|[+-]\d{4})?")
_ABBREVIATED = {"Z": "+00:00", "UTC": "+00:00", "GMT": "+00:00", "BST": "+01:00"}


def recognises(data: bytes, filename: str) -> bool:
    start = decoding.opening(data)
    return start.startswith("<") and _ROOT.search(start) is not None


def read(data: bytes, mapping: object, options: Options) -> Reading:
    _, root, encoding, problems = tree.from_xml(data, options)
    channels = {
        text_of(at(one, "id")): (texts(at(one, "display-name")) or [""])[0]
        for one in many(at(root, "channel"))
    }
    found = FieldTable(options)
    for number, programme in enumerate(many(at(root, "programme")), start=1):
        if isinstance(programme, dict):
            found.add(number, _fields(programme, channels), {})
    return found.read(NAME, encoding, mapping, problems)


def _fields(programme: dict[str, Tree], channels: dict[str, str]) -> dict[str, Value]:
    channel = text_of(at(programme, "channel"))
    start = _moment(text_of(at(programme, "start")))
    ages = (text_of(at(one, "value")) or text_of(one) for one in many(at(programme, "rating")))
    people = [name for kind in ("actor", "presenter", "guest", "commentator")
              for name in texts(at(programme, "credits", kind))]
    return {
        "title": _by_language(programme, "title"),
        "start": start,
        "end": _moment(text_of(at(programme, "stop"))),
        "duration": _length(at(programme, "length")),
        "venue": channels.get(channel) or channel,
        "venue_ref": channel,
        "section": texts(at(programme, "category")),
        "language": texts(at(programme, "language")),
        "subtitles": [text for one in many(at(programme, "subtitles"))
                      if (text := text_of(at(one, "language")))],
        "short_description": _by_language(programme, "sub-title"),
        "description": _by_language(programme, "desc"),
        "directors": texts(at(programme, "credits", "director")),
        "people": people,
        "country": texts(at(programme, "country")),
        "year": text_of(at(programme, "date"))[:4],
        "age": next((age for age in ages if age), ""),
        "poster": text_of(at(programme, "icon", "src")),
        "url": text_of(at(programme, "url")),
    }


def _by_language(programme: dict[str, Tree], key: str) -> dict[str, str]:
    """The first of each language; one without counts as that of the whole file."""
    found: dict[str, str] = {}
    for one in many(at(programme, key)):
        found.setdefault(text_of(at(one, "lang"))[:2].lower(), text_of(one))
    return found


def _moment(text: str) -> str:
    """`20260703200000 +0200` as ISO 8601; a text that is none stays as it is."""
    stamp = _STAMP.fullmatch(text)
    if stamp is None:
        return text
    day, clock, offset = stamp[1], stamp[2] or "0000", stamp[3] or ""
    offset = _ABBREVIATED.get(offset) or (f"{offset[:3]}:{offset[3:]}" if offset else "")
    return f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:]}{offset}"


def _length(node: Tree) -> str:
    unit = text_of(at(node, "units"))
    number = text_of(at(node, TEXT)) or text_of(node)
    if unit == "hours" and number.isdecimal():
        return f"{number[:3]}h"
    if unit == "seconds" and number.isdecimal():
        return str(int(number[:6]) // 60)
    return number
