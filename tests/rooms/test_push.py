"""Notices in the books: whose devices are told, of what, and when not; on both databases."""

import itertools
from typing import Any

import pytest

from changliao.bus.jobs import JOBS
from changliao.bus.outbox import CURSORS, AskAdvance, advance, facts_after
from changliao.chat import model as cm
from changliao.chat import service as chat
from changliao.chat.model import Conversation
from changliao.db.driver import Reader
from changliao.people import service as people
from changliao.people.model import AskEndSession, AskSession, Person
from changliao.push import model as m
from changliao.push import rules
from changliao.push import service as push
from changliao.push.model import Subscription, Wanted
from tests.pushed import Browser
from tests.rooms.talking import Talk
from tests.rooms.world import World

YEAR_S = 365 * 86_400


class Told:
    """Two friends and a group of theirs; `here` are those who are connected."""

    def __init__(self, world: World) -> None:
        self.world, self.talk = world, Talk(world)
        self.lin, self.chen = self.talk.friends("lin", "chen")
        self.where = self.talk.direct(self.lin, self.chen)
        self.group = self.talk.group(self.lin, self.chen)
        self.here: set[str] = set()
        self._numbers = itertools.count(1)

    def session(self, person: Person) -> str:
        token = bytes([next(self._numbers)]) * 32
        asked = AskSession(person.id, token, "bearer", "phone", "127.0", YEAR_S)
        return self.world.ask(people.open_session, asked).id

    def subscribes(self, person: Person, session: str = "", name: str = "") -> Subscription:
        endpoint = f"https://push.example/{name or next(self._numbers)}"
        keys = Browser().keys()
        session = session or self.session(person)
        asked = m.AskSubscribe(person.id, session, endpoint, keys["p256dh"], keys["auth"])
        return self.world.ask(push.subscribe, asked)

    def hears(self) -> bool:
        """What follows the outbox hears of what is new; whether it cared."""
        cursor: Any = self.world.read(_cursor)
        facts = self.world.read(facts_after, cursor, 500)
        if not facts:
            return False
        cares: bool = self.world.read(push.carer(self.here.__contains__), facts)
        heard = push.hear(self.here.__contains__)
        if cares:
            self.world.ask(advance, AskAdvance("push", cursor, facts, heard))
        return cares

    def promised(self) -> dict[str, int]:
        """Who will be looked at, and in how many microseconds."""
        self.hears()
        return self.world.read(_waiting)

    def to_tell(self, person: Person, where: Conversation) -> Any:
        found = self.world.read(push.to_tell, person.id, where.id, self.world.db.clock())
        return found.said if found else None


def _cursor(reader: Reader) -> int:
    found = reader.get(CURSORS, "push")
    return found.seq if found else 0


def _waiting(reader: Reader) -> dict[str, int]:
    rows = reader.rows(JOBS, "WHERE kind = ? AND state = 'waiting'", push.TELL)
    return {one.about: one.run_at for one in rows}


@pytest.fixture
def told(world: World) -> Told:
    return Told(world)


def test_nobody_is_looked_at_who_has_no_device_that_is_told(told: Told) -> None:
    told.talk.post(told.lin, told.where)
    assert told.hears() is False and told.promised() == {}


def test_whoever_did_not_write_is_looked_at_soon_and_once(told: Told) -> None:
    told.subscribes(told.chen)
    told.subscribes(told.lin)
    first = told.talk.post(told.lin, told.where)
    about = f"{told.chen.id} {told.where.id}"
    assert told.promised() == {about: first.at + rules.SETTLE_US}
    told.talk.post(told.lin, told.where)
    assert told.hears() is False  # Who will be looked at anyway is promised nothing more.
    assert told.promised() == {about: first.at + rules.SETTLE_US}
    assert told.world.wrong() == []


def test_whoever_seems_to_be_here_is_looked_at_when_that_would_have_shown(told: Told) -> None:
    told.subscribes(told.chen)
    told.here.add(told.chen.id)
    first = told.talk.post(told.lin, told.where)
    about = f"{told.chen.id} {told.where.id}"
    assert told.promised() == {about: first.at + rules.AWAY_US}
    told.here.clear()
    second = told.talk.post(told.lin, told.where)
    assert told.promised() == {about: second.at + rules.SETTLE_US}


def test_a_muted_group_tells_of_what_calls_me_and_of_nothing_else(told: Told) -> None:
    told.subscribes(told.chen)
    told.world.ask(chat.change_mine, cm.AskMine(told.chen.id, told.group.id, mute=True))
    told.talk.post(told.lin, told.group, text="anybody?")
    assert told.promised() == {} and told.to_tell(told.chen, told.group) is None
    called = told.talk.post(told.lin, told.group, text="@chen you", mentions=(told.chen.id,))
    assert list(told.promised()) == [f"{told.chen.id} {told.group.id}"]
    told.talk.post(told.lin, told.group, text="and tea")
    said = told.to_tell(told.chen, told.group)
    assert (said["s"], said["text"], said["name"]) == (called.number, "@chen you", "Lin")


def test_what_was_read_recalled_or_is_old_is_not_told(told: Told) -> None:
    told.subscribes(told.chen)
    entry = told.talk.post(told.lin, told.where, text="tea?")
    said = told.to_tell(told.chen, told.where)
    assert (said["title"], said["name"], said["text"], said["n"]) == ("Lin", "", "tea?", 1)
    assert told.to_tell(told.lin, told.where) is None
    told.world.clock.forward(rules.STALE_US // 1_000_000 + 1)
    assert told.to_tell(told.chen, told.where) is None
    entry = told.talk.post(told.lin, told.where, text="now?")
    told.talk.read(told.chen, told.where, entry.number)
    assert told.to_tell(told.chen, told.where) is None
    entry = told.talk.post(told.lin, told.where, text="oh")
    told.talk.post(told.lin, told.where, "recall", ref=entry.number)
    assert told.to_tell(told.chen, told.where) is None


def test_who_wants_no_content_is_told_that_there_is_something(told: Told) -> None:
    told.subscribes(told.chen)
    told.world.ask(push.change_settings, Wanted(told.chen.id, content=False))
    entry = told.talk.post(told.lin, told.where, text="secret tea")
    said = told.to_tell(told.chen, told.where)
    assert said == {
        "c": told.where.id,
        "s": entry.number,
        "at": entry.at // 1000,
        "hidden": True,
    }


def test_quiet_hours_are_quiet(told: Told) -> None:
    told.subscribes(told.chen)
    told.talk.post(told.lin, told.where)  # It is 02:40 in Greenwich.
    told.world.ask(push.change_settings, Wanted(told.chen.id, 22 * 60, 7 * 60))
    assert told.to_tell(told.chen, told.where) is None
    told.world.ask(push.change_settings, Wanted(told.chen.id, 22 * 60, 7 * 60, 480))
    assert told.to_tell(told.chen, told.where)["text"] == "hello"


def test_who_left_a_group_is_told_of_it_no_more(told: Told) -> None:
    told.subscribes(told.chen)
    told.world.ask(chat.remove, cm.AskMember(told.lin.id, told.group.id, told.chen.id))
    told.promised()
    told.talk.post(told.lin, told.group)
    assert told.promised() == {} and told.to_tell(told.chen, told.group) is None


def test_a_subscription_ends_with_its_session(told: Told) -> None:
    session = told.session(told.chen)
    told.subscribes(told.chen, session)
    kept = told.subscribes(told.chen)
    assert told.world.read(push.live_subscriptions, told.chen.id, 0)[1:] == [kept]
    told.world.ask(people.end_session, AskEndSession(told.chen.id, session))
    now = told.world.db.clock()
    assert told.world.read(push.live_subscriptions, told.chen.id, now) == [kept]
    assert told.hears() is True
    assert told.world.read(push.subscriptions_of, told.chen.id) == [kept]
    late = now + YEAR_S * 2_000_000
    assert told.world.read(push.live_subscriptions, told.chen.id, late) == []


def test_a_browser_has_one_subscription_and_whoever_signed_in_last_has_it(told: Told) -> None:
    session = told.session(told.chen)
    told.subscribes(told.chen, session, "one")
    second = told.subscribes(told.chen, session, "two")
    assert told.world.read(push.subscriptions_of, told.chen.id) == [second]
    moved = told.subscribes(told.lin, name="two")
    assert told.world.read(push.subscriptions_of, told.chen.id) == []
    assert told.world.read(push.subscriptions_of, told.lin.id) == [moved]


def test_ten_devices_of_a_person_are_told_and_no_more(told: Told) -> None:
    sessions = [told.session(told.chen) for _ in range(m.SUBSCRIPTIONS_MAX + 1)]
    for session in sessions[:-1]:
        told.subscribes(told.chen, session)
    with told.world.refuses(m.TooManySubscriptions):
        told.subscribes(told.chen, sessions[-1])
    told.subscribes(told.chen, sessions[0])  # Another one of the same session is none more.


def test_anothers_subscription_does_not_exist(told: Told) -> None:
    mine = told.subscribes(told.chen)
    with told.world.refuses(m.SubscriptionNotFound, "subscription"):
        told.world.ask(push.unsubscribe, m.AskUnsubscribe(told.lin.id, mine.id))
    told.world.ask(push.drop, m.AskDrop(mine.id, "https://push.example/before"))
    assert told.world.read(push.subscription, mine.id) == mine
    told.world.ask(push.drop, m.AskDrop(mine.id, mine.endpoint))
    with told.world.refuses(m.SubscriptionNotFound, "subscription"):
        told.world.ask(push.unsubscribe, m.AskUnsubscribe(told.chen.id, mine.id))
