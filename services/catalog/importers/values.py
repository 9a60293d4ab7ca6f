"""Languages, ages, countries and lists as programmes write them."""

import re

from services.catalog.importers.text import fold

_LANGUAGES = {
    name: code
    for code, names in {
        "ar": "arabe arabisch arabo arabic",
        "bg": "bulgare bulgarisch bulgaro bulgarian",
        "cs": "tcheque tschechisch ceco czech",
        "da": "danois danisch danese danish",
        "de": "allemand deutsch tedesco german",
        "el": "grec griechisch greco greek",
        "en": "anglais englisch inglese english",
        "es": "espagnol spanisch spagnolo spanish",
        "et": "estonien estnisch estone estonian",
        "fa": "persan persisch farsi persian",
        "fi": "finnois finnisch finlandese finnish",
        "fr": "francais franzosisch francese french",
        "gsw": "suisse-allemand schweizerdeutsch svizzerotedesco swiss-german",
        "he": "hebreu hebraisch ebraico hebrew",
        "hi": "hindi",
        "hr": "croate kroatisch croato croatian",
        "hu": "hongrois ungarisch ungherese hungarian",
        "is": "islandais islandisch islandese icelandic",
        "it": "italien italienisch italiano italian",
        "ja": "japonais japanisch giapponese japanese",
        "kn": "kannada",
        "ko": "coreen koreanisch coreano korean",
        "ml": "malayalam",
        "nl": "neerlandais niederlandisch olandese dutch",
        "no": "norvegien norwegisch norvegese norwegian",
        "pl": "polonais polnisch polacco polish",
        "pt": "portugais portugiesisch portoghese portuguese",
        "rm": "romanche ratoromanisch romancio romansh",
        "ro": "roumain rumanisch rumeno romanian",
        "ru": "russe russisch russo russian",
        "sr": "serbe serbisch serbo serbian",
        "sv": "suedois schwedisch svedese swedish",
        "ta": "tamil",
        "te": "telugu",
        "th": "thai thailandisch",
        "tr": "turc turkisch turco turkish",
        "uk": "ukrainien ukrainisch ucraino ukrainian",
        "zh": "chinois chinesisch cinese chinese mandarin",
    }.items()
    for name in names.split()
}
CODES = set(_LANGUAGES.values())
_COUNTRY_CODES = {"UK": "GB", "EL": "GR"}  # written like this, but not so in ISO 3166
_AGE = re.compile(
    r"(?:(?:ab|des|from|da|fsk|n/c|ua|age)\s)?(\d{1,2})\s?(?:\+|ans|jahren?|years?|anni)?"
    r"(?:\s?/\s?\d{1,2})?"
)
_EVERYONE = {"tous publics", "tout public", "ohne altersbeschrankung", "per tutti", "all ages"}
_ROOM = re.compile(r"(?:salle|saal|sala|zaal|room|screen|hall|studio|stage|buhne|auditorium)\b")
_CANCELLED = re.compile(r"annule|abgesagt|cancel|annullat|entfallt")
_YES = {"true", "yes", "oui", "ja", "si", "1", "x", "y"}


def split_list(text: str, separators: str = r"\n|;") -> tuple[str, ...]:
    """The parts, each once, without the # of a hash tag."""
    parts = (part.strip().lstrip("#").strip() for part in re.split(f"[{separators}]", text))
    return tuple(dict.fromkeys(part for part in parts if part))


def languages(text: str) -> tuple[str, ...]:
    """ISO 639-1 codes where the name is known, else the name as written."""
    return tuple(dict.fromkeys(map(_language, split_list(text, r"\n|;,/"))))


def _language(name: str) -> str:
    plain = fold(name)
    return plain if plain in CODES else _LANGUAGES.get(plain, name)


def countries(text: str) -> tuple[str, ...]:
    return tuple(_COUNTRY_CODES.get(part, part) for part in split_list(text, r"\n|;,/"))


def people(text: str) -> tuple[str, ...]:
    """Names; the number of “12:Daniel” (a conference system's id) is left out."""
    return tuple(re.sub(r"^\d{1,6}:\s?", "", part) for part in split_list(text))


def age(text: str) -> int | None:
    """The legal age of 16, 16+, ab 16, dès 16 ans, 16/14; None on a scale we do not know."""
    plain = fold(text)
    if plain in _EVERYONE:
        return 0
    found = _AGE.fullmatch(plain)
    return int(found[1]) if found and int(found[1]) <= 21 else None


def is_cancelled(status: str) -> bool:
    """Of a status (“annulé”) or of a column “cancelled” (“oui”)."""
    plain = fold(status)
    return plain in _YES or _CANCELLED.search(plain) is not None


def place_name(text: str) -> str:
    """“Rex, Bahnhofstrasse 12, 3011 Bern” without the address; “Rex, Saal 2” as it is."""
    name, _, rest = " ".join(text.split()).partition(", ")
    is_address = "," in rest and any(c.isdigit() for c in rest) and not _ROOM.match(fold(rest))
    return name if is_address and not name[:1].isdigit() else " ".join(text.split())
