"""Clashfinder's text: lines of `key = value`, acts as JSON, times by the festival's clock."""

import re
from datetime import UTC
from zoneinfo import ZoneInfo

from services.catalog.importers import dates, decoding, tree
from services.catalog.importers.dates import Unreadable
from services.catalog.importers.fixed import FieldTable, Value
from services.catalog.importers.record import ImportRefused, Options, Problem, Reading, Severity
from services.catalog.importers.text import plain
from services.catalog.importers.tree import Tree, text_of

NAME = "clashfinder"
_LINE = re.compile(r"\s*(\w+)\s*=\s*(.*)")
_ACT = re.compile(r"^\s*act\s*=\s*\{", re.M)
_FIELDS = {
    "title": ("act", "name", "title"), "room": ("stage",), "url": ("url",), "ref": ("id", "mbId"),
    "description": ("blurb",), "short_description": ("short",), "poster": ("image",),
}


def recognises(data: bytes, filename: str) -> bool:
    start = decoding.opening(data)
    return not start.startswith(("<", "{", "[")) and _ACT.search(
        data[:1_000_000].decode("latin-1")
    ) is not None


def read(data: bytes, mapping: object, options: Options) -> Reading:
    text, encoding = decoding.decode(data, options.encoding)
    problems = decoding.assumed(encoding, options.encoding)
    zone = _zone(options.zone)
    found = FieldTable(options)
    for number, line in enumerate(re.finditer(r"[^\r\n]+", text), start=1):
        pair = _LINE.fullmatch(line[0])
        if pair is None or line[0].lstrip().startswith("//"):
            continue
        if pair[1].lower() == "timezone":
            zone = _zone(pair[2].strip()) if pair[2].strip() else zone
        elif pair[1].lower() == "act":
            try:
                act = tree.parse_json(pair[2], options, problems)
            except ImportRefused as refused:
                if refused.reason != "JSON_DAMAGED":
                    raise
                problems.append(Problem(
                    number, "", "ROW_DAMAGED", "The act is not complete.", Severity.ERROR
                ))
                continue
            if isinstance(act, dict):
                found.add(number, _fields(act, zone), {})
    return found.read(NAME, encoding, mapping, problems)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ImportRefused("ZONE_UNKNOWN", f"There is no time zone “{name[:60]}”.") from None


def _fields(act: dict[str, Tree], zone: ZoneInfo) -> dict[str, Value]:
    found: dict[str, Value] = {
        field: next((text for key in keys if (text := text_of(act.get(key, "")))), "")
        for field, keys in _FIELDS.items()
    }
    found["start"] = _moment(text_of(act.get("start", "")), zone)
    found["end"] = _moment(text_of(act.get("end", "")), zone)
    return found


def _moment(text: str, zone: ZoneInfo) -> str:
    try:
        moment = dates.read_moment(text, dates.Calendar())
        if isinstance(moment, tuple):
            return dates.to_instant(*moment, zone)[0].astimezone(UTC).isoformat()
        return moment.isoformat()
    except Unreadable:
        return plain(text)
