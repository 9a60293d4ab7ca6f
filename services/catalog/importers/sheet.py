"""Rows of cells become a table: the header is found, whatever stands above it."""

from services.catalog.importers import headers, table
from services.catalog.importers.record import ImportRefused, Options, Problem, Severity
from services.catalog.importers.text import clean


def known_headers(row: list[str]) -> float:
    """How many different fields the cells name, were they headers."""
    guesses = [guess for cell in row if len(cell) < 80 and (guess := headers.recognise(cell))]
    return len({(g.field, g.group) for g in guesses if g.score == 1.0}) + 0.1 * len(guesses)


def with_header(
    rows: list[list[str]], options: Options, problems: list[Problem]
) -> table.Table:
    """The header is the best recognised of the first ten rows: sheets often start with a title."""
    cleaned = [[clean(cell) for cell in row] for row in rows]
    filled = [number for number, row in enumerate(cleaned) if any(row)]
    if not filled:
        raise ImportRefused("EMPTY", "The file is empty.")
    header = max(filled[:10], key=lambda number: (known_headers(cleaned[number]), -number))
    width = max(len(cleaned[header]), 1)
    columns = table.unique_names(cleaned[header])
    body = []
    for number in filled:
        row = cleaned[number]
        if number <= header:
            continue
        if any(row[width:]) or len(row) < width:
            problems.append(Problem(
                number + 1, "", "ROW_RAGGED",
                f"Row {number + 1} has {len(row)} cells under {width} headers.",
                Severity.WARNING,
            ))
        cells = row[:width] + [""] * (width - len(row))
        body.append((number + 1, dict(zip(columns, cells, strict=True))))
    if not body:
        raise ImportRefused("HEADER_ONLY", "The file has a header but no rows.")
    if len(body) > options.max_rows:
        raise ImportRefused("TOO_MANY_ROWS", f"The file has more than {options.max_rows} rows.")
    return table.Table(columns, body)
