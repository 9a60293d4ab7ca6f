"""Eventival's documents: `films/screenings.xml`, its films (all or one), venues and packages.

Screenings alone know their films by id and title; the other documents, sent as companions, complete
them. Times are the festival's wall clock. What is not for the public says so in its metadata.
"""

import re
from collections.abc import Iterator
from typing import Any

from services.catalog.importers import decoding, tree
from services.catalog.importers.fixed import FieldTable, Value
from services.catalog.importers.record import ImportRefused, Options, Problem, Reading, Severity
from services.catalog.importers.tree import Tree, at, many, text_of, texts

NAME = "eventival"
_ROOT = re.compile(r"<(screenings|films|film|venues|film_packages|film-packages|packages)[\s>]")
_MARKS = (b"<venue_id>", b"<edition_specific_id", b"<system_id>", b"<complete_duration_minutes",
          b"<title_english", b"<titles>", b"<company_contact>", b"<type_of_screening", b"<film_ids")
_TITLES = {"title_english": "en", "title_local": "", "title_custom": ""}
Node = dict[str, Any]


def recognises(data: bytes, filename: str) -> bool:
    start = decoding.opening(data)
    return start.startswith("<") and _ROOT.search(start[:600]) is not None and any(
        mark in data for mark in _MARKS
    )


def read(data: bytes, mapping: object, options: Options) -> Reading:
    name, root, encoding, problems = tree.from_xml(data, options)
    festival = _Festival()
    festival.learn(name, root)
    for companion in options.companions:
        festival.learn(*tree.from_xml(companion, options)[:2])
    found = FieldTable(options)
    if festival.screenings:
        for number, screening in enumerate(festival.screenings, start=1):
            for fields, extra in festival.parts(number, screening, problems):
                found.add(number, fields, extra)
    else:
        for number, film in enumerate(festival.films.values(), start=1):
            found.add(number, _film(film), {})
    if not found.rows and festival.venues:
        raise ImportRefused(
            "NO_RECORDS", "These are venues only: send them along with the screenings."
        )
    return found.read(NAME, encoding, mapping, problems)


class _Festival:
    """What all documents say, by the ids of Eventival."""

    def __init__(self) -> None:
        self.screenings: list[Node] = []
        self.films: dict[str, Node] = {}
        self.venues: dict[str, Node] = {}
        self.packages: dict[str, Node] = {}

    def learn(self, name: str, root: Tree) -> None:
        kind = name.replace("-", "_").removeprefix("film_") if "package" in name else name
        if kind == "film" and isinstance(root, dict):
            self.films[_film_id(root)] = root
            return
        keys = {"screenings": ("screening",), "films": ("film", "item"), "venues": ("venue",),
                "packages": ("package", "film_package", "item")}.get(kind, ())
        things = [one for key in keys for one in many(at(root, key)) if isinstance(one, dict)]
        if kind == "screenings":
            self.screenings += things
        elif kind == "films":
            self.films |= {_film_id(one): one for one in things}
        elif kind == "venues":
            self.venues |= {text_of(at(one, "id")): one for one in things}
        elif kind == "packages":
            self.packages |= {_film_id(one): one for one in things}
        else:
            raise ImportRefused("NOT_EVENTIVAL", f"Eventival has no document “{name[:40]}”.")

    def parts(
        self, number: int, screening: Node, problems: list[Problem]
    ) -> Iterator[tuple[dict[str, Value], dict[str, str]]]:
        """One row for each film that is shown."""
        shared = self._screening(number, screening, problems)
        extra = {
            key: text for key in ("code", "type_of_screening")
            if (text := text_of(at(screening, key)))
        }
        films = [one for one in many(at(screening, "film")) if isinstance(one, dict)]
        for package in many(at(screening, "package")) or many(at(screening, "film_package")):
            known = self.packages.get(text_of(at(package, "id")), package)
            shared["screening_title"] = _titles(known)
            ids = many(at(known, "film_ids", "id"))
            films += [one for one in many(at(known, "films", "film")) if isinstance(one, dict)]
            films += [self.films.get(text_of(one), {"id": one}) for one in ids]
            if not films:
                films = [known] if isinstance(known, dict) else [{"id": known}]
        for film in films or [{}]:
            known = self.films.get(_film_id(film), {})
            yield {**_film(film), **_filled(_film(known)), **shared}, extra

    def _screening(
        self, number: int, screening: Node, problems: list[Problem]
    ) -> dict[str, Value]:
        venue_id = text_of(at(screening, "venue_id"))
        venue = self.venues.get(venue_id, {})
        if venue_id and self.venues and not venue:
            problems.append(Problem(
                number, "venue", "JOIN_MISSED", f"No venue has the id “{venue_id[:60]}”.",
                Severity.WARNING,
            ))
        name, cinema = text_of(at(venue, "name")), text_of(at(venue, "company"))
        room = name.removeprefix(cinema).lstrip(" ,-–/") if cinema else ""
        kind = text_of(at(screening, "type_of_screening"))
        minutes = text_of(at(screening, "complete_duration_minutes"))
        guests = [
            name for part in ("presentation", "qa")
            for name in texts(at(screening, part, "guests", "person"))
        ]
        info = at(screening, "additional_info")
        found: dict[str, Value] = {
            "ref": text_of(at(screening, "id")),
            "start": text_of(at(screening, "start")),
            "venue": cinema or name or text_of(at(screening, "venue")),
            "room": room,
            "venue_ref": venue_id,
            "note": [text for text in (text_of(at(info, "en")) or text_of(info), *guests) if text],
            "url": text_of(at(screening, "ticketing_url")),
            "type": kind,
            "status": text_of(at(screening, "status")),
        }
        if end := _end(text_of(at(screening, "start")), minutes):
            found["end"] = end
        film = at(screening, "film")
        if languages := texts(at(film, "languages", "print", "language")):
            found["language"] = languages
        found["subtitles"] = texts(at(film, "subtitle_languages", "print", "language"))
        return found


def _film_id(film: Node) -> str:
    return text_of(at(film, "ids", "system_id")) or text_of(at(film, "id"))


def _filled(fields: dict[str, Value]) -> dict[str, Value]:
    return {field: value for field, value in fields.items() if value}


def _film(film: Node) -> dict[str, Value]:
    info = at(film, "film_info")
    seconds = text_of(at(info, "runtime", "seconds"))
    published = at(film, "publications")
    sections = at(film, "eventival_categorization", "sections", "section")
    categories = at(film, "eventival_categorization", "categories", "category")
    return {
        "production_ref": _film_id(film),
        "title": _titles(film),
        "original_title": text_of(at(film, "titles", "title_original"))
        or text_of(at(film, "title_original")),
        "duration": str(int(seconds) // 60) if re.fullmatch(r"\d{1,6}", seconds) else "",
        "year": text_of(at(info, "completion_date", "year")),
        "country": [_code(one) for one in many(at(info, "countries", "country"))],
        "language": [_code(one) for one in many(at(info, "languages", "language"))],
        "directors": [_person(one) for one in many(at(info, "relationships", "directors",
                                                       "director"))],
        "people": [_person(one) for one in many(at(info, "relationships", "cast", "cast"))],
        "section": [*texts(sections), *texts(categories)],
        "short_description": _published(published, "synopsis_short"),
        "description": _published(published, "synopsis_long"),
        "trailer": text_of(at(info, "online_trailer_url")),
        "poster": text_of(at(many(at(film, "photos", "photo"))[:1], "url")),
    }


def _titles(film: Tree) -> dict[str, str]:
    """By language: publications say theirs; the titles name English, original and local only."""
    found = {
        language: text for language, one in _languages(at(film, "publications"))
        if (text := text_of(at(one, "title")))
    }
    titles = at(film, "titles") or film
    for key, language in _TITLES.items():
        if language and (text := text_of(at(titles, key))):
            found.setdefault(language, text)
    if not found:
        every = ("title_local", "title_original", "title_custom", "title", "name")
        text = next((text for key in every if (text := text_of(at(titles, key)))), "")
        found = {"": text} if text else {}
    return found


def _published(publications: Tree, key: str) -> dict[str, str]:
    return {
        language: text for language, one in _languages(publications)
        if (text := text_of(at(one, key)))
    }


def _languages(publications: Tree) -> Iterator[tuple[str, Tree]]:
    if isinstance(publications, dict):
        yield from ((key, one) for key, one in publications.items()
                    if re.fullmatch(r"[a-z]{2}", key))


def _code(node: Tree) -> str:
    return text_of(at(node, "code")) or text_of(node)


def _person(node: Tree) -> str:
    if not isinstance(node, dict):
        return text_of(node)
    return f"{text_of(at(node, 'name'))} {text_of(at(node, 'surname'))}".strip()


def _end(start: str, minutes: str) -> str:
    """With introduction and discussion; "" where the film's own length has to do."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](\d\d):(\d\d)(?::\d\d)?", start)
    if found is None or not re.fullmatch(r"\d{1,4}", minutes) or not int(minutes):
        return ""
    total = int(found[2]) * 60 + int(found[3]) + int(minutes)
    return f"{total // 60 % 24:02}:{total % 60:02}"
