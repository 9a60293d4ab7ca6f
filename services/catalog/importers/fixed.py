"""Formats whose fields are known: what they say becomes a table with one column per field.

So they are read by the same code as a spreadsheet, and their mapping can be edited like one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from services.catalog.importers import table
from services.catalog.importers.record import ImportRefused, Options, Problem, Reading
from services.catalog.importers.text import clean

Value = str | Sequence[str] | Mapping[str, str]  # a text, a list of them, or one per language


class FieldTable:
    """`add` one row per screening, production, or production within a screening."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.sources: dict[str, tuple[str, str]] = {}  # column: field and language
        self.rows: list[tuple[int, dict[str, str]]] = []

    def add(self, number: int, fields: Mapping[str, Value], extra: Mapping[str, str]) -> None:
        """`fields` are those of the mapping language; `extra` is kept as metadata."""
        if len(self.rows) >= self.options.max_rows:
            raise ImportRefused(
                "TOO_MANY_ROWS", f"The file has more than {self.options.max_rows} records."
            )
        row: dict[str, str] = {}
        for field, value in fields.items():
            if isinstance(value, Mapping):
                for language, text in value.items():
                    self._put(row, f"{field} {language}".strip(), (field, language), text)
            elif isinstance(value, str):
                self._put(row, field, (field, ""), value)
            else:
                parts = [" ".join(part.replace(";", ",").split()) for part in value if part]
                self._put(row, field, (field, ""), "\n".join(dict.fromkeys(parts)))
        for name, text in extra.items():
            column = f"extra {name}" if name in fields else name
            self._put(row, column, ("metadata", ""), text)
        self.rows.append((number, row))

    def _put(
        self, row: dict[str, str], column: str, source: tuple[str, str], text: str
    ) -> None:
        if len(text) > self.options.max_cell:
            raise ImportRefused(
                "CELL_TOO_LONG", f"A text is longer than {self.options.max_cell} characters."
            )
        if text := clean(text):
            self.sources.setdefault(column, source)
            row[column] = text

    def read(
        self, format: str, encoding: str, given: object, problems: list[Problem]
    ) -> Reading:
        """Read by the mapping `given`, or by what the columns are known to be."""
        if not self.rows:
            raise ImportRefused("NO_RECORDS", "The file holds neither screenings nor productions.")
        nothing = dict.fromkeys(self.sources, "")
        full = [(number, nothing | row) for number, row in self.rows]
        found = table.Table(tuple(self.sources), full)
        chosen = self._mapping() if given is None else given
        return table.read(found, format, encoding, "", chosen, self.options, problems)

    def _mapping(self) -> dict[str, list[dict[str, Any]]]:
        chosen: dict[str, list[dict[str, Any]]] = {}
        for column, (field, language) in self.sources.items():
            source = {"column": column} | ({"language": language} if language else {})
            chosen.setdefault(field, []).append(source)
        return chosen
