"""A file read, and its records put in order: words as we use them, and nothing but plain text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import time
from functools import partial
from typing import Any, TypeVar

from contracts.catalog import ImportOptions
from services.catalog.importers import (
    ImportRefused,
    Options,
    ProductionRecord,
    Reading,
    ScreeningRecord,
    apart,
)
from services.catalog.importers.text import key_of, plain

# What is merged is held in memory as a whole, some 18 kB for each screening.
MOST_SCREENINGS = 10_000
MOST_PRODUCTIONS = 5_000
LINKS = frozenset({"poster", "trailer", "url"})
# What a source says in words of its own, that a profile may translate.
TRANSLATED = frozenset({
    "venue", "room", "sections", "languages", "subtitles", "countries", "version",
})
_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_OPEN_TAG = re.compile(r"<(?=[a-zA-Z/!?])")
R = TypeVar("R", ProductionRecord, ScreeningRecord)
Tables = Mapping[str, Mapping[str, str]]


def read(
    content: bytes, companions: Sequence[bytes], filename: str, format: str, mapping: object,
    options: ImportOptions, values: Mapping[str, Any],
) -> Reading:
    """IMPORT_REFUSED when the file as a whole cannot be read."""
    cutoff = options.day_cutoff
    reading = apart.read(content, filename, format, mapping, Options(
        first_day=options.first_day, last_day=options.last_day, zone=options.time_zone,
        date_order=options.date_order, language=options.language, venue=options.venue,
        encoding=options.encoding, separator=options.separator, companions=tuple(companions),
        day_cutoff=time.fromisoformat(cutoff) if cutoff else None,
    ))
    if len(reading.screenings) > MOST_SCREENINGS or len(reading.productions) > MOST_PRODUCTIONS:
        raise ImportRefused(
            "TOO_MANY_RECORDS", f"{len(reading.screenings)} screenings of"
            f" {len(reading.productions)} productions are too many at once. Split the file:"
            f" {MOST_SCREENINGS} screenings and {MOST_PRODUCTIONS} productions are the most.",
        )
    tables = {
        name: {key_of(written): meant for written, meant in table.items()}
        for name, table in values.items()
    }
    tidy = partial(_tidy, tables)
    return replace(
        reading, productions=tuple(map(tidy, reading.productions)),
        screenings=tuple(map(tidy, reading.screenings)),
    )


def _tidy(tables: Tables, record: R) -> R:
    changed = {
        field.name: value for field in fields(record)
        if (value := _value(tables, field.name, old := getattr(record, field.name))) != old
    }
    return replace(record, **changed) if changed else record


def _value(tables: Tables, name: str, value: Any) -> Any:
    if isinstance(value, str):
        if name in LINKS:
            return safe_link(value)
        text = harmless(value)
        table = tables.get(name.removesuffix("s")) or tables.get(name)
        return table.get(key_of(text), text) if table and name in TRANSLATED else text
    if isinstance(value, Mapping):
        return {key: harmless(text) for key, text in value.items()}
    if isinstance(value, tuple) and name != "rows":
        return tuple(dict.fromkeys(_value(tables, name, item) for item in value))
    return value


def harmless(text: str) -> str:
    """Text without HTML: what a browser would take for a tag is gone, or none any more."""
    if "<" not in text:
        return text
    for tag in ("script", "style"):
        text = _without(text, tag)
    return _OPEN_TAG.sub("‹", plain(text))


def _without(text: str, tag: str) -> str:
    """Neither the tag nor what is in it; searched step by step, so that no text takes long."""
    lower, kept, at = text.lower(), [], 0
    if len(lower) != len(text):  # letters that are longer in lower case
        return text.replace("<", "‹")
    while (start := lower.find(f"<{tag}", at)) >= 0:
        kept.append(text[at:start])
        end = lower.find(f"</{tag}", start)
        closed = lower.find(">", end) if end >= 0 else -1
        if closed < 0:
            return "".join(kept)
        at = closed + 1
    return "".join(kept) + text[at:]


def safe_link(text: str) -> str:
    """An address of the web, or a name that is no address; never one that a browser would run."""
    scheme = _SCHEME.match(text)
    return text if scheme is None or scheme[1].lower() in ("http", "https") else ""
