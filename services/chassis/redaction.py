"""Keeping people out of the logs: what a database error says of the row and the parameters."""

import re
from collections.abc import MutableMapping
from typing import Any

_VALUES = re.compile(
    r"(DETAIL: |\[parameters: ).*?"
    r"(?=\n\[SQL: |\n\(Background|\nCONTEXT: |\nThe above|\nDuring|\Z)",
    re.DOTALL,
)


def without_values(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> Any:
    """For structlog, after exceptions are made text: they say what went wrong, not with whose
    data."""
    for name in ("exception", "error"):
        if isinstance(entry.get(name), str):
            entry[name] = _VALUES.sub(r"\1(left out)", entry[name])
    return entry
