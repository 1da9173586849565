"""What a message may say, what may become of it later."""

import re
from collections.abc import Sequence
from typing import TypeVar, cast

import msgspec

from changliao.chat.model import EVERYBODY, Place
from changliao.chat.model import refusals as r
from changliao.chat.model.entries import (
    BODIES,
    COUNTED,
    SPOKEN,
    WRITTEN,
    Body,
    EditBody,
    Entry,
    FileBody,
    ImageBody,
    Kind,
    Letterhead,
    LocationBody,
    Marks,
    ReactBody,
    StickerBody,
    TextBody,
    Veiled,
    VoiceBody,
)
from changliao.chat.rules import RECALL_US

TEXT_MAX = 4000
VOICE_MAX_MS = 60_000
MENTIONS_MAX = 50
EMOJI_KINDS_MAX = 20
BUNDLE_MAX = 100
BODY_MAX_BYTES = 60_000
_NAME_MAX = 200

_CLIENT_ID = re.compile(r"(?!#)[!-~]{1,64}", re.ASCII)
_STICKER = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)
_DECODERS = {kind: msgspec.json.Decoder(body) for kind, body in BODIES.items()}
_ENCODER = msgspec.json.Encoder()
FINAL = frozenset(("recall", "react", "edit", "note", "preview", "recalled", "pay", "veiled"))
"""What is not recalled."""
_FORWARDED = COUNTED - {"pay", "voice", "template"}

Signed = TextBody | ImageBody | FileBody
SIGNED: dict[str, type[Signed]] = {"text": TextBody, "image": ImageBody, "file": FileBody}
"""What bots and hooks say, each with the name they had then."""

B = TypeVar("B", bound=Body)


def encode(body: Body) -> str:
    """A body as it is kept."""
    return _ENCODER.encode(body).decode()


def body_of(entry: Entry, kind: type[B]) -> B:
    """What an entry says, as the body of its kind."""
    return msgspec.json.decode(entry.body, type=kind)


def letterhead(entry: Entry) -> str:
    """The name over what a bot or a hook wrote; empty for everybody else."""
    of = SIGNED.get(entry.kind)
    by = body_of(entry, of).by if of else None
    return by.name if by else ""


def unsigned(entry: Entry) -> str:
    """What an entry says, without the name of a bot over it: whoever sends it on says it now."""
    of = SIGNED.get(entry.kind)
    return encode(msgspec.structs.replace(body_of(entry, of), by=None)) if of else entry.body


def marks_of(entry: Entry) -> Marks:
    """What later entries said of one."""
    return msgspec.json.decode(entry.marks, type=Marks) if entry.marks else NO_MARKS


def marked(entry: Entry, marks: Marks) -> Entry:
    """The entry with these marks."""
    kept = "" if marks == NO_MARKS else _ENCODER.encode(marks).decode()
    return msgspec.structs.replace(entry, marks=kept)


NO_MARKS = Marks()


def veil(kind: Kind, body: Body) -> str:
    """A message as it is kept that its writer alone is to see."""
    return _ENCODER.encode(Veiled(kind, msgspec.Raw(_ENCODER.encode(body)))).decode()


def unveiled(entry: Entry, person_id: str) -> Entry:
    """An entry as this person sees it: what is veiled says something to its writer, and nothing to others."""
    if entry.kind != "veiled":
        return entry
    if entry.sender != person_id:
        return msgspec.structs.replace(entry, body="{}", client_id=f"#{entry.number}", ref=0)
    kept = msgspec.json.decode(entry.body, type=Veiled)
    return msgspec.structs.replace(entry, kind=kept.k, body=bytes(kept.b).decode())


def client_id(text: str) -> str:
    """The id that a device gives a message."""
    if not _CLIENT_ID.fullmatch(text):
        raise r.ClientIdInvalid(field="id")
    return text


def posted(kind: Kind, raw: bytes) -> Body:
    """The body of what a person posts. Refuses other kinds, and bodies that do not fit their kind."""
    if kind not in WRITTEN:
        raise r.KindInvalid(field="k")
    return _fitting(kind, raw)


def spoken(kind: Kind, raw: bytes) -> Body:
    """The body of what an official account says. Refuses other kinds, and bodies that do not fit."""
    if kind not in SPOKEN:
        raise r.KindInvalid(field="k")
    return _fitting(kind, raw)


def signed(kind: Kind, raw: bytes, by: Letterhead) -> Signed:
    """The body of what a bot or a hook says, under the name it has now. Refuses other kinds, and bodies that
    do not fit."""
    if kind not in SIGNED:
        raise r.KindInvalid(field="k")
    return msgspec.structs.replace(cast(Signed, _fitting(kind, raw)), by=by)


def _fitting(kind: Kind, raw: bytes) -> Body:
    try:
        body = _DECODERS[kind].decode(raw or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise r.BodyInvalid(_first_line(error), field="b") from None
    if isinstance(body, TextBody | ImageBody | FileBody) and body.by is not None:
        raise r.BodyInvalid("Nobody writes under another's name.", field="b.by")
    if isinstance(body, TextBody | EditBody):
        _text(body.text)
    elif isinstance(body, VoiceBody) and not 0 < body.ms <= VOICE_MAX_MS:
        raise r.BodyInvalid(field="b.ms")
    elif isinstance(body, StickerBody) and not _STICKER.fullmatch(body.sticker):
        raise r.BodyInvalid(field="b.sticker")
    elif isinstance(body, LocationBody):
        _location(body)
    elif isinstance(body, ReactBody):
        _emoji(body.emoji)
    _short_names(body)
    return body


def _text(text: str) -> None:
    if not text.strip():
        raise r.TextEmpty(field="b.text")
    if len(text) > TEXT_MAX:
        raise r.TextTooLong(field="b.text")


def _location(body: LocationBody) -> None:
    if not (abs(body.latitude) <= 90_000_000 and abs(body.longitude) <= 180_000_000):
        raise r.BodyInvalid(field="b.latitude")


def _emoji(text: str) -> None:
    """One emoji, of which some are a dozen characters long; no words."""
    if not (1 <= len(text) <= 16 and any(one > "\u203b" for one in text)):
        raise r.CannotReact(field="b.emoji")
    if any(one.isalpha() or one.isspace() for one in text):
        raise r.CannotReact(field="b.emoji")


def _short_names(body: Body) -> None:
    for name in body.__struct_fields__:
        value = getattr(body, name)
        if name != "text" and isinstance(value, str) and len(value) > _NAME_MAX:
            raise r.WordsTooLong(field=f"b.{name}")
        if name == "text" and isinstance(value, str) and len(value) > TEXT_MAX:
            raise r.TextTooLong(field="b.text")


def mentions(place: Place, named: Sequence[str]) -> tuple[str, ...]:
    """Whom a message calls, each once; everybody only by owner and admins of a group."""
    found = tuple(dict.fromkeys(named))
    if len(found) > MENTIONS_MAX or (found and place.conversation.kind != "group"):
        raise r.MembersInvalid(field="at")
    if EVERYBODY in found and place.member.role == "member":
        raise r.NotAllowedHere(field="at")
    return found


def called(named: Sequence[str]) -> tuple[str, ...]:
    """Whom a message of no person calls, each once, and never everybody."""
    found = tuple(dict.fromkeys(named))
    if len(found) > MENTIONS_MAX or EVERYBODY in found or any(" " in one for one in found):
        raise r.MembersInvalid(field="at")
    return found


def same(kept: Entry, kind: str, body: str, ref: int) -> Entry:
    """The message that has this id already, if it is the same one."""
    if (kept.kind, kept.ref) != (kind, ref) or (kept.body != body and not marks_of(kept).edited):
        raise r.ClientIdReused(field="id")
    return kept


def visible(place: Place, entry: Entry | None) -> Entry:
    """An entry, if this member may see it."""
    member = place.member
    if entry is None or entry.number <= member.from_s:
        raise r.EntryNotFound(field="r")
    if member.left_s and entry.number > member.left_s:
        raise r.EntryNotFound(field="r")
    return entry


def recall(place: Place, entry: Entry, now: int) -> None:
    """Refuse to recall another's message (owner and admins may), one that is too old, or none."""
    if entry.kind in FINAL:
        raise r.CannotRecall(field="r")
    if entry.sender != place.member.person_id:
        if place.conversation.kind != "group" or place.member.role == "member":
            raise r.CannotRecall(field="r")
    elif now - entry.at > RECALL_US and place.member.role == "member":
        raise r.RecallTooLate(field="r")


def recalled(entry: Entry) -> Entry:
    """What is left of an entry that was recalled."""
    return msgspec.structs.replace(entry, kind="recalled", body="{}", marks="", mentions="", ref=0)


def edit(place: Place, entry: Entry, allowed: bool) -> None:
    """Refuse to edit what is not one's own text, or where nothing is edited."""
    if not allowed or entry.kind != "text" or entry.sender != place.member.person_id:
        raise r.CannotEdit(field="r")


def reacted(entry: Entry, person_id: str, said: ReactBody) -> Marks:
    """The marks of an entry with a reaction given or taken back."""
    if entry.kind not in COUNTED:
        raise r.CannotReact(field="r")
    marks = marks_of(entry)
    reactions = dict(marks.reactions)
    who = tuple(one for one in reactions.pop(said.emoji, ()) if one != person_id)
    if said.on:
        who = (*who, person_id)
    if who:
        reactions[said.emoji] = who
    if len(reactions) > EMOJI_KINDS_MAX:
        raise r.CannotReact(field="b.emoji")
    return msgspec.structs.replace(marks, reactions=reactions)


def forwardable(place: Place, entries: Sequence[Entry | None]) -> list[Entry]:
    """The messages, if all of them are there and may be sent on."""
    if not 1 <= len(entries) <= BUNDLE_MAX:
        raise r.CannotForward(field="numbers")
    found = [visible(place, entry) for entry in entries]
    if any(entry.kind not in _FORWARDED for entry in found):
        raise r.CannotForward(field="numbers")
    return found


def bundle_fits(body: str) -> str:
    """The bundle, if it is no larger than an entry may be."""
    if len(body.encode()) > BODY_MAX_BYTES:
        raise r.CannotForward("These messages are too much for one bundle.", field="numbers")
    return body


def _first_line(error: Exception) -> str:
    return str(error).split("\n")[0] + "."
