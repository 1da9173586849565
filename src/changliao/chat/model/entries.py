"""Entries: what a log is made of, and the body of each kind."""

from typing import Literal

import msgspec

from changliao.kernel.value import Value

Kind = Literal[
    "text", "image", "file", "voice", "sticker", "location", "contact", "article", "template", "card",
    "pay", "forward", "preview", "react", "recall", "edit", "note", "recalled", "veiled",
]  # fmt: skip
NoteKind = Literal[
    "opened", "joined", "left", "invited", "removed", "renamed", "role", "owner", "silenced",
    "unsilenced", "notice", "approval", "silent", "loud", "dissolved", "guarded", "unguarded",
    "bot_added", "bot_removed", "bot_hears_all", "bot_hears_called",
]  # fmt: skip


class Marks(Value, frozen=True):
    """What later entries said of one: reactions (by emoji, who), the preview of a link in it, whether it
    was edited. Folded into it as they come, so that any page of a log is whole by itself."""

    reactions: dict[str, tuple[str, ...]] = {}
    preview: "PreviewBody | None" = None
    edited: bool = False
    preview_s: int = 0
    """The number of the entry that brought the preview."""


class Entry(Value, frozen=True):
    """One entry of a log. `shown` counts the messages up to and with it; `ref` is what it refers to, 0
    for nothing; `mentions` are ids with a space between; `body` is JSON, and `marks` too, if not empty.
    What no device wrote has `#` and its number for a `client_id`."""

    conversation_id: str
    number: int
    shown: int
    sender: str
    at: int
    client_id: str
    kind: Kind
    ref: int
    mentions: str
    body: str
    marks: str


class Body(Value, frozen=True, forbid_unknown_fields=True):
    """What an entry says, by its kind."""


class Letterhead(Value, frozen=True, forbid_unknown_fields=True):
    """Who wrote something when it was no person, as they were called then: nobody need look them up."""

    mark: Literal["bot", "hook"]
    name: str
    avatar: str = ""


class TextBody(Body, frozen=True):
    """Plain text; `by` is written by the platform alone."""

    text: str
    by: Letterhead | None = None


class ImageBody(Body, frozen=True):
    """A picture; the server knows its size."""

    media: str
    width: int = 0
    height: int = 0
    name: str = ""
    by: Letterhead | None = None


class FileBody(Body, frozen=True):
    """A file; `size` in bytes, which the server knows."""

    media: str
    name: str
    size: int = 0
    by: Letterhead | None = None


class VoiceBody(Body, frozen=True):
    """A voice note of so many milliseconds."""

    media: str
    ms: int


class StickerBody(Body, frozen=True):
    """One of the built-in stickers."""

    sticker: str


class LocationBody(Body, frozen=True):
    """A place, in millionths of degrees."""

    latitude: int
    longitude: int
    name: str
    address: str = ""


class ContactBody(Body, frozen=True):
    """Somebody to get to know; the server fills in handle and name."""

    person: str
    handle: str = ""
    name: str = ""


class ArticleBody(Body, frozen=True):
    """An official account's article."""

    article: str
    account: str = ""
    title: str = ""
    cover: str = ""
    digest: str = ""


class TemplateBody(Body, frozen=True):
    """A text that an official account has registered, filled in; `url` is where it leads, or empty."""

    title: str
    text: str
    url: str = ""


class CardBody(Body, frozen=True):
    """A page of a partner's app."""

    app: str
    partner: str
    title: str
    text: str = ""
    image: str = ""
    path: str = ""


class PayBody(Body, frozen=True):
    """A payment as it stood; `amount` in minor units. Written by the platform alone."""

    payment: str
    shop: str
    amount: int
    currency: str
    description: str
    status: str
    play: bool


class ForwardedItem(Value, frozen=True):
    """One message of a bundle, as its reader saw it."""

    name: str
    ts: str
    k: Kind
    b: msgspec.Raw


class ForwardBody(Body, frozen=True):
    """Several messages as one."""

    title: str
    items: tuple[ForwardedItem, ...]


class PreviewBody(Body, frozen=True):
    """What is behind a link in a text. Written by the platform alone; empty once the text is gone."""

    url: str
    title: str
    text: str = ""
    image: str = ""


class ReactBody(Body, frozen=True):
    """A reaction given or taken back."""

    emoji: str
    on: bool = True


class RecallBody(Body, frozen=True):
    """What it refers to is gone for everybody."""


class EditBody(Body, frozen=True):
    """What it refers to says this now."""

    text: str


class NoteBody(Body, frozen=True):
    """Something that happened to the conversation. Written by the platform alone."""

    note: NoteKind
    by: str = ""
    who: tuple[str, ...] = ()
    text: str = ""


class Veiled(Value, frozen=True):
    """What a veiled entry says to its writer, for whom it looks like any other message."""

    k: Kind
    b: msgspec.Raw


BODIES: dict[str, type[Body]] = {
    "text": TextBody,
    "image": ImageBody,
    "file": FileBody,
    "voice": VoiceBody,
    "sticker": StickerBody,
    "location": LocationBody,
    "contact": ContactBody,
    "article": ArticleBody,
    "template": TemplateBody,
    "card": CardBody,
    "pay": PayBody,
    "forward": ForwardBody,
    "preview": PreviewBody,
    "react": ReactBody,
    "recall": RecallBody,
    "edit": EditBody,
    "note": NoteBody,
}
COUNTED = frozenset(
    "text image file voice sticker location contact article template card pay forward".split()
)
"""The kinds that somebody would count as a message."""

WRITTEN = COUNTED - {"pay", "forward", "article", "template"} | {"react", "recall", "edit"}
"""The kinds that a person posts; the others come by verbs of their own or from the platform."""

SPOKEN = frozenset("text image file voice article template card".split())
"""The kinds that an official account says."""
