"""JSON of any shape, one value or one record per line; the mapping is proposed from its keys."""

from services.catalog.importers import decoding, shapes, table, tree
from services.catalog.importers.record import Options, Problem, Reading, Severity

NAME = "json"


def recognises(data: bytes, filename: str) -> bool:
    return decoding.opening(data)[:1] in ("{", "[")


def _refuse_first_and_last(root: tree.Tree, problems: list[Problem]) -> None:
    """OpenAgenda's light form names only two of the dates of an event: none is better than two."""
    events = root.get("events", "") if isinstance(root, dict) else root
    for number, event in enumerate(tree.many(events), start=1):
        if not isinstance(event, dict) or "timings" in event:
            continue
        first, last = event.get("firstTiming"), event.get("lastTiming")
        if isinstance(first, dict) and isinstance(last, dict) and first != last:
            event["firstTiming"] = event["lastTiming"] = event["nextTiming"] = ""
            problems.append(Problem(
                number, "start", "DATES_INCOMPLETE",
                "The file has only the first and the last of this event's dates: "
                "export it in the full form, with all timings.", Severity.ERROR,
            ))


def read(data: bytes, mapping: object, options: Options) -> Reading:
    root, encoding, problems = tree.from_json(data, options)
    _refuse_first_and_last(root, problems)
    others = [tree.from_json(companion, options)[0] for companion in options.companions]
    found = shapes.to_table([root, *others], mapping, options, problems)
    return table.read(found, NAME, encoding, "", mapping, options, problems)
