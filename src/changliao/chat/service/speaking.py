"""What other rooms ask of chat for those who are no persons: bots and hooks write, groups are governed."""

from typing import cast

from changliao.chat import model as m
from changliao.chat import rules
from changliao.chat.model import Conversation
from changliao.chat.model import refusals as r
from changliao.chat.model.entries import Entry, TextBody
from changliao.chat.rules import messages as said
from changliao.chat.service.log import add, entry_of, place_of
from changliao.chat.service.messages import attached, gone
from changliao.chat.store import CONVERSATIONS, ENTRIES
from changliao.db.tx import Tx


def open_conversation(tx: Tx, conversation_id: str) -> Conversation:
    """The conversation, if it is there and was not dissolved; ConversationNotFound otherwise."""
    found = tx.get(CONVERSATIONS, conversation_id)
    if found is None or found.dissolved:
        raise r.ConversationNotFound(field="conversation")
    return found


def governed(tx: Tx, person_id: str, conversation_id: str) -> Conversation:
    """The group, if this person is its owner or an admin."""
    return rules.as_admin(place_of(tx, person_id, conversation_id)).conversation


def speak_as(tx: Tx, ask: m.AskSpeakAs) -> tuple[Entry, bool]:
    """Write for somebody who is no person, under the name it has now; the entry, and whether it is
    new. A retry of the same client id is the same message; without one each is a new one."""
    where = open_conversation(tx, ask.conversation_id)
    body = said.signed(ask.kind, ask.body, ask.by)
    if ask.client_id:
        key = (where.id, ask.sender, said.client_id(ask.client_id))
        if kept := tx.find(ENTRIES, ("conversation_id", "sender", "client_id"), key):
            return _same(kept, ask, body), False
    if ask.ref and entry_of(tx, where.id, ask.ref) is None:
        raise r.EntryNotFound(field="r")
    if not isinstance(body, TextBody):
        body = cast(said.Signed, attached(tx, ask.uploader, body, where.id))
    entry = add(
        tx,
        where,
        ask.sender,
        ask.kind,
        said.encode(body),
        client_id=ask.client_id,
        ref=ask.ref,
        mentions=said.called(ask.mentions),
    )
    return entry, True


def _same(kept: Entry, ask: m.AskSpeakAs, body: said.Signed) -> Entry:
    """The message that has this id already, whatever its writer is called by now."""
    if kept.kind == "recalled":
        return kept
    before = said.body_of(kept, said.SIGNED[kept.kind])
    if _said(before) != _said(body) or kept.ref != ask.ref:
        raise r.ClientIdReused(field="id")
    return kept


def _said(body: said.Signed) -> str:
    return body.text if isinstance(body, TextBody) else body.media


def take_back(tx: Tx, ask: m.AskTakeBack) -> Entry:
    """Recall a message of somebody who is no person, whenever it was written; the entry that recalls it."""
    where = open_conversation(tx, ask.conversation_id)
    target = entry_of(tx, where.id, ask.number)
    if target is None or target.sender != ask.sender or target.kind not in said.SIGNED:
        raise r.EntryNotFound(field="number")
    gone(tx, target)
    return add(tx, where, ask.sender, "recall", "{}", ref=ask.number)
