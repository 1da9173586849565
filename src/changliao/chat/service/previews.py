"""Previews: what is behind the first link in a text, found by a job and written into the log, once."""

import msgspec

from changliao.bus import jobs
from changliao.chat import model as m
from changliao.chat.model.entries import Entry, PreviewBody, TextBody
from changliao.chat.rules import messages as said
from changliao.chat.rules.previews import first_link
from changliao.chat.service.log import add, entry_of
from changliao.chat.store import CONVERSATIONS, ENTRIES
from changliao.db.driver import Reader
from changliao.db.tx import Tx
from changliao.media import service as media
from changliao.media.model import AskRelease, AskUse, MediaNotFound

PREVIEW = "chat.preview"
"""The job that looks what is behind a link; about a conversation and a number."""

_replace = msgspec.structs.replace


def plan(tx: Tx, entry: Entry) -> None:
    """Have somebody look soon, if the entry is a text with a link."""
    if entry.kind == "text" and first_link(said.body_of(entry, TextBody).text):
        jobs.later(tx, PREVIEW, f"{entry.conversation_id} {entry.number}")


def link_of(reader: Reader, conversation_id: str, number: int) -> tuple[str, str]:
    """The link whose preview this text waits for, and who wrote it; empty when it waits for none."""
    entry = reader.get(ENTRIES, (conversation_id, number))
    return (_awaited(entry), entry.sender) if entry else ("", "")


def write_preview(tx: Tx, ask: m.AskPreview) -> Entry | None:
    """Write what is behind a link; None when the text is gone, says something else, or has its preview."""
    entry = entry_of(tx, ask.conversation_id, ask.number)
    conversation = tx.get(CONVERSATIONS, ask.conversation_id)
    if entry is None or conversation is None or _awaited(entry) != ask.url:
        return None
    body = PreviewBody(ask.url, ask.title, ask.text, _posted(tx, ask, entry.sender))
    made = add(tx, conversation, "", "preview", said.encode(body), ref=ask.number)
    marks = _replace(said.marks_of(entry), preview=body, preview_s=made.number)
    tx.put(ENTRIES, said.marked(entry, marks))
    return made


def withdraw(tx: Tx, entry: Entry) -> None:
    """The text is gone or another one: so is what it linked to, wherever it was written."""
    marks = said.marks_of(entry)
    shown = entry_of(tx, entry.conversation_id, marks.preview_s)
    if marks.preview is None or shown is None:
        return
    if marks.preview.image:
        media.release(tx, AskRelease(marks.preview.image, entry.conversation_id))
    tx.put(ENTRIES, _replace(shown, body=said.encode(PreviewBody("", ""))))


def _awaited(entry: Entry) -> str:
    if entry.kind != "text" or said.marks_of(entry).preview is not None:
        return ""
    return first_link(said.body_of(entry, TextBody).text)


def _posted(tx: Tx, ask: m.AskPreview, sender: str) -> str:
    """The picture, which whoever sees the conversation may see now."""
    if not ask.image:
        return ""
    try:
        return media.use(tx, AskUse(sender, ask.image, "image", ask.conversation_id)).id
    except MediaNotFound:  # Its owner's account may have gone meanwhile.
        return ""
