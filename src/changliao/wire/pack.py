"""One script and one sheet for each page, put together at start: a phone pays for every request. What a
script imports later, by `import("./x.js")`, is a script of its own, which takes from the page what it has.

The files stay what they are and where they are; this only spares the way. It knows as much of JavaScript
as our modules and the vendored ones use: imports and exports that stand at the start of a statement.
"""

import posixpath
import re
from collections.abc import Callable, Iterator
from functools import cache

Read = Callable[[str], str]
"""A file's text by its path."""
Keep = Callable[[str, str], str]
"""Offers a text under a name that changes with it, and answers that."""

_FROM = re.compile(
    r'(?:^|(?<=;))(import|export)\s*(\{[^}]*\}|\*(?: as \w+)?|\w+)\s*from\s*"([^"]+)";?',
    re.MULTILINE,
)
_LATER = re.compile(r'\bimport\("(\.[^"]+)"\)')
_HELD = re.compile(r"\$\w+")
_LIST = re.compile(r"(?:^|(?<=[;}]))export\s*\{([^}]*)\};?", re.MULTILINE)
_DEFAULT = re.compile(r"(?:^|(?<=[;}]))export default\s", re.MULTILINE)
_NAMED = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_WORD = re.compile(r"[\w-]+")
_CLASS = re.compile(r"\.([A-Za-z_][\w-]*)")
_ASIDE = re.compile(r"/\*.*?\*/|:not\([^)]*\)", re.DOTALL)
_SIGN = re.compile(r"""/\*.*?\*/|"[^"]*"|'[^']*'|url\([^"')]*\)|[{};]""", re.DOTALL)
_LAYER = re.compile(r'@import url\("([^"]+)"\) layer\((\w+)\);')


def sheet(read: Read, paths: list[str], script: str) -> str:
    """The sheets in their order, with what they import in its place: of a library in a layer of its
    own only what the page's script can show."""
    words = frozenset(_WORD.findall(script))

    def layer(path: str) -> Callable[[re.Match[str]], str]:
        def inside(found: re.Match[str]) -> str:
            return f"@layer {found[2]} {{\n{needed(read(_beside(path, found[1])), words)}\n}}"

        return inside

    return "\n".join(_LAYER.sub(layer(path), read(path)) for path in paths)


@cache
def needed(text: str, words: frozenset[str]) -> str:
    """The rules of a sheet that may apply where only these words are names of classes. A rule stays
    whole when one of its selectors may apply; keyframes stay when a rule that stays names them."""
    kept = []
    for prelude, body in _blocks(text):
        if body is None:
            kept.append(f"{prelude};")
        elif prelude.startswith(("@media", "@supports")):
            inner = needed(body, words)
            if inner:
                kept.append(f"{prelude}{{{inner}}}")
        elif prelude.startswith("@") or _may_apply(prelude, words):
            kept.append(f"{prelude}{{{body}}}")
    said = "\n".join(one for one in kept if "keyframes" not in one[:20])
    return "\n".join(one for one in kept if "keyframes" not in one[:20] or _named_in(one, said))


def _may_apply(selectors: str, words: frozenset[str]) -> bool:
    parts = _ASIDE.sub("", selectors).split(",")
    return any(words.issuperset(_CLASS.findall(part)) for part in parts)


def _named_in(keyframes: str, said: str) -> bool:
    return keyframes.partition("{")[0].split()[-1] in _WORD.findall(said)


def _blocks(text: str) -> Iterator[tuple[str, str | None]]:
    """What stands before each outermost brace, and what stands in it; None where there is no brace."""
    depth = start = opened = 0
    for found in _SIGN.finditer(text):
        sign = found[0]
        if sign == "{":
            depth += 1
            opened = found.start() if depth == 1 else opened
        elif sign == "}":
            depth -= 1
        if depth == 0 and sign in ("}", ";"):
            if sign == "}":
                yield text[start:opened].strip(), text[opened + 1 : found.start()]
            else:
                yield text[start : found.start()].strip(), None
            start = found.end()


class Modules:
    """Modules by path, each a function of its own. One is linked once, however many pages take it."""

    def __init__(self, read: Read, keep: Keep) -> None:
        self._read, self._keep = read, keep
        self._linked: dict[str, tuple[str, list[str]]] = {}

    def script(self, entry: str) -> str:
        """The module and all it imports, those first that others need."""
        taken = self._needed_by(entry, {})
        here = "\n".join(taken.values())
        return _LATER.sub(lambda found: self._later(found[1][2:], taken), here)

    def _later(self, entry: str, here: dict[str, str]) -> str:
        """What imports a module later: a script with what the page does not have, made once."""
        text = "\n".join(self._needed_by(entry, here).values())
        assert not _LATER.search(text), f"{entry} is imported later and may not do so itself"
        used = set(_HELD.findall(text))
        given = ", ".join(sorted(used.intersection(map(_name, here))))
        made = f"{text}\nreturn {_name(entry)};"
        path = self._keep(
            posixpath.basename(entry),
            f"let made;\nexport const make = ({given}) => made ??= (() => {{\n{made}\n}})();\n",
        )
        return f'import("/static/{path}").then((later) => later.make({given}))'

    def _needed_by(self, entry: str, known: dict[str, str]) -> dict[str, str]:
        """The module and what it needs beyond what is known, by path."""
        taken: dict[str, str] = {}

        def take(path: str, way: tuple[str, ...]) -> None:
            assert path not in way, f"{path} imports itself by a detour"
            if path in taken or path in known:
                return
            if path not in self._linked:
                self._linked[path] = self._link(path)
            text, needs = self._linked[path]
            for one in needs:
                take(one, (*way, path))
            taken[path] = text

        take(entry, ())
        return taken

    def _link(self, path: str) -> tuple[str, list[str]]:
        """The module as a function that answers its exports, and the modules it needs."""
        exports: list[str] = []
        needs: list[str] = []

        def link(found: re.Match[str]) -> str:
            kind, what, module = found.groups()
            needs.append(_beside(path, module))
            name = _name(needs[-1])
            if kind == "import":
                return f"const {_taken(what)} = {name};"
            if what == "*":
                exports.append(f"...{name}")
            else:
                exports.extend(f"{outer}: {name}.{inner}" for inner, outer in _pairs(what))
            return ""

        def listed(found: re.Match[str]) -> str:
            exports.extend(f"{outer}: {inner}" for inner, outer in _pairs(found[1]))
            return ""

        def default(_: re.Match[str]) -> str:
            exports.append("default: $default")
            return "const $default = "

        def named(found: re.Match[str]) -> str:
            exports.append(found[1])
            return ""

        def later(found: re.Match[str]) -> str:
            return f'import("./{_beside(path, found[1])}")'

        text = _LATER.sub(later, self._read(path))
        for shape, said in ((_FROM, link), (_LIST, listed), (_DEFAULT, default), (_NAMED, named)):
            text = shape.sub(said, text)
        answer = f"return {{ {', '.join(exports)} }};"
        return f"// {path}\nconst {_name(path)} = (() => {{\n{text}\n{answer}\n}})();", needs


def _name(path: str) -> str:
    """What holds the exports of this module."""
    return "$" + re.sub(r"\W", "_", path)


def _beside(path: str, other: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), other))


def _pairs(names: str) -> list[tuple[str, str]]:
    """`{ a, b as c }` as (a, a), (b, c)."""
    words = [one.split() for one in names.strip(" {}\n").split(",") if one.strip()]
    return [(one[0], one[-1]) for one in words]


def _taken(what: str) -> str:
    """What an import takes, as the left side of a `const`."""
    if what.startswith("{"):
        return "{ " + ", ".join(f"{inner}: {outer}" for inner, outer in _pairs(what)) + " }"
    return what.split()[-1] if what.startswith("*") else f"{{ default: {what} }}"
