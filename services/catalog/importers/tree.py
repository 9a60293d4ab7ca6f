"""JSON and XML as one kind of tree: dicts, lists and texts, within limits.

An element becomes a dict of its attributes and children, `TEXT` holding its own text; one without
attributes and children is its text, as an empty JSON value is "". A repeated child is a list, so
`many` reads what may be none, one or several.
"""

import json
import re
from collections import Counter
from typing import Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from services.catalog.importers import decoding
from services.catalog.importers.labels import TEXT
from services.catalog.importers.record import ImportRefused, Options, Problem, Severity
from services.catalog.importers.text import plain

Tree = Any  # dict[str, Tree] | list[Tree] | str
MAX_DEPTH = 40
MAX_VALUES = 1_000_000  # what fits into memory well
_LINES = re.compile(r"\s*\{[^\n]*\}[ \t\r]*\n\s*\{")
_PROLOG = re.compile(r"^\s*<\?xml[^>]*\?>")


def many(node: Tree) -> list[Tree]:
    """A list as it is, one thing as a list, nothing as no thing."""
    return node if isinstance(node, list) else [node] if node not in ("", None) else []


def at(node: Tree, *path: str) -> Tree:
    """What stands at the path of keys, the first of lists; "" when nothing does."""
    for key in path:
        if isinstance(node, list):
            node = node[0] if node else ""
        node = node.get(key, "") if isinstance(node, dict) else ""
    return node


def text_of(node: Tree) -> str:
    """The text of a value: its own, its name, or that of its parts."""
    if isinstance(node, list):
        return "\n".join(filter(None, map(text_of, node)))
    if isinstance(node, dict):
        named = (node[key] for key in (TEXT, "name", "title", "label", "value") if node.get(key))
        return text_of(next(named, ""))
    return plain(node) if isinstance(node, str) else ""


def texts(node: Tree) -> list[str]:
    return [text for one in many(node) if (text := text_of(one))]


# ---------------------------------------------------------------- JSON


def from_json(data: bytes, options: Options) -> tuple[Tree, str, list[Problem]]:
    """The tree, the encoding, and what had to be assumed."""
    text, encoding = decoding.decode(data, options.encoding)
    problems = decoding.assumed(encoding, options.encoding)
    if _LINES.match(text):  # one record per line
        text = f"[{','.join(filter(None, map(str.strip, text.splitlines())))}]"
    return parse_json(text, options, problems), encoding, problems


def parse_json(text: str, options: Options, problems: list[Problem]) -> Tree:
    if sum(map(text.count, ",[{")) > MAX_VALUES:
        raise _too_many()
    doubled: set[str] = set()

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            doubled.update(key for key, n in Counter(key for key, _ in pairs).items() if n > 1)
        return found

    try:
        found = json.loads(text, object_pairs_hook=unique, parse_int=str, parse_float=str,
                           parse_constant=lambda _: "")
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        where = f" near line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ImportRefused(
            "JSON_DAMAGED", f"The file is not complete or not correct JSON{where}."
        ) from None
    if doubled:
        names = ", ".join(sorted(doubled)[:5])
        problems.append(Problem(
            0, "", "DUPLICATE_KEY", f"A record names the same key twice; the last counts: {names}.",
            Severity.WARNING,
        ))
    return _plain_values(found, options, 0)


def _plain_values(node: Any, options: Options, depth: int) -> Tree:
    if depth > MAX_DEPTH:
        raise _too_deep()
    if isinstance(node, dict):
        for key, value in node.items():
            node[key] = _plain_values(value, options, depth + 1)
        return node
    if isinstance(node, list):
        node[:] = [_plain_values(value, options, depth + 1) for value in node]
        return node
    if isinstance(node, str):
        if len(node) > options.max_cell:
            raise _too_long(options)
        return node
    return "" if node is None else "true" if node else "false"


# ---------------------------------------------------------------- XML


def from_xml(data: bytes, options: Options) -> tuple[str, Tree, str, list[Problem]]:
    """The name of the root, its tree, the encoding, and what had to be assumed."""
    if data.count(b"<") + data.count(b"=") > MAX_VALUES:
        raise _too_many()
    try:
        (root, tree), encoding = _parse_xml(data, options), "as declared"
    except _NotWellFormed as first:
        text, encoding = decoding.decode(data, options.encoding)
        if encoding == "utf-8":
            raise ImportRefused("XML_DAMAGED", str(first)) from None
        try:  # the declaration lies, or the mark of UTF-16 is missing
            root, tree = _parse_xml(_PROLOG.sub("", text).encode(), options)
        except _NotWellFormed as second:
            raise ImportRefused("XML_DAMAGED", str(second)) from None
    return root, tree, encoding, decoding.assumed(encoding, options.encoding)


class _NotWellFormed(ValueError):
    pass


def _parse_xml(data: bytes, options: Options) -> tuple[str, Tree]:
    """A document type is left unread (XMLTV has one); entities and what is outside are refused."""
    builder = _Builder(options)
    parser = DefusedXMLParser(target=builder, forbid_entities=True, forbid_external=True)
    try:
        parser.feed(data)
        parser.close()
    except DefusedXmlException:
        raise ImportRefused(
            "XML_UNSAFE", "The file declares XML entities or refers to other files."
        ) from None
    except (SyntaxError, ValueError, LookupError) as error:  # ParseError is a SyntaxError
        where = getattr(error, "position", (0,))[0]
        near = f" near line {where}" if where else ""
        raise _NotWellFormed(
            f"The file is not complete or not correct XML{near}."
        ) from None
    return builder.root, builder.tree


def _local(name: str) -> str:
    """Without its namespace."""
    return name.rpartition("}")[2]


class _Builder:
    """The target of the parser: makes dicts and texts at once, no element is ever kept."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.root = ""
        self.tree: Tree = ""
        self.open: list[dict[str, Tree]] = []
        self.text: list[list[str]] = []
        self.length = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.open) > MAX_DEPTH:
            raise _too_deep()
        if len(attributes) > self.options.max_columns:
            raise _too_many()
        self.root = self.root or _local(name)
        self.open.append({_local(key): value for key, value in attributes.items()})
        self.text.append([])
        self.length = 0

    def data(self, text: str) -> None:
        self.length += len(text)
        if self.length > self.options.max_cell:
            raise _too_long(self.options)
        if self.text:
            self.text[-1].append(text)

    def end(self, name: str) -> None:
        node: Tree = self.open.pop()
        text = "".join(self.text.pop()).strip()
        if not node:
            node = text
        elif text:
            node[TEXT] = text
        if not self.open:
            self.tree = node
            return
        parent, key = self.open[-1], _local(name)
        if key not in parent:
            parent[key] = node
        elif isinstance(parent[key], list):
            parent[key].append(node)
        else:
            parent[key] = [parent[key], node]

    def close(self) -> None:
        pass


def _too_deep() -> ImportRefused:
    return ImportRefused("TOO_DEEP", f"The file nests more than {MAX_DEPTH} levels.")


def _too_many() -> ImportRefused:
    return ImportRefused("TOO_MANY_VALUES", f"The file has more than {MAX_VALUES} values.")


def _too_long(options: Options) -> ImportRefused:
    return ImportRefused(
        "CELL_TOO_LONG", f"A text is longer than {options.max_cell} characters."
    )
