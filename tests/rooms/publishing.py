"""A shop with official accounts, and people who follow them, in few words."""

import itertools
from typing import Any

import msgspec

from changliao.accounts import model as m
from changliao.accounts import service
from changliao.accounts.model import Account, Reply
from changliao.accounts.model import articles as am
from changliao.accounts.model import talks as tm
from changliao.accounts.model.articles import Article
from changliao.chat.model import Conversation
from changliao.chat.model.entries import Entry, Kind
from changliao.chat.service import owned, reading
from changliao.partners import service as partners
from changliao.partners.model import Caller
from changliao.people.model import Person
from tests.rooms.talking import Talk
from tests.rooms.world import World


class Press:
    """A shop that publishes."""

    def __init__(self, world: World) -> None:
        self.world, self.talk = world, Talk(world)
        self.shop: Caller = world.shop()
        self._ids = itertools.count(1)

    def account(self, handle: str = "corner", **said: Any) -> Account:
        """An official account of the shop."""
        caller = said.pop("caller", self.shop)
        own = said.pop("own", None)
        made = self.world.ask(
            service.register, m.AskRegister(caller, handle, handle.title(), "", "", own)
        )
        return self.change(made, **said) if said else made

    def change(self, account: Account, **said: Any) -> Account:
        """The account with something changed."""
        return self.world.ask(service.change, m.AskChange(self.shop, account.id, **said))

    def rules(self, account: Account, *rules: m.Rule) -> Account:
        """The account with other rules."""
        return self.world.ask(service.put_rules, m.AskRules(self.shop, account.id, rules))

    def follow(self, person: Person, account: Account) -> Account:
        """The person follows it."""
        return self.world.ask(service.follow, m.AskFollow(person.id, account.id))

    def unfollow(self, person: Person, account: Account) -> Account:
        """The person does not any more."""
        return self.world.ask(service.unfollow, m.AskFollow(person.id, account.id))

    def with_(self, person: Person, account: Account) -> Conversation:
        """The talk of the two."""
        return self.world.ask(service.open_talk, tm.AskTalk(person.id, account.id))

    def write(self, person: Person, account: Account, text: str) -> Entry:
        """The person writes to it, and it hears."""
        entry = self.talk.post(person, self.with_(person, account), text=text)
        self.world.hear()
        return entry

    def said(self, person: Person, account: Account) -> list[str]:
        """What stands in their talk."""
        return self.talk.said(person, self.with_(person, account))

    def feed(self, person: Person, account: Account) -> list[str]:
        """What the person sees of the account's feed."""
        found = self.world.read(reading.after, person.id, account.feed, 0, 1000).entries
        return [f"{one.kind}:{msgspec.json.decode(one.body).get('text', '')}" for one in found]

    def post(self, account: Account, text: str = "News", kind: Kind = "text", **said: Any) -> Entry:
        """The account says something to all."""
        body = said.pop("body", {"text": text})
        client_id = said.pop("client_id", f"post-{next(self._ids)}")
        ask = tm.AskPost(self.shop, account.id, kind, msgspec.json.encode(body), client_id)
        return self.world.ask(service.post, ask)

    def open_id(self, person: Person) -> str:
        """How the shop knows the person."""
        return partners.open_id_of(self.world.db.vault, self.shop.app_id, person.id)

    def answer(self, person: Person, account: Account, text: str, **said: Any) -> Entry:
        """The shop's system writes to one person."""
        caller = said.pop("caller", self.shop)
        client_id = said.pop("client_id", f"answer-{next(self._ids)}")
        body = msgspec.json.encode({"text": text})
        ask = tm.AskAnswer(caller, account.id, self.open_id(person), "text", body, client_id)
        return self.world.ask(service.answer, ask)

    def draft(self, account: Account, title: str = "Tea", **said: Any) -> Article:
        """An article that nobody reads yet."""
        kind = said.pop("kind", "article")
        blocks = said.pop("blocks", (am.Paragraph((am.Span("Green tea is in."),)),))
        ask = am.AskWrite(self.shop, account.id, kind, title, blocks, **said)
        return self.world.ask(service.write, ask)

    def publish(self, article: Article, **said: Any) -> Article:
        """Now, or later."""
        return self.world.ask(service.publish, am.AskPublish(self.shop, article.id, **said))

    def withdraw(self, article: Article) -> Article:
        """Take it back."""
        return self.world.ask(service.withdraw, am.AskArticle(self.shop, article.id))

    def size(self, account: Account) -> int:
        """How many follow it."""
        found = self.world.read(owned.conversation, account.feed)
        assert found is not None
        return found.size


def text(words: str) -> Reply:
    """A reply of words."""
    return Reply("text", words)
