"""Cells as text: cleaned for keeping, folded for comparing."""

import html
import re
import unicodedata

_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad"))
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "’": "'", "‘": "'", "′": "'"})
# What UTF-8 looks like after it was read as Windows-1252 and saved again.
_MOJIBAKE = re.compile(r"Ã[\u0080-\u00bf\u0192\u201a-\u2030]|â€[\u0080-\u2122]|Â[\u00a0-\u00bf]")


def clean(cell: str) -> str:
    """The cell as people should see it: composed, no invisible characters, entities decoded."""
    if cell.isascii() and "&" not in cell and "\\n" not in cell:
        return cell.strip()
    text = cell.translate(_INVISIBLE)
    if _ENTITY.search(text):
        text = html.unescape(text)
    text = text.replace("\\n", "\n")  # some exports write the two characters
    return unicodedata.normalize("NFC", text).strip()  # also trims no-break spaces


def fold(text: str) -> str:
    """For comparing: lower case, no accents, single spaces, one kind of apostrophe."""
    if not text.isascii():
        text = text.casefold().translate(_LIGATURES)
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(text.casefold().split())


def key_of(text: str) -> str:
    """For recognising the same name again: folded, and without punctuation."""
    return " ".join(re.findall(r"\w+", fold(text).replace("'", ""))) or fold(text)


def looks_doubly_encoded(text: str) -> bool:
    return not text.isascii() and _MOJIBAKE.search(text) is not None
