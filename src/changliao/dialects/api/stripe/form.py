"""Form bodies with brackets, `line_items[0][price_data][currency]=cny`, as nested dictionaries."""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

from changliao.dialects.api.stripe.refusals import ParameterInvalid

PAIRS_MAX, DEPTH_MAX, NAME_MAX = 2000, 8, 500
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_STEP = re.compile(r"\[([^\[\]]*)\]")

Tree = dict[str, Any]
"""Texts and trees. A list is a tree whose names are its indexes; `a[]` takes the next one."""


def parse(body: bytes) -> Tree:
    """The tree that a form says; ParameterInvalid for what is no form, too deep or too long."""
    tree: Tree = {}
    pairs = body.split(b"&") if body else []
    if len(pairs) > PAIRS_MAX:
        raise ParameterInvalid(f"Too many parameters: at most {PAIRS_MAX}.")
    for pair in pairs:
        name, _, value = pair.partition(b"=")
        if name:
            if len(name) > NAME_MAX:
                raise _no_name(name)
            _put(tree, _steps(name), name, value)
    return tree


def _put(tree: Tree, steps: tuple[str, ...], name: bytes, value: bytes) -> None:
    at = tree
    for step in steps[:-1]:
        at = at.setdefault(step or str(len(at)), {})
        if not isinstance(at, dict):
            raise ParameterInvalid("Invalid object.", field=_shown(name))
    last = steps[-1] or str(len(at))
    if isinstance(at.get(last), dict):
        raise ParameterInvalid("Invalid string.", field=_shown(name))
    at[last] = _text(value, name)


@lru_cache(maxsize=4096)
def _steps(name: bytes) -> tuple[str, ...]:
    """A name's steps; kept, because shops say the same names again and again."""
    shape = _NAME.fullmatch(_text(name, name))
    if shape is None:
        raise _no_name(name)
    steps = (shape[1], *_STEP.findall(shape[2]))
    if len(steps) > DEPTH_MAX:
        raise ParameterInvalid("Parameters are nested too deeply.", field=_shown(name))
    return steps


def _no_name(name: bytes) -> ParameterInvalid:
    return ParameterInvalid("Invalid parameter name.", field=_shown(name))


def _text(raw: bytes, name: bytes) -> str:
    try:
        if b"%" in raw or b"+" in raw:
            raw = unquote_to_bytes(raw.replace(b"+", b" "))
        text = raw.decode()
    except UnicodeDecodeError:
        raise ParameterInvalid("Invalid UTF-8.", field=_shown(name)) from None
    if "\x00" in text:
        raise ParameterInvalid("A text holds a zero byte.", field=_shown(name))
    return text


def _shown(name: bytes) -> str:
    return unquote_to_bytes(name).decode("utf-8", "replace")[:80]
