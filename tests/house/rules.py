"""The rules of the house that import-linter cannot say: each takes a checkout and tells who breaks it.

A complaint reads `path:line: what is wrong; what to do instead`. A room that is not written yet
breaks no rule. The prose behind the rules is docs/architecture.md and docs/style.md.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

Rule = Callable[[Path], list[str]]
RULES: list[Rule] = []

BUSINESS = frozenset(
    "ledger people media partners rails wallet pay chat accounts bots push mall entrances safety"
    " numbers".split()
)
"""Rooms that have the fixed set of files."""

ORDER = ("model", "events", "rules", "store", "service", "api", "jobs")
"""The files of a room; each may import those before it (`api` and `jobs` do not know each other)."""

PORTED = frozenset({"rails", "media", "push"})
"""Rooms with a port and, beside it, a file for each that honours it."""

PUBLIC = frozenset({"model", "events", "service"})
MONEY_ROOMS = frozenset({"ledger", "wallet", "pay", "rails"})
CLOCK_ROOMS = frozenset({"db", "bus", "wire", "app", "command", "__main__", "demo", "settings"})
BANNED_NAMES = frozenset("manager managers helper helpers util utils common base info data".split())
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60


def rule(check: Rule) -> Rule:
    """Enter a function into the list that the tests run."""
    RULES.append(check)
    return check


@dataclass(frozen=True)
class Module:
    """One parsed file and its place in the house."""

    path: Path  # from the root of the checkout
    text: str
    tree: ast.Module
    parts: tuple[str, ...]  # `("pay", "service", "refunds")`; empty outside src/changliao

    @property
    def room(self) -> str:
        return self.parts[0] if self.parts else ""

    @property
    def kind(self) -> str:
        """Which of the room's files this is, or lies in: `service`, `store`, ..."""
        return self.parts[1] if len(self.parts) > 1 else ""

    def at(self, node: ast.AST, what: str) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {what}"


@cache
def _parsed(path: Path, _changed_ns: int, _size: int) -> tuple[str, ast.Module]:
    text = path.read_text("utf-8")
    return text, ast.parse(text, str(path))


def modules(root: Path, *folders: str) -> Iterator[Module]:
    """Every Python file below the folders, in a fixed order."""
    house = root / "src" / "changliao"
    for folder in folders or ("src/changliao",):
        for path in sorted((root / folder).rglob("*.py")):
            stat = path.stat()
            text, tree = _parsed(path, stat.st_mtime_ns, stat.st_size)
            parts: tuple[str, ...] = ()
            if path.is_relative_to(house):
                parts = path.relative_to(house).with_suffix("").parts
                parts = parts[:-1] if parts[-1] == "__init__" else parts
            yield Module(path.relative_to(root), text, tree, parts)


EVERYTHING = ("src/changliao", "tests", "benchmarks", "integrations")


def imports(module: Module) -> Iterator[tuple[ast.stmt, str]]:
    """Every import as a full dotted name, the imported name included."""
    package = ["changliao", *module.parts]
    if module.path.name != "__init__.py":
        package.pop()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node, name.name
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            start = [*above, *([node.module] if node.module else [])]
            for name in node.names:
                yield node, ".".join([*start, name.name])


def neighbours(module: Module) -> Iterator[tuple[ast.stmt, tuple[str, ...]]]:
    """The imports of this house only, without the leading `changliao`: `("ledger", "service")`."""
    for node, name in imports(module):
        top, *rest = name.split(".")
        if top == "changliao" and rest:
            yield node, tuple(rest)


def dotted_names(module: Module) -> Iterator[tuple[ast.expr, str]]:
    """Every name used in the module, spelled out through its imports: `datetime.datetime.now`."""
    known: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                known[name.asname or name.name.split(".")[0]] = (
                    name.name if name.asname else name.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for name in node.names:
                known[name.asname or name.name] = f"{node.module}.{name.name}"
    for node in ast.walk(module.tree):
        parts: list[str] = []
        inner: ast.AST = node
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name) and isinstance(node, ast.expr):
            yield node, ".".join([known.get(inner.id, inner.id), *reversed(parts)])


def docstrings(tree: ast.Module) -> set[int]:
    """The ids of the nodes that are docstrings."""
    found = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            found.add(id(body[0].value))
    return found


# --- The files of a room ---------------------------------------------------------------------


@rule
def a_room_has_only_the_files_that_every_room_has(root: Path) -> list[str]:
    return [
        f"{m.path}:1: a room has no file `{m.kind}`; put it into one of {', '.join(ORDER)}"
        for m in modules(root)
        if m.room in BUSINESS and m.kind and m.kind not in ORDER and m.room not in PORTED
    ]


@rule
def a_file_imports_only_the_files_before_it(root: Path) -> list[str]:
    found = []
    for m in modules(root):
        if m.room not in BUSINESS or m.kind not in ORDER:
            continue
        rank = min(ORDER.index(m.kind), ORDER.index("api"))
        for node, (room, *rest) in neighbours(m):
            if room != m.room or not rest or rest[0] == m.kind:
                continue
            kind = rest[0]
            if kind in ORDER and ORDER.index(kind) >= rank:
                found.append(m.at(node, f"`{m.kind}` imports `{kind}`; files know only {ORDER}"))
            elif kind not in ORDER and kind != "port" and (root / _source(room, kind)).exists():
                found.append(
                    m.at(node, f"`{m.kind}` knows `{kind}` behind the port; app.py hands it in")
                )
    return found


def _source(room: str, kind: str) -> str:
    return f"src/changliao/{room}/{kind}.py"


@rule
def the_front_door_of_a_room_holds_only_a_docstring(root: Path) -> list[str]:
    return [
        m.at(m.tree.body[1], "`__init__.py` of a room holds its promise and nothing else")
        for m in modules(root)
        if m.room in BUSINESS and len(m.parts) == 1 and len(m.tree.body) > 1
    ]


@rule
def other_rooms_see_only_service_model_and_events(root: Path) -> list[str]:
    found = []
    for m in modules(root):
        for node, (room, *rest) in neighbours(m):
            if room not in BUSINESS or room == m.room:
                continue
            kind = rest[0] if rest else "*"
            if kind in PUBLIC:
                continue
            if m.room == "app" and kind != "store":
                continue
            found.append(
                m.at(node, f"`{room}.{kind}` is private; import {room}'s service, model or events")
            )
    return found


@rule
def the_client_is_files_and_no_code(root: Path) -> list[str]:
    found = [
        f"{m.path}:1: client holds what the browser loads; code goes into another room"
        for m in modules(root)
        if m.room == "client" and (len(m.parts) > 1 or len(m.tree.body) > 1)
    ]
    for m in modules(root):
        for node, names in neighbours(m):
            if names[0] == "client":
                found.append(m.at(node, "nobody imports client; read its files by importlib"))
    return found


# --- What the inside may not do --------------------------------------------------------------


@rule
def nothing_is_swallowed(root: Path) -> list[str]:
    found = []
    for m in modules(root):
        for node in ast.walk(m.tree):
            if isinstance(node, ast.ExceptHandler):
                caught = _names(node.type) if node.type else {"everything"}
            elif isinstance(node, ast.Call) and _names(node.func) & {"suppress"}:
                caught = {name for argument in node.args for name in _names(argument)}
            else:
                continue
            if "everything" in caught:
                found.append(m.at(node, "a bare except; name what is expected"))
            if "BaseException" in caught and m.room != "db":
                found.append(m.at(node, "`BaseException` is caught only in db"))
            if "Exception" in caught and m.room in BUSINESS and m.kind == "service":
                found.append(m.at(node, "a verb catches `Exception`; let bugs through"))
    return found


def _names(node: ast.expr) -> set[str]:
    return {
        inner.id if isinstance(inner, ast.Name) else inner.attr
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name | ast.Attribute)
    }


@rule
def money_is_never_a_float(root: Path) -> list[str]:
    found = []
    for m in modules(root):
        if m.room not in MONEY_ROOMS or m.kind not in ORDER:
            continue
        for node in ast.walk(m.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                found.append(m.at(node, f"{node.value} is a float; money is whole minor units"))
            elif isinstance(node, ast.Name) and node.id == "float":
                found.append(m.at(node, "`float` beside money; money is whole minor units"))
            elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
                found.append(m.at(node, "`/` makes a float; use `//` or split by weights"))
    return found


CLOCKS = frozenset(
    [f"time.{name}" for name in ("time", "monotonic", "perf_counter", "process_time")]
    + [f"time.{name}_ns" for name in ("time", "monotonic", "perf_counter", "process_time")]
    + [f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")]
    + ["datetime.date.today", "time.localtime", "time.gmtime"]
)


@rule
def clocks_are_read_only_at_the_edges(root: Path) -> list[str]:
    return [
        m.at(node, f"reads a clock (`{name}`); a verb has `tx.now`")
        for m in modules(root)
        if m.room not in CLOCK_ROOMS and m.kind != "jobs"
        for node, name in dotted_names(m)
        if name in CLOCKS
    ]


@rule
def rules_take_no_chances(root: Path) -> list[str]:
    return [
        m.at(node, "ids are made by the verb and handed to the rule")
        for m in modules(root)
        if m.room in BUSINESS and m.kind in ("model", "events", "rules")
        for node, name in dotted_names(m)
        if name.split(".")[-1] in ("new_id", "uuid4", "urandom")
    ]


SQL = re.compile(
    r"\s*(select\b.+\bfrom\b|select\s+[\w(]+\s*\(|insert\s+(or\s+\w+\s+)?into\b|update\s+\S+\s+set\b"
    r"|delete\s+from\b|create\s+(unique\s+)?(table|index)\b|alter\s+table\b|drop\s+table\b"
    r"|with\s+\w+\s*(\([^)]*\))?\s+as\s*\()",
    re.IGNORECASE | re.DOTALL,
)


@rule
def sql_lives_in_stores(root: Path) -> list[str]:
    found = []
    for m in modules(root):
        if m.room in ("db", "bus", "audit") or m.kind == "store" or m.parts == ("search", "fts5"):
            continue
        skipped = docstrings(m.tree)
        for node in ast.walk(m.tree):
            if id(node) in skipped:
                continue
            if isinstance(node, ast.JoinedStr):
                skipped.update(id(value) for value in node.values)
                text = "".join(
                    str(value.value) if isinstance(value, ast.Constant) else "x"
                    for value in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            if SQL.match(text):
                found.append(m.at(node, "SQL outside `store`; give the query a name there"))
    return found


@rule
def http_statuses_are_named_only_in_wire(root: Path) -> list[str]:
    found = []
    for m in modules(root):
        if m.room == "wire":
            continue
        for node, name in imports(m):
            if name.startswith(("http.HTTPStatus", "starlette.status")):
                found.append(m.at(node, "HTTP statuses belong to wire; raise a Refusal"))
        for call in ast.walk(m.tree):
            if not isinstance(call, ast.keyword) or call.arg not in ("status", "status_code"):
                continue
            value = call.value
            if (
                isinstance(value, ast.Constant)
                and type(value.value) is int
                and 100 <= value.value <= 599
            ):
                found.append(m.at(value, f"status {value.value} belongs to wire; raise a Refusal"))
    return found


# --- How it reads ----------------------------------------------------------------------------


@rule
def every_module_says_what_it_is_for(root: Path) -> list[str]:
    return [
        f"{m.path}:1: no docstring; open with one line that says what it is for"
        for m in modules(root, *EVERYTHING)
        if not ast.get_docstring(m.tree)
    ]


@rule
def every_verb_states_its_promise(root: Path) -> list[str]:
    return [
        m.at(node, f"`{node.name}` is public and has no docstring; say what it promises")
        for m in modules(root)
        if m.room in BUSINESS and m.kind == "service"
        for node in m.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]


@rule
def names_say_something(root: Path) -> list[str]:
    return [
        f"{m.path}:1: `{word}` says nothing; name the file after what it does"
        for m in modules(root, *EVERYTHING)
        for name in m.path.with_suffix("").parts
        for word in name.lower().split("_")
        if word in BANNED_NAMES
    ]


@rule
def files_fit_on_a_desk(root: Path) -> list[str]:
    return [
        f"{m.path}:{lines}: {lines} lines; past {FILE_LINES_MAX} it becomes a folder, split by noun"
        for m in modules(root, *EVERYTHING)
        if (lines := len(m.text.splitlines())) > FILE_LINES_MAX
    ]


@rule
def functions_fit_on_a_screen(root: Path) -> list[str]:
    return [
        m.at(node, f"`{node.name}` has {lines} lines, more than {FUNCTION_LINES_MAX}")
        for m in modules(root, *EVERYTHING)
        for node in ast.walk(m.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := _own_lines(node)) > FUNCTION_LINES_MAX
    ]


def _own_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """A function's lines without those of functions inside it, which are measured by themselves."""
    inner = [
        node
        for node in ast.iter_child_nodes(function)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    own = (function.end_lineno or function.lineno) - function.lineno + 1
    return own - sum(_span(node) for node in inner)


def _span(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    return (node.end_lineno or first) - first + 1


@rule
def views_and_bodies_have_names_of_their_own(root: Path) -> list[str]:
    """The reference knows what is sent and answered by its name alone; dialects are not in it."""
    known: dict[str, Module] = {}
    found = []
    for m in modules(root):
        if (m.kind != "api" and m.room != "demo") or m.room == "dialects":
            continue
        for node in m.tree.body:
            if isinstance(node, ast.ClassDef) and _is_sent(node):
                first = known.setdefault(node.name, m)
                if first is not m:
                    found.append(m.at(node, f"`{node.name}` is in {first.path}, too; rename one"))
    return found


def _is_sent(node: ast.ClassDef) -> bool:
    """Whether a class is what a route answers or takes."""
    strict = any(one.arg == "forbid_unknown_fields" for one in node.keywords)
    return strict or any(isinstance(one, ast.Name) and one.id == "View" for one in node.bases)


# --- Tests -----------------------------------------------------------------------------------


@rule
def tests_mock_nothing(root: Path) -> list[str]:
    found = []
    for m in modules(root, "tests"):
        for node, name in imports(m):
            if name.startswith("unittest.mock") or name.split(".")[0] in ("mock", "pytest_mock"):
                found.append(m.at(node, "no mocks; write a fake that honours the port"))
        for use in ast.walk(m.tree):
            if isinstance(use, ast.Attribute) and use.attr == "setattr":
                found.append(m.at(use, "`monkeypatch.setattr` is a mock; hand in a fake instead"))
            elif isinstance(use, ast.arg) and use.arg == "mocker":
                found.append(m.at(use, "no mocks; write a fake that honours the port"))
    return found
