"""Cells as text: cleaned for keeping, folded for comparing."""

import html
import re
import unicodedata

_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad"))
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_TAG = re.compile(r"<(/?[a-zA-Z][a-zA-Z0-9]{0,15}|!--)(?:[\s/][^<>]*)?>")
_NEW_LINE = frozenset({"br", "/p", "/div", "/li", "/tr", "/h1", "/h2", "/h3", "/h4"})
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


def plain(text: str) -> str:
    """Text that may be HTML, without its tags; a picture says what stands in its place."""
    if "<" not in text and "&" not in text:
        return clean(text)
    text = _TAG.sub(_instead_of_tag, html.unescape(text) if _ENTITY.search(text) else text)
    return re.sub(r"\s*\n\s*\n\s*", "\n\n", clean(text.replace("\r", "")))


def _instead_of_tag(found: re.Match[str]) -> str:
    if alternative := re.search(r'\salt="([^"]*)"', found[0]):
        return alternative[1]
    return "\n" if found[1].lower() in _NEW_LINE else ""


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
