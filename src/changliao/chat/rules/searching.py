"""The words of an entry that somebody may look for."""

import msgspec

from changliao.chat.model.entries import (
    BODIES,
    COUNTED,
    ArticleBody,
    Body,
    CardBody,
    ContactBody,
    Entry,
    FileBody,
    ForwardBody,
    ImageBody,
    LocationBody,
    PayBody,
    TemplateBody,
    TextBody,
)
from changliao.chat.rules.messages import marks_of


def words_of(entry: Entry) -> str:
    """What a message says in words, with the title of the page it links to; empty when there are none, as
    in a voice note, and in entries that are no messages."""
    if entry.kind not in COUNTED:
        return ""
    said = _said(msgspec.json.decode(entry.body, type=BODIES[entry.kind]))
    preview = marks_of(entry).preview
    return " · ".join(filter(None, [*said, preview.title if preview else ""]))


def _said(body: Body) -> list[str]:
    if isinstance(body, TextBody):
        return [body.text]
    if isinstance(body, ImageBody | FileBody):
        return [body.name]
    if isinstance(body, LocationBody):
        return [body.name, body.address]
    if isinstance(body, ContactBody):
        return [body.name, body.handle]
    if isinstance(body, ArticleBody):
        return [body.title, body.digest]
    if isinstance(body, CardBody | TemplateBody):
        return [body.title, body.text]
    if isinstance(body, PayBody):
        return [body.shop, body.description]
    if isinstance(body, ForwardBody):
        items = [msgspec.json.decode(one.b, type=BODIES[one.k]) for one in body.items]
        return [body.title, *[word for one in items for word in _said(one)]]
    return []
