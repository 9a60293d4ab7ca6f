"""What a column is likely to hold, from the words of its header and a look at its values.

`guess` proposes; a person may correct. Values have a veto, because words alone err: a column
“subtitle” of True and False is no subtitle language, and a column “Day” of 1, 2, 3 is no date.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.catalog.importers import dates, spans
from services.catalog.importers.synonyms import LANGUAGES, SYNONYMS
from services.catalog.importers.text import fold
from services.catalog.importers.values import CODES

MANY = frozenset({  # fields to which every column contributes
    "section", "people", "directors", "note", "description", "short_description", "tariff",
    "language", "country",
})
TRANSLATED = frozenset({"title", "screening_title", "description", "short_description"})
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
_NOISE = frozenset({"local", "utc", "gmt", "iso"})  # “start time utc”
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
    while len(words) > 1 and words[-1] in _NOISE:
        words.pop()
    inside = normalise(bracket[1]) if bracket else ""
    if inside in LANGUAGES or inside in CODES:
        language = LANGUAGES.get(inside, inside)
    elif len(words) > 1 and len(words[0]) > 2 and words[0] in LANGUAGES:
        language = LANGUAGES[words.pop(0)]
    elif len(words) > 1 and words[-1] in LANGUAGES and " ".join(words) not in _NAMES:
        language = LANGUAGES[words.pop()]
    if name := _NAMES.get(" ".join(words)):
        return Guess(name[0], header, language, group, score, name[1])
    if len(words) == 1 and (split := _split_word(words[0])):
        return recognise(split)
    first_leads = not _LINKS.isdisjoint(words)  # “langue du film” but “film language”
    for length in range(len(words) - 1, 0, -1):
        first, last = " ".join(words[:length]), " ".join(words[-length:])
        for part in (first, last) if first_leads else (last, first):
            if len(part) > 2 and (name := _NAMES.get(part)):
                return Guess(name[0], header, language, group, 0.6, name[1])
    return None


def _split_word(word: str) -> str:
    """“startdate” as two words that make a name; "" when there are none."""
    if not 6 <= len(word) <= 24:
        return ""
    for cut in range(2, len(word) - 1):
        first, second = word[:cut], word[cut:]
        spoken = len(first) > 2 and first in LANGUAGES and second in _NAMES
        if spoken or f"{first} {second}" in _NAMES:
            return f"{first} {second}"
    return ""


def _share(values: Sequence[str], test: Callable[[str], object]) -> float:
    good = 0
    for value in values:
        try:
            good += test(value) is not False
        except dates.Unreadable as problem:
            good += problem.code == "DATE_IMPOSSIBLE"  # a date none the less
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
    """Or several, or days without a time, as ranges often are."""
    try:
        return _in_either_order(spans.read, value)
    except dates.Unreadable as problem:
        if problem.code != spans.WITHOUT_TIME:
            raise
        return True


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
_MEANS_CANCELLED = re.compile(r"cancel|annul|abgesagt|afgelast|anulad")
_LINK = re.compile(r"(?:https?://|www\.)\S+|[^\s/\\]+\.(?:jpe?g|png|webp|gif|svg|avif|mp4)", re.I)
_TESTS: dict[str, Callable[[str], object]] = {
    "duration": dates.read_duration,
    "year": lambda value: re.fullmatch(r"(18|19|20)\d\d", value) is not None,
    "poster": lambda value: _LINK.fullmatch(value) is not None,
    "trailer": lambda value: _LINK.fullmatch(value) is not None,
    "url": lambda value: _LINK.fullmatch(value) is not None,
    "end_date": _is_date,
    "age": lambda value: re.fullmatch(r"\d+[.,]\d+", value) is None,  # a score
    "note": lambda value: _LINK.fullmatch(value) is None,
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
        if field == "start" and _share(values, dates.read_times) >= 0.6:
            return "time"
        order = ("date", "start") if field == "date" else ("start", "time", "date")
        if field == "time" and _share(values, dates.read_times) >= 0.3:
            return field  # some “Various times” are normal
        return next((f for f in order if _share(values, tests[f]) >= 0.6), "")
    if field == "end":
        either = max(_share(values, dates.read_time), _share(values, _are_moments))
        return field if either >= 0.6 else ""
    if field in _NOT_BOOLEAN:
        booleans = _BOOLEANS - {"0", "1"} if field == "room" else _BOOLEANS
        return "" if all(fold(value) in booleans for value in values) else field
    if field == "ref":
        return field if len(set(values)) >= 0.9 * len(values) else ""
    if field == "end_date" and _share(values, _is_date) < 0.6:
        field = "end"
        return field if _share(values, _are_moments) >= 0.6 else ""
    if field == "showings" and _share(values, dates.read_times) >= 0.6:
        return "time"
    test = _TESTS.get(field)
    return field if test is None or _share(values, test) >= 0.6 else ""


def guess(
    samples: Mapping[str, Sequence[str]], labels: Mapping[str, str] | None = None
) -> tuple[list[Guess], str]:
    """The proposal for these columns, best first, and the language of the headers ("" if unknown).

    `samples` are the non-empty values of each column, in the order of the file. `labels` are the
    words of columns whose name is a path ("" for one that is not to be proposed).
    """
    labels = labels or {}
    candidates: list[tuple[float, bool, int, Guess]] = []
    spoken: Counter[str] = Counter()
    for position, (column, values) in enumerate(samples.items()):
        label = labels.get(column, column)
        found = recognise(label)
        field = found and field_by_values(found.field, values)
        if found is None or not field:
            continue
        spoken[found.spoken] += found.score == 1.0
        group = found.group if field in GROUPED else None
        if field == "status" and not _MEANS_CANCELLED.search(fold(label)) and all(
            value in _BOOLEANS or value.isdecimal() for value in map(fold, values)
        ):
            continue  # a code of someone's: 1 is “planned” as often as “cancelled”
        chosen = Guess(field, column, found.language, group, found.score)
        candidates.append((-found.score, not values, position, chosen))
    taken: dict[tuple[str, str, int | None], float] = {}
    kept: list[Guess] = []
    for _, _, _, one in sorted(candidates, key=lambda c: c[:3]):
        best = taken.setdefault((one.field, one.language, one.group), one.score)
        first = (one.field, one.language, one.group) not in {
            (k.field, k.language, k.group) for k in kept
        }
        sure = any(k.field == one.field and k.group == one.group and k.score >= 0.9 for k in kept)
        if one.score < 0.9 and sure:
            continue
        if first or (one.field in MANY and (one.score >= 0.9 or best < 0.9)):
            kept.append(one)
    order = list(samples)
    kept.sort(key=lambda one: order.index(one.column))
    return kept, spoken.most_common(1)[0][0] if spoken else ""
