"""XML of any shape; the mapping is proposed from the names of elements and attributes."""

from services.catalog.importers import decoding, shapes, table, tree
from services.catalog.importers.record import ImportRefused, Options, Reading

NAME = "xml"


def recognises(data: bytes, filename: str) -> bool:
    return decoding.opening(data).startswith("<")


def read(data: bytes, mapping: object, options: Options) -> Reading:
    start = decoding.opening(data)[:200].lower()
    if start.startswith(("<!doctype html", "<html")):
        raise ImportRefused("IS_HTML", "This is a web page without events that a program can read.")
    name, root, encoding, problems = tree.from_xml(data, options)
    others = [tree.from_xml(companion, options)[1] for companion in options.companions]
    roots = [{name: root}, *others]
    found = shapes.to_table(roots, mapping, options, problems)
    return table.read(found, NAME, encoding, "", mapping, options, problems)
