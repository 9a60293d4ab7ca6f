"""What a value of a tree is about, in words that `headers.recognise` understands.

`name` alone says little; `name` within a `location` is a venue, within a `movie` a title. So a
value's label depends on the kind of thing it stands in.
"""

import re
from dataclasses import dataclass, replace

from services.catalog.importers.headers import normalise

TEXT = "#text"  # what an element with attributes says itself
KEY = "@key"  # of an entry whose key was data rather than a name
OWN = "own"  # the record itself
FRAME = "frame"  # a thing around records that have titles of their own: a day, a block
NOTHING = ""  # a frame around everything, whose title is not that of a screening

_KINDS = {
    word: kind
    for kind, words in {
        "venue": "venue location place cinema theatre theater site lieu ort spielort spielstaette "
        "spielstatte kino luogo lugar cine bioscoop locatie veranstaltungsort sede recinto",
        "room": "room stage screen hall auditorium auditoria salle saal saele sale sala zaal zalen "
        "buehne buhne raum raeume podium podia space scene escenario palco",
        "film": "film movie show event work production programme program spectacle stueck stuck "
        "veranstaltung evento eventi pelicula voorstelling artist act band talk concert oeuvre "
        "title media item feature presentation",
        "screening": "screening showing showtime session performance seance vorstellung proiezione "
        "proiezioni timing date slot occurrence schedule termin funcion funciones sesion sesiones "
        "set timeslot time horaire vertoning pase",
        "section": "section category categorie track strand genre tag season sektion reihe rubrik "
        "kategorie sezione categoria seccion sectie series badge type keyword",
        "person": "person people director cast speaker actor crew credit writer producer regie "
        "host guest organiser organizer contact user author company distributor",
        "day": "day jour giorno dia dag journee",
    }.items()
    for word in words.split()
}
_WORKS = frozenset({
    "film", "movie", "production", "work", "show", "play", "oeuvre", "spectacle", "pelicula",
    "voorstelling", "stueck", "stuck",
})
_TRANSPARENT = frozenset({
    "translations", "translation", "attributes", "fields", "data", "acf", "meta", "metadata",
    "node", "properties", "details", "info", "embedded", "content", "custom fields",
})
_IDS = frozenset({"id", "uid", "uuid", "guid", "code", "key", "slug", "ref", "number", "index",
                  "nr", "_id", "identifier"})
_NAMES = frozenset({"name", "title", "label", "titre", "nom", "titel", "nome", "titolo", "naam",
                    "nombre", "text", "value", "description", "fullname", "displayname"})
_REFERENCES = {"film": "film id", "venue": "venue id", "room": "venue id"}


def kind_of(word: str) -> str:
    """Of the last word of a key, be it one or many: “Venues”, “filmTitle” is no film; "" else."""
    words = normalise(word).split()
    last = words[-1] if words else ""
    for ending in ("", "s", "es", "en", "er", "n", "e"):
        if ending and not last.endswith(ending):
            continue
        stem = last[: len(last) - len(ending)]
        for spelling in (stem, f"{stem}y" if stem.endswith("i") else stem):
            if spelling in _KINDS:
                return _KINDS[spelling]
    return "section" if last in ("categories", "series") else ""


def is_work(segment: str) -> bool:
    """Certainly a production: an “event” may as well be a day."""
    words = normalise(segment).split()
    return bool(words) and words[-1].rstrip("s") in _WORKS


def is_reference(label: str) -> bool:
    words = normalise(label).split()
    return bool(words) and words[-1] in _IDS


def words_of(key: str) -> str:
    """“StartDate”, “start_date” and “date1” as words."""
    spaced = re.sub(r"(?<=[a-z])(?=\d{1,2}$)", " ", key.lstrip("@#"))
    return re.sub(r"[_\-.:]+", " ", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", spaced)).strip()


def common_prefix(keys: list[str]) -> str:
    """The first word of nearly all keys, as in `Session_Index`, `Session_Venue_Code`."""
    first = [words_of(key).split()[:1] for key in keys]
    words = [one[0].lower() for one in first if one]
    most = max(set(words), key=words.count, default="")
    return most if len(keys) >= 4 and words.count(most) >= 0.7 * len(keys) else ""


@dataclass(frozen=True)
class Place:
    """Where a value stands: in a thing of some kind, `words` being the keys between the two."""

    kind: str = NOTHING
    segment: str = ""  # the key of the thing
    words: tuple[str, ...] = ()
    prefix: str = ""  # of nearly all its keys

    def into(self, key: str) -> "Place":
        """Where the values of the dict at `key` stand."""
        plain = self._plain(key)
        kind = kind_of(plain)
        if kind and not (kind == "screening" and self.kind == NOTHING):
            return Place(kind, plain)
        if plain.lower() in _TRANSPARENT:
            return replace(self, prefix="")
        return replace(self, words=(*self.words, plain), prefix="")

    def label(self, key: str) -> str:
        """The words for the value at `key`; "" for what says nothing of a screening."""
        if key == TEXT and self.words:
            return replace(self, words=self.words[:-1]).label(self.words[-1])
        plain = self._plain(key)
        phrase = " ".join([*self.words, plain]).strip()
        generic = "" if self.words else plain.lower()
        if self.kind == NOTHING:
            return ""
        if self.kind in (OWN, "screening"):
            return phrase
        if generic in _IDS:
            return _REFERENCES.get(self.kind, "")
        if self.kind == FRAME:
            return "" if generic in _NAMES else phrase
        if self.kind in ("film", "day") and not (self.kind == "day" and generic in _NAMES):
            return phrase
        if generic in _NAMES or key in (KEY, TEXT):
            named = {"venue": "venue", "room": "room", "day": "day name"}
            return named.get(self.kind, self.segment)
        inner = kind_of(plain)
        return inner if self.kind in ("venue", "room") and inner in ("venue", "room") else ""

    def _plain(self, key: str) -> str:
        plain = words_of(key)
        if self.prefix and plain.lower().startswith(f"{self.prefix} "):
            return plain[len(self.prefix) + 1:]
        return plain


def key_label(segment: str, looks_dated: bool, holds_list: bool, known: set[str]) -> str:
    """Of the key of an entry of `segment`, where the fields `known` are found already."""
    if looks_dated:
        return "date"
    kind = kind_of(segment)
    if kind in ("venue", "room", "section"):
        return kind
    if holds_list and not known & {"room", "venue"}:
        return "room"  # lists by stage are far more frequent than by anything else
    return "title" if "title" not in known else "" if holds_list else "id"
