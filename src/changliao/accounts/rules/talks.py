"""When an account may write to somebody, and what templates say."""

import re
from collections.abc import Mapping

from changliao.accounts.model import refusals as r
from changliao.accounts.model.talks import Talk
from changliao.kernel.instant import HOUR_US

WINDOW_US = 48 * HOUR_US
"""How long after a person's last message an account may answer freely."""
FALLBACK_US = HOUR_US
TEMPLATES_MAX, TITLE_MAX, TEXT_MAX, FIELD_MAX = 50, 30, 600, 200
_FIELD = re.compile(r"\{([a-z][a-z0-9_]{0,29})\}", re.ASCII)


def window_ends(talk: Talk) -> int:
    """Until when an account may answer freely."""
    return talk.heard_at + WINDOW_US if talk.heard_at else 0


def may_answer(talk: Talk | None, now: int) -> Talk:
    """The talk, if the person wrote (or pressed something) within 48 hours."""
    if talk is None:
        raise r.TalkNotFound(field="person")
    if window_ends(talk) <= now:
        raise r.ReplyWindowOver(field="person")
    return talk


def may_fall_back(talk: Talk, now: int) -> bool:
    """Whether it is long enough ago that the account said that it did not understand."""
    return now - talk.fallback_at >= FALLBACK_US


def template(title: str, text: str) -> None:
    """Refuse what is no template."""
    if not 1 <= len(title.strip()) <= TITLE_MAX or not title.isprintable():
        raise r.TemplateInvalid(field="title")
    rest = _FIELD.sub("", text)
    if not 1 <= len(text.strip()) <= TEXT_MAX or "{" in rest or "}" in rest:
        raise r.TemplateInvalid(field="text")


def fields_of(text: str) -> list[str]:
    """The fields of a template, each once, in order."""
    return list(dict.fromkeys(_FIELD.findall(text)))


def filled(text: str, fields: Mapping[str, str]) -> str:
    """The text with its fields filled in, in one pass: what stands in a field is never a field."""
    if set(fields) != set(fields_of(text)) or any(len(one) > FIELD_MAX for one in fields.values()):
        raise r.FieldsInvalid(field="fields")
    return _FIELD.sub(lambda found: fields[found[1]], text)
