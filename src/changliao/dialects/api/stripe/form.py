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
            _put(tree, name, value)
    return tree


def _put(tree: Tree, name: bytes, value: bytes) -> None:
    at = tree
    before, last = _steps(name)
    for step in before:
        at = at.setdefault(step or str(len(at)), {})
        if type(at) is not dict:
            raise ParameterInvalid("Invalid object.", field=_shown(name))
    last = last or str(len(at))
    if type(at.get(last)) is dict:
        raise ParameterInvalid("Invalid string.", field=_shown(name))
    at[last] = _text(value, name)


@lru_cache(maxsize=4096)
def _steps(name: bytes) -> tuple[tuple[str, ...], str]:
    """A name's steps, the last one apart; kept, because shops say the same names again and again."""
    if len(name) > NAME_MAX:
        raise _no_name(name)
    shape = _NAME.fullmatch(_text(name, name))
    if shape is None:
        raise _no_name(name)
    *before, last = shape[1], *_STEP.findall(shape[2])
    if len(before) >= DEPTH_MAX:
        raise ParameterInvalid("Parameters are nested too deeply.", field=_shown(name))
    return tuple(before), last


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
