"""JSON of any shape, one value or one record per line; the mapping is proposed from its keys."""

from services.catalog.importers import decoding, shapes, table, tree
from services.catalog.importers.record import Options, Reading

NAME = "json"


def recognises(data: bytes, filename: str) -> bool:
    return decoding.opening(data)[:1] in ("{", "[")


def read(data: bytes, mapping: object, options: Options) -> Reading:
    root, encoding, problems = tree.from_json(data, options)
    others = [tree.from_json(companion, options)[0] for companion in options.companions]
    found = shapes.to_table([root, *others], mapping, options, problems)
    return table.read(found, NAME, encoding, "", mapping, options, problems)
