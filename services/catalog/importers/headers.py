"""What a column is likely to hold, from the words of its header and a look at its values.

`guess` proposes; a person may correct. Values have a veto, because words alone err: a column
“subtitle” of True and False is no subtitle language, and a column “Day” of 1, 2, 3 is no date.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from services.catalog.importers import dates
from services.catalog.importers.text import fold

# field: {language: names}. Two readings of one name: the earlier field wins.
SYNONYMS: dict[str, dict[str, str]] = {
    "title": {
        "fr": "titre|titre du film|film|spectacle|oeuvre|evenement|intitule|nom|artiste",
        "de": "titel|filmtitel|stück|veranstaltung|künstler",
        "it": "titolo|titolo del film|spettacolo|evento|nome|artista",
        "en": "title|film title|movie|movie title|show|show name|event|event title|event name"
        "|session title|project title|name|artist|act",
    },
    "original_title": {
        "fr": "titre original|titre vo",
        "de": "originaltitel",
        "it": "titolo originale",
        "en": "original title|title original|project title original language",
    },
    "start": {
        "fr": "debut|date heure|date et heure|seance",
        "de": "beginn|anfang|datum uhrzeit|vorstellung",
        "it": "inizio|data ora|data e ora|proiezione",
        "en": "start|starts at|datetime|date time|showtime|dtstart",
    },
    "date": {
        "fr": "jour|date de debut|date de la seance",
        "de": "datum|tag|startdatum",
        "it": "data|giorno|data di inizio",
        "en": "date|day|start date|weekday",
    },
    "time": {
        "fr": "heure|horaire|horaires|heure de debut|h",
        "de": "uhrzeit|zeit|startzeit|anfangszeit",
        "it": "ora|orario|ora di inizio",
        "en": "time|hour|start time|show start time|times",
    },
    "end": {
        "fr": "fin|heure de fin",
        "de": "ende|endzeit|bis",
        "it": "fine|ora di fine",
        "en": "end|stop|ends at|end time|dtend",
    },
    "end_date": {"fr": "date de fin", "de": "enddatum", "it": "data di fine", "en": "end date"},
    "showings": {
        "fr": "seances|dates",
        "de": "termine|spielzeiten|vorstellungen",
        "it": "proiezioni",
        "en": "schedule|performances|showtimes|screenings",
    },
    "duration": {
        "fr": "duree|minutes",
        "de": "dauer|laufzeit|länge|spieldauer",
        "it": "durata",
        "en": "duration|length|runtime|running time",
    },
    "venue": {
        "fr": "lieu|cinema|theatre",
        "de": "ort|kino|spielort|spielstätte|theater|veranstaltungsort",
        "it": "luogo|teatro|sede",
        "en": "venue|venue name|location|cinema name|theatre name|theater name",
    },
    "room": {
        "fr": "salle|scene",
        "de": "saal|raum|bühne",
        "it": "sala|palco",
        "en": "room|screen|screen name|hall|stage|auditorium|space|space name",
    },
    "section": {
        "fr": "section|categorie|programme|selection|genre",
        "de": "sektion|reihe|rubrik|kategorie|programm|wettbewerb",
        "it": "sezione|categoria|programma|concorso|genere",
        "en": "category|categories|track|program|strand|competition",
    },
    "type": {"de": "art|typ", "it": "tipo", "en": "type|event type|format"},
    "language": {
        "fr": "langue|langues|langue originale",
        "de": "sprache|originalsprache",
        "it": "lingua|lingua originale",
        "en": "language|audio|spoken language|original language|originlang",
    },
    "version": {"fr": "vo vf", "de": "fassung|sprachfassung", "it": "versione", "en": "version"},
    "subtitles": {
        "fr": "sous titres|sous titrage|st",
        "de": "untertitel|ut",
        "it": "sottotitoli",
        "en": "subtitles|subtitle",
    },
    "age": {
        "fr": "age min|age legal|interdiction|public",
        "de": "alter|altersfreigabe|mindestalter|fsk|freigabe",
        "it": "eta|eta minima",
        "en": "age|rating|certificate|age rating|classification",
    },
    "description": {
        "fr": "resume|texte",
        "de": "beschreibung|inhalt|inhaltsangabe",
        "it": "descrizione|sinossi|trama",
        "en": "description|synopsis|summary|abstract|overview|blurb|text",
    },
    "short_description": {
        "fr": "accroche|chapeau|chapo|pitch",
        "de": "kurzbeschreibung|kurzinhalt",
        "it": "descrizione breve",
        "en": "short description|tagline|teaser|logline",
    },
    "note": {
        "fr": "mention|remarque|invites",
        "de": "bemerkung|hinweis|gäste",
        "it": "nota|osservazioni|ospiti",
        "en": "note|notes|info|guests|premiere",
    },
    "poster": {
        "fr": "affiche|visuel",
        "de": "plakat|bild|filmplakat",
        "it": "locandina|immagine",
        "en": "poster|poster url|image|image url|photo|thumbnail",
    },
    "trailer": {"fr": "bande annonce", "en": "trailer|trailer url|video"},
    "url": {
        "fr": "lien|site web|lien billetterie|page",
        "de": "webseite|ticketlink",
        "it": "sito|sito web",
        "en": "url|link|website|event url|ticket url|url to event details",
    },
    "tariff": {
        "fr": "prix|tarif|tarifs",
        "de": "preis|preise|eintritt|eintrittspreis",
        "it": "prezzo|prezzi",
        "en": "price|prices|cost|admission",
    },
    "ref": {
        "fr": "reference|identifiant|numero|no seance|code seance",
        "de": "nr|nummer|kennung|vorstellungsnr",
        "it": "codice",
        "en": "id|uid|guid|code|ref|event id|session id|screening id|screening code"
        "|tracking number",
    },
    "production_ref": {
        "fr": "id film", "de": "filmnr|filmcode", "it": "id del film",
        "en": "film id|movie id|work id|production id",
    },
    "venue_ref": {
        "fr": "id lieu", "de": "spielort id", "it": "id luogo",
        "en": "venue id|theatre id|theater id|cinema id|room id",
    },
    "directors": {
        "fr": "realisateur|realisatrice|realisation|de",
        "de": "regisseur|regisseurin",
        "it": "regista|diretto da",
        "en": "director|directors|regie|regia",
    },
    "people": {
        "fr": "interpretes|distribution|avec|compagnie|intervenants",
        "de": "besetzung|mit|kompanie|referenten",
        "it": "interpreti|compagnia|relatori",
        "en": "cast|speakers|speaker|company|performer|performers",
    },
    "country": {
        "fr": "pays", "de": "land|länder", "it": "paese|paesi",
        "en": "country|countries|country of origin",
    },
    "year": {
        "fr": "annee|annee de production", "de": "jahr|produktionsjahr", "it": "anno",
        "en": "year|production year",
    },
    "status": {
        "fr": "statut|etat|annule", "de": "abgesagt", "it": "stato|annullato",
        "en": "status|cancelled",
    },
}
LANGUAGES = {
    word: code
    for code, words in {
        "fr": "fr francais french franzosisch francese",
        "de": "de deutsch german allemand tedesco",
        "it": "it italiano italian italienisch italien",
        "en": "en english englisch anglais inglese",
    }.items()
    for word in words.split()
}
MANY = frozenset({  # fields to which every column contributes
    "section", "people", "directors", "note", "description", "short_description", "tariff",
    "language", "country",
})
TRANSLATED = frozenset({"title", "description", "short_description"})
GROUPED = frozenset({
    "start", "date", "time", "end", "end_date", "venue", "room", "version", "note",
})


@dataclass(frozen=True, slots=True)
class Guess:
    field: str
    column: str
    language: str = ""  # of the texts, when the header names one
    group: int | None = None  # n of “Date n”
    score: float = 0.0
    spoken: str = ""  # the language the header is written in


def normalise(header: str) -> str:
    """Words in lower case without accents: “Date de la séance” and “showStartTime” alike."""
    return " ".join(re.findall(r"[a-z0-9]+", fold(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", header))))


_UMLAUTS = {ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue"}


def _index() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for field, languages in SYNONYMS.items():
        for language, names in languages.items():
            for name in names.split("|"):
                for spelling in (name, name.translate(_UMLAUTS)):
                    found.setdefault(normalise(spelling), (field, language))
    return found


_NAMES = _index()
_LINKS = frozenset({
    "de", "du", "des", "d", "di", "del", "della", "dello", "degli", "delle",
})


def recognise(header: str) -> Guess | None:
    """The field a header names, by its words alone."""
    bracket = re.search(r"[(\[]([^)\]]{1,40})[)\]]", header[:120])
    words = normalise(re.sub(r"[(\[][^)\]]*[)\]]", " ", header[:120])).split()
    group, language, score = None, "", 0.9 if bracket else 1.0
    if len(words) > 1 and words[-1].isdecimal() and len(words[-1]) < 4:
        group = int(words.pop())
    if bracket and (inside := normalise(bracket[1])) in LANGUAGES:
        language = LANGUAGES[inside]
    elif len(words) > 1 and words[-1] in LANGUAGES and " ".join(words) not in _NAMES:
        language = LANGUAGES[words.pop()]
    if name := _NAMES.get(" ".join(words)):
        return Guess(name[0], header, language, group, score, name[1])
    first_leads = not _LINKS.isdisjoint(words)  # “langue du film” but “film language”
    for length in range(len(words) - 1, 0, -1):
        first, last = " ".join(words[:length]), " ".join(words[-length:])
        for part in (first, last) if first_leads else (last, first):
            if len(part) > 2 and (name := _NAMES.get(part)):
                return Guess(name[0], header, language, group, 0.6, name[1])
    return None


def _share(values: Sequence[str], test: Callable[[str], object]) -> float:
    good = 0
    for value in values:
        with suppress(dates.Unreadable):
            good += test(value) is not False
    return good / len(values)


_SOME_DAY = date(2024, 1, 1)
_CALENDARS = [dates.Calendar(_SOME_DAY, order) for order in ("dmy", "mdy")]


def _in_either_order(read: Callable[[str, dates.Calendar], object], value: str) -> object:
    try:
        return read(value, _CALENDARS[0])
    except dates.Unreadable:
        return read(value, _CALENDARS[1])


def _is_date(value: str) -> object:
    return _in_either_order(dates.read_date, value)


def _is_moment(value: str) -> object:
    return _in_either_order(dates.read_moment, value)


def _are_dates(value: str) -> object:
    return [_is_date(part) for part in dates.split_several(value, _is_date)]


def _are_moments(value: str) -> object:
    return [_is_moment(part) for part in dates.split_several(value, _is_moment)]


_BOOLEANS = frozenset({
    "true", "false", "yes", "no", "y", "n", "oui", "non", "ja", "nein", "si", "0", "1", "x",
})
_NOT_BOOLEAN = frozenset({
    "title", "original_title", "venue", "room", "section", "language", "subtitles", "version",
    "description",
})
_LINK = re.compile(r"(?:https?://|www\.)\S+|[^\s/\\]+\.(?:jpe?g|png|webp|gif|svg|avif|mp4)", re.I)
_TESTS: dict[str, Callable[[str], object]] = {
    "duration": dates.read_duration,
    "year": lambda value: re.fullmatch(r"(18|19|20)\d\d", value) is not None,
    "poster": lambda value: _LINK.fullmatch(value) is not None,
    "trailer": lambda value: _LINK.fullmatch(value) is not None,
    "url": lambda value: _LINK.fullmatch(value) is not None,
    "end_date": _is_date,
    "showings": _are_moments,
}


def field_by_values(field: str, values: Sequence[str]) -> str:
    """The field, another one of the same family, or "" when the values speak against it.

    `values` are the non-empty cells of a sample; an empty sample decides nothing.
    """
    if not values:
        return field
    if field in ("start", "date", "time"):
        tests = {"date": _are_dates, "time": dates.read_times, "start": _are_moments}
        order = ("date", "start") if field == "date" else ("start", "time", "date")
        if field == "time" and _share(values, dates.read_times) >= 0.3:
            return field  # some “Various times” are normal
        return next((f for f in order if _share(values, tests[f]) >= 0.6), "")
    if field == "end":
        either = max(_share(values, dates.read_time), _share(values, _are_moments))
        return field if either >= 0.6 else ""
    if field in _NOT_BOOLEAN:
        return "" if all(fold(value) in _BOOLEANS for value in values) else field
    if field == "ref":
        return field if len(set(values)) >= 0.9 * len(values) else ""
    test = _TESTS.get(field)
    return field if test is None or _share(values, test) >= 0.6 else ""


def guess(samples: Mapping[str, Sequence[str]]) -> tuple[list[Guess], str]:
    """The proposal for these columns, best first, and the language of the headers ("" if unknown).

    `samples` are the non-empty values of each column, in the order of the file.
    """
    candidates: list[tuple[float, bool, int, Guess]] = []
    spoken: Counter[str] = Counter()
    for position, (column, values) in enumerate(samples.items()):
        found = recognise(column)
        field = found and field_by_values(found.field, values)
        if found is None or not field:
            continue
        spoken[found.spoken] += found.score == 1.0
        group = found.group if field in GROUPED else None
        chosen = Guess(field, column, found.language, group, found.score)
        candidates.append((-found.score, not values, position, chosen))
    taken: dict[tuple[str, str, int | None], float] = {}
    kept: list[Guess] = []
    for _, _, _, one in sorted(candidates, key=lambda c: c[:3]):
        best = taken.setdefault((one.field, one.language, one.group), one.score)
        first = (one.field, one.language, one.group) not in {
            (k.field, k.language, k.group) for k in kept
        }
        if first or (one.field in MANY and (one.score >= 0.9 or best < 0.9)):
            kept.append(one)
    order = list(samples)
    kept.sort(key=lambda one: order.index(one.column))
    return kept, spoken.most_common(1)[0][0] if spoken else ""
