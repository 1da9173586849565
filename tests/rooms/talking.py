"""People who talk: contacts, groups, messages, in few words."""

import itertools
from typing import Any

import msgspec

from changliao.chat import model as m
from changliao.chat import service as chat
from changliao.chat.model import Conversation, Place
from changliao.chat.model.entries import Entry, Kind
from changliao.chat.service import reading
from changliao.media import model as mm
from changliao.media import service as media
from changliao.people.model import Person
from changliao.people.model.contacts import AskContact
from changliao.people.service import contacts
from tests.rooms.world import World


class Talk:
    """A world in which people talk."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._ids = itertools.count(1)

    def friends(self, *handles: str) -> list[Person]:
        """People who all have each other in their lists."""
        persons = [self.world.person(handle, pin="") for handle in handles]
        for one, other in itertools.combinations(persons, 2):
            self.befriend(one, other)
        return persons

    def befriend(self, one: Person, other: Person) -> None:
        """Both ask, so both are contacts; and chat hears of it."""
        self.world.ask(contacts.request_contact, AskContact(one.id, other.id))
        self.world.ask(contacts.request_contact, AskContact(other.id, one.id))
        self.world.hear()

    def direct(self, one: Person, other: Person) -> Conversation:
        """The conversation of two."""
        return self.world.ask(chat.open_direct, m.AskDirect(one.id, other.id))

    def group(self, owner: Person, *others: Person, title: str = "Tea") -> Conversation:
        """A group."""
        ask = m.AskGroup(owner.id, title, tuple(one.id for one in others))
        return self.world.ask(chat.create_group, ask)

    def post(
        self, person: Person, where: Conversation, kind: Kind = "text", /, **said: Any
    ) -> Entry:
        """A message; `body` is its body, or `text` its text."""
        body = said.pop("body", {"text": said.pop("text", "hello")} if kind == "text" else {})
        client_id = said.pop("client_id", f"id-{next(self._ids)}")
        raw = msgspec.json.encode(body)
        entry, _ = self.world.ask(
            chat.post, m.AskPost(person.id, where.id, client_id, kind, raw, **said)
        )
        return entry

    def uploaded(self, person: Person, kind: mm.Kind = "image") -> str:
        """Something that the person has uploaded."""
        named = {"file": "application/pdf", "voice": "audio/ogg"}.get(kind, "image/png")
        ask = mm.AskAnnounce(person.id, kind, named, 10, "a" * 64, "a")
        ticket = self.world.ask(media.announce, ask)
        kept = mm.AskKeep(person.id, ticket.id, mm.Kept("b" * 64, 8, width=40, height=30, ms=900))
        self.world.ask(media.claim, kept)
        return self.world.ask(media.finish, kept).id

    def read(self, person: Person, where: Conversation, number: int) -> None:
        """The person has read up to there."""
        self.world.ask(chat.read, m.AskRead(person.id, where.id, number))

    def place(self, person: Person, where: Conversation) -> Place:
        """Where the person stands."""
        return self.world.read(reading.place, person.id, where.id)

    def unread(self, person: Person, where: Conversation) -> int:
        """What the person has not read."""
        place = self.place(person, where)
        shown = place.member.left_n if place.member.left_s else place.conversation.shown
        return shown - place.member.read_n

    def log(self, person: Person, where: Conversation) -> list[Entry]:
        """All that the person may see."""
        return self.world.read(reading.after, person.id, where.id, 0, 1000).entries

    def said(self, person: Person, where: Conversation) -> list[str]:
        """The same in short: kind, and text or note."""
        found = []
        for entry in self.log(person, where):
            body = msgspec.json.decode(entry.body)
            found.append(f"{entry.kind}:{body.get('note') or body.get('text') or ''}".rstrip(":"))
        return found
