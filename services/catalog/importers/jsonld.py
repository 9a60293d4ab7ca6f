"""Events of schema.org as JSON-LD: a file of them, or the web page that carries them.

Nothing is fetched: neither contexts nor pages. A node that is only named by its `@id` is looked up
in the same file.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from services.catalog.importers import dates, decoding, tree, values
from services.catalog.importers.dates import Unreadable
from services.catalog.importers.fixed import FieldTable, Value
from services.catalog.importers.record import ImportRefused, Options, Problem, Reading
from services.catalog.importers.recurrence import MAX_DAYS, Rule
from services.catalog.importers.tree import Tree, at, many, text_of, texts

NAME = "jsonld"
_SCRIPT = re.compile(
    r"<script[^>]{0,200}application/ld\+json[^>]{0,200}>(.*?)</script", re.S | re.I
)
_EVERY = {"P1D": "DAILY", "P1W": "WEEKLY", "P7D": "WEEKLY", "P1M": "MONTHLY"}
MAX_NODES = 1_000_000
Node = dict[str, Any]


def recognises(data: bytes, filename: str) -> bool:
    start = decoding.opening(data)
    if start.startswith("<"):
        return b"application/ld+json" in data
    return start[:1] in ("{", "[") and b"schema.org" in data and b'"@type"' in data


def read(data: bytes, mapping: object, options: Options) -> Reading:
    roots, encoding, problems = _roots(data, options)
    graph = _Graph(roots)
    found = FieldTable(options)
    events = list(graph.events())
    several = Counter(map(_identity, events))
    for number, event in enumerate(events, start=1):
        fields = _fields(event, graph)
        if several[ref := _identity(event)] > 1:  # the page's address, say: not only this event's
            fields["ref"] = f"{ref}/{text_of(event.get('startDate', ''))}" if ref else ""
        repeated = [one for one in many(graph.of(event, "eventSchedule")) if isinstance(one, dict)]
        if not repeated:
            found.add(number, {**fields, **_times(event)}, {})
        for schedule in repeated:
            for times in _repeated(schedule):
                found.add(number, {**fields, "ref": "", **times}, {})
    return found.read(NAME, encoding, mapping, problems)


def _roots(data: bytes, options: Options) -> tuple[list[Tree], str, list[Problem]]:
    if not decoding.opening(data).startswith("<"):
        root, encoding, problems = tree.from_json(data, options)
        return [root], encoding, problems
    page, encoding = decoding.decode(data, options.encoding)
    problems = decoding.assumed(encoding, options.encoding)
    roots = []
    for script in _SCRIPT.findall(page):
        try:
            roots.append(tree.parse_json(script.strip().removesuffix(";"), options, problems))
        except ImportRefused as refused:
            if refused.reason != "JSON_DAMAGED":  # another script of the page may be good
                raise
    return roots, encoding, problems


class _Graph:
    """The nodes of a file: those that are events, what an `@id` names, which frames which."""

    def __init__(self, roots: list[Tree]) -> None:
        self.by_id: dict[str, Node] = {}
        self.nodes: list[Node] = []
        self.frame_of: dict[int, Node] = {}
        pending, seen = list(reversed(roots)), 0
        while pending:
            node = pending.pop()
            seen += 1
            if seen > MAX_NODES:
                raise ImportRefused("TOO_MANY_VALUES", "The file has too many nodes.")
            if isinstance(node, dict):
                self.nodes.append(node)
                name = node.get("@id")
                if isinstance(name, str) and len(node) > len(self.by_id.get(name, {})):
                    self.by_id[name] = node
                pending.extend(reversed(node.values()))
            elif isinstance(node, list):
                pending.extend(reversed(node))
        for node in self.nodes:
            for part in self.parts(node):
                if part is not node:
                    self.frame_of.setdefault(id(part), node)

    def resolved(self, node: Tree) -> Tree:
        """A node that says no more than its name, as the one that says all."""
        if isinstance(node, dict) and set(node) <= {"@id", "@type"}:
            return self.by_id.get(str(node.get("@id")), node)
        return node

    def of(self, node: Tree, key: str) -> Tree:
        return self.resolved(at(node, key))

    def parts(self, node: Node) -> list[Node]:
        named = node.get("subEvent") or node.get("subEvents") or node.get("event")
        return [part for one in many(named) if isinstance(part := self.resolved(one), dict)]

    def frames(self, node: Node) -> list[Node]:
        found: list[Node] = []
        while (frame := self.frame_of.get(id(node))) is not None and len(found) < 5:
            found.append(frame)
            node = frame
        return found

    def events(self) -> Iterator[Node]:
        """Each event that is one itself rather than the frame of others."""
        for node in self.nodes:
            if _is_event(node) and not self.parts(node) and self.resolved(node) is node:
                yield node


def _is_event(node: Node) -> bool:
    kinds = many(node.get("@type"))
    return any(
        isinstance(kind, str) and kind.rpartition("/")[2].rpartition(":")[2].endswith(
            ("Event", "Festival", "EventSeries", "CourseInstance")
        )
        for kind in kinds
    ) and bool(node.get("startDate") or node.get("eventSchedule") or node.get("subEvent")
               or node.get("subEvents") or node.get("name"))


def _times(event: Node) -> dict[str, Value]:
    start, end = text_of(event.get("startDate", "")), text_of(event.get("endDate", ""))
    if len(start) <= 10:  # a day without a time
        return {"date": start, "time": text_of(event.get("startTime", ""))}
    return {"start": start, "end": end if len(end) > 10 else "",
            "duration": text_of(event.get("duration", ""))}


def _repeated(schedule: Node) -> Iterator[dict[str, Value]]:
    """The days of a Schedule; a day that is excepted is none of them."""
    first, last = text_of(schedule.get("startDate", "")), text_of(schedule.get("endDate", ""))
    start, end = text_of(schedule.get("startTime", "")), text_of(schedule.get("endTime", ""))
    every = _EVERY.get(text_of(schedule.get("repeatFrequency", "")).upper(), "DAILY")
    names = [text.rpartition("/")[2][:2].upper() for text in texts(schedule.get("byDay", ""))]
    excepted = {text[:10] for text in texts(schedule.get("exceptDate", ""))}
    rule = f"FREQ={every}" + (f";BYDAY={','.join(names)}" if names else "")
    rule += f";UNTIL={last[:10].replace('-', '')}" if last else f";COUNT={MAX_DAYS if names else 1}"
    try:
        day = dates.read_date(first[:10], dates.Calendar())
        days = list(Rule(rule, day).days())
    except Unreadable:
        yield {"date": first, "time": start}
        return
    for one in days:
        wanted = not names or one.strftime("%a")[:2].upper() in names
        if wanted and one.isoformat() not in excepted:
            yield {"date": one.isoformat(), "time": start[:5], "end": end[:5]}


def _fields(event: Node, graph: _Graph) -> dict[str, Value]:
    work = graph.of(event, "workPresented") or graph.of(event, "workPerformed")
    work = work[0] if isinstance(work, list) and work else work
    frames = graph.frames(event)
    places = (_place(graph.of(one, "location"), graph) for one in (event, *frames))
    venue, room = next((place for place in places if place[0]), ("", ""))
    above = [*frames, *many(graph.of(event, "superEvent"))]
    status = text_of(event.get("eventStatus", "")).rpartition("/")[2]
    return {
        "ref": _identity(event),
        "production_ref": _identity(work) if isinstance(work, dict) else "",
        "title": _title(work) or _title(event),
        "screening_title": _title(event) if _title(work) else "",
        "original_title": text_of(at(work, "alternateName")),
        "venue": venue,
        "room": room,
        "section": [*texts(above), *_words(event.get("keywords", "")), *texts(at(work, "genre"))],
        "language": texts(event.get("inLanguage") or at(work, "inLanguage")),
        "subtitles": texts(event.get("subtitleLanguage", "")),
        "version": text_of(event.get("videoFormat", "")),
        "age": text_of(event.get("typicalAgeRange") or at(work, "contentRating")).rstrip("-"),
        "description": text_of(event.get("description") or at(work, "description")),
        "poster": _link(event.get("image") or at(work, "image")),
        "trailer": _link(at(work, "trailer")),
        "url": _link(event.get("url", "")),
        "tariff": [text for offer in many(graph.of(event, "offers")) if (text := _offer(offer))],
        "directors": texts(at(work, "director") or event.get("director", "")),
        "people": texts([*many(event.get("performer", "")), *many(event.get("actor", ""))]),
        "country": texts(at(work, "countryOfOrigin")),
        "status": "cancelled" if "Cancelled" in status else "",
    }


def _title(node: Tree) -> str:
    return text_of(at(node, "name")) if isinstance(node, dict) else text_of(node)


def _identity(node: Node) -> str:
    """Its `@id`, else its identifier, else its address."""
    identifier = node.get("identifier", "")
    if isinstance(identifier, dict):
        identifier = identifier.get("value", "")
    return text_of(node.get("@id", "")) or text_of(identifier) or _link(node.get("url", ""))


def _place(node: Tree, graph: _Graph) -> tuple[str, str]:
    """Venue and room: a place within another one is a room."""
    for one in many(node):
        if isinstance(one, dict) and "Virtual" in text_of(one.get("@type", "")):
            continue
        name = values.place_name(_title(one))
        outer = graph.of(one, "containedInPlace") if isinstance(one, dict) else ""
        if _title(outer):
            return values.place_name(_title(outer)), name
        if not name and isinstance(one, dict):
            address = one.get("address", "")
            name = text_of(at(address, "name")) or text_of(at(address, "streetAddress"))
        if name:
            return name, ""
    return "", ""


def _words(node: Tree) -> list[str]:
    return node.split(",") if isinstance(node, str) else texts(node)


def _link(node: Tree) -> str:
    node = many(node)[0] if many(node) else ""
    if isinstance(node, dict):
        node = node.get("contentUrl") or node.get("url") or node.get("@id") or ""
    return node if isinstance(node, str) else ""


def _offer(offer: Tree) -> str:
    """“Adult 13 CHF”, as a hint for people."""
    if not isinstance(offer, dict):
        return text_of(offer)
    price = text_of(offer.get("price", "")) or text_of(offer.get("lowPrice", ""))
    parts = (text_of(offer.get("name", "")), price, text_of(offer.get("priceCurrency", "")))
    return " ".join(filter(None, parts)) if price else ""
