"""What there is to tell a person of a conversation, when it is looked at once more just before."""

from typing import Any

from changliao.chat.model import Place
from changliao.chat.model.entries import Entry
from changliao.chat.service import reading as chat
from changliao.db.driver import Reader
from changliao.kernel.value import Value
from changliao.people import service as people
from changliao.push import rules
from changliao.push.model import Wanted
from changliao.push.store import SETTINGS


class Told(Value, frozen=True):
    """What a notice says; `urgent`: somebody waits for this person. `at`: when it was written."""

    said: dict[str, Any]
    urgent: bool
    at: int


def to_tell(reader: Reader, person_id: str, conversation_id: str, now: int) -> Told | None:
    """The newest message that this person is to be told of; None when they have read it meanwhile, want
    no notices at this time, or it is old."""
    wanted: Wanted = reader.get(SETTINGS, person_id) or Wanted(person_id)
    if rules.is_quiet(wanted, now):
        return None
    for place in chat.places_in(reader, conversation_id, [person_id]):
        muted = place.member.muted
        number = chat.called(place) if muted else chat.last_number(place)
        entry = chat.entry(reader, conversation_id, number)
        if entry is None or not rules.is_news(place, entry) or entry.at < now - rules.STALE_US:
            return None
        urgent = place.conversation.kind != "group" or rules.calls(entry, person_id)
        said = _said(reader, place, entry) if wanted.content else rules.hidden(entry)
        return Told(said, urgent, entry.at)
    return None


def _said(reader: Reader, place: Place, entry: Entry) -> dict[str, Any]:
    [seen] = chat.seen(reader, [place])
    newest = seen.last is not None and seen.last.number == entry.number
    name = seen.name if newest else people.names(reader, [entry.sender]).get(entry.sender, "")
    unread = place.conversation.shown - place.member.read_n
    group = place.conversation.kind == "group"
    return rules.shown(entry, seen.title, name, unread, group=group)
