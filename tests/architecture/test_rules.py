"""The rules of the house that can be read off the files: imports, sizes, money, states."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.processes import python
from tests.running import ROOT

OURS = ("contracts", "services", "gateway", "deploy", "tests")
FILES = sorted(path for folder in OURS for path in (ROOT / folder).rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in FILES]
MAX_FUNCTION, MAX_FILE, MAX_LINE = 60, 400, 100

# Where money is: everything that is said, and the services' own code.
MONEY = re.compile(r"contracts/|services/(?!chassis)")
# What is not money there: seconds, likelihoods, a percentage on its way to the screen.
NOT_MONEY = re.compile(
    r"contracts/(generate|message)\.py|services/catalog/importers/|services/\w+/seed\.py|"
    r"services/identity/|services/wallet/tokens\.py|"
    r"services/ticketing/documents/texts\.py|services/accounting/reports/z_report\.py"
)


def every(pattern: str = ".") -> Iterator[tuple[str, str, ast.Module]]:
    """Name, text and syntax tree of the files whose name matches from its start."""
    for name, path in zip(NAMES, FILES, strict=True):
        if re.match(pattern, name):
            text = path.read_text("utf-8")
            yield name, text, ast.parse(text)


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_only_who_may_imports_whom() -> None:
    program = Path(python()).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_functions_fit_on_a_screen() -> None:
    assert [
        f"{name}: {item.name}" for name, _, tree in every() for item in functions(tree)
        if (item.end_lineno or 0) - item.lineno >= MAX_FUNCTION
    ] == []


def test_files_are_short() -> None:
    assert [
        name for name, text, _ in every() if len(text.splitlines()) > MAX_FILE
        and not name.startswith("tests/") and "/migrations/versions/" not in name
    ] == []


def test_lines_are_short() -> None:
    assert [
        f"{name}:{number}" for name, text, _ in every()
        for number, line in enumerate(text.splitlines(), 1) if len(line) > MAX_LINE
    ] == []


def test_nothing_is_left_for_later() -> None:
    words = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
    assert [
        f"{name}:{number}" for name, text, _ in every()
        for number, line in enumerate(text.splitlines(), 1) if words.search(line)
    ] == []


def test_money_is_never_a_float() -> None:
    found = [
        f"{name}:{node.lineno}" for name, _, tree in every(MONEY.pattern)
        if not NOT_MONEY.match(name) for node in ast.walk(tree) if _makes_float(node)
    ]
    assert found == []


def _makes_float(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    if isinstance(node, ast.Name):
        return node.id == "float"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):  # `folder / "file"` is none
        return not any(isinstance(part, ast.Constant | ast.JoinedStr) and not _number(part)
                       for part in (node.left, node.right))
    return False


def _number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int)


def test_states_change_in_models_only() -> None:
    """`x.state = …`, or an UPDATE that sets it, belongs in a method that names the change."""
    found = []
    for name, _, tree in every(r"services/(?!chassis)"):
        if "/models" in name or "/migrations/" in name:
            continue
        for node in ast.walk(tree):
            if _sets_state(node):
                found.append(f"{name}:{node.lineno}")
    assert found == []


def _sets_state(node: ast.AST) -> bool:
    states = ("state", "status")
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(isinstance(item, ast.Attribute) and item.attr in states for item in targets)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        named = any(item.arg in states for item in node.keywords)
        return named and node.func.attr == "values" and "update(" in ast.unparse(node.func)
    return False


def test_the_lock_file_names_no_index_and_pins_every_hash() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|--trusted-host", lock)
    pinned = re.findall(r"^[\w.\[\]-]+==\S+ \\\n    --hash=sha256:", lock, re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^[\w.\[\]-]+==", lock, re.MULTILINE)) > 50


def test_top_level_folders_are_those_of_the_house() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\n")
    if not any(tracked):
        pytest.skip("not a git checkout")
    folders = {name.split("/")[0] for name in tracked if "/" in name}
    assert folders == {".ci", "contracts", "services", "gateway", "deploy", "tests"}
