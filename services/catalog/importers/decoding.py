"""Bytes as text, in whatever encoding they came."""

import re

from services.catalog.importers.record import ImportRefused, Problem, Severity

_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


def decode(data: bytes, declared: str | None) -> tuple[str, str]:
    """The text, without a mark at its start, and the encoding it was in."""
    bom = next((name for mark, name in _BOMS.items() if data.startswith(mark)), "")
    candidates = [declared or bom] if declared or bom else [*_wide(data), "utf-8", "cp1252"]
    for encoding in candidates:
        try:
            text = data.decode(encoding).removeprefix("\ufeff")
        except (UnicodeError, LookupError, ValueError):
            continue
        if _CONTROL.search(text):
            raise ImportRefused("BINARY", "This is not a text file.")
        return text, "utf-8" if encoding == "utf-8-sig" else encoding
    if declared or bom:
        raise ImportRefused("ENCODING_WRONG", f"The file is not in the encoding {candidates[0]}.")
    raise ImportRefused("BINARY", "This is not a text file, or in an unknown encoding.")


def assumed(encoding: str, declared: str | None) -> list[Problem]:
    """The warning that an encoding was a guess, when it was."""
    if encoding != "cp1252" or declared is not None:
        return []
    return [Problem(
        0, "", "ENCODING_ASSUMED",
        "The file is not UTF-8; it was read as Windows-1252. Check the accents.",
        Severity.WARNING,
    )]


def opening(data: bytes) -> str:
    """The first characters of a text file, for telling what it is; "" of a binary one."""
    start = data[:4096]
    for encoding in [*(name for mark, name in _BOMS.items() if start.startswith(mark)),
                     *_wide(start[: len(start) // 2 * 2])]:
        return start.decode(encoding, "ignore").removeprefix("\ufeff").lstrip()
    return "" if b"\0" in start else start.decode("latin-1").lstrip()


def _wide(data: bytes) -> list[str]:
    """UTF-16 without a mark: every other byte of plain letters is zero."""
    start = data[:200]
    if len(data) % 2 == 0 and len(start) > 3:
        if start[1::2].count(0) * 3 > len(start):
            return ["utf-16-le"]
        if start[::2].count(0) * 3 > len(start):
            return ["utf-16-be"]
    return []
