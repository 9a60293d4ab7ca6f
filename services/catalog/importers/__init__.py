"""Programme files: bytes in, records and problems out. No database, no network.

One module per format. A format is a module with

    NAME                                     what a person chooses
    recognises(data, filename) -> bool       from the first bytes and the name, cheap
    read(data, mapping, options) -> Reading  may raise `ImportRefused`, and nothing else

and a line in `FORMATS`, the most particular first.
"""

from types import ModuleType

from services.catalog.importers import (
    clashfinder,
    csv_file,
    eventival,
    fiona,
    ical,
    json_file,
    jsonld,
    schedule,
    xlsx_file,
    xml_file,
    xmltv,
)
from services.catalog.importers.record import (
    ImportRefused,
    Options,
    Problem,
    ProductionRecord,
    Reading,
    ScreeningRecord,
    Severity,
)

__all__ = [
    "FORMATS", "ImportRefused", "Options", "Problem", "ProductionRecord", "Reading",
    "ScreeningRecord", "Severity", "detect", "read",
]

FORMATS: dict[str, ModuleType] = {
    module.NAME: module for module in (
        xlsx_file, ical, schedule, eventival, xmltv, jsonld, fiona, xml_file, json_file,
        clashfinder, csv_file,
    )
}


def detect(data: bytes, filename: str) -> str:
    """The name of the first format that recognises the file."""
    for name, module in FORMATS.items():
        if module.recognises(data, filename):
            return name
    raise ImportRefused(
        "FORMAT_UNKNOWN", f"The format is not known. It can be: {', '.join(FORMATS)}."
    )


def read(
    data: bytes,
    filename: str,
    format: str = "auto",
    mapping: object = None,
    options: Options | None = None,
) -> Reading:
    """Read a programme by the given mapping (JSON, see `mapping.py`), or by a proposed one."""
    options = options or Options()
    if not data.strip():
        raise ImportRefused("EMPTY", "The file is empty.")
    if max(map(len, (data, *options.companions))) > options.max_bytes:
        raise ImportRefused(
            "TOO_LARGE", f"The file is larger than {options.max_bytes // 1024**2} MiB."
        )
    if format == "auto":
        format = detect(data, filename)
    if format not in FORMATS:
        raise ImportRefused("FORMAT_UNKNOWN", f"There is no format “{format[:40]}”.")
    reading: Reading = FORMATS[format].read(data, mapping, options)
    return reading
