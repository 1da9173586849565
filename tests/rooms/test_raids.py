"""Groups on guard against a raid: who joins, what newcomers send, how fast all write."""

import pytest

from changliao.chat import model as m
from changliao.chat import service as chat
from changliao.chat.model import Conversation
from changliao.chat.model import refusals as r
from changliao.chat.rules import raids
from changliao.people.model import Person
from tests.rooms.talking import Talk
from tests.rooms.world import World


@pytest.fixture
def talk(world: World) -> Talk:
    return Talk(world)


def guard(world: World, who: Person, where: Conversation, on: bool = True) -> None:
    world.ask(chat.change_group, m.AskChange(who.id, where.id, guard=on))


def test_on_guard_a_newcomer_sends_no_links_and_no_media(world: World, talk: Talk) -> None:
    lin, wang = talk.friends("lin", "wang")
    where = talk.group(lin, wang)
    guard(world, lin, where)
    for text in ("see https://x.example", "www.x.example", "go to buy-now.xyz"):
        with world.refuses(r.GuardedHere):
            talk.post(wang, where, text=text)
    with world.refuses(r.GuardedHere):
        talk.post(wang, where, "contact", body={"person": wang.id})
    talk.post(wang, where, text="hello there. how are you?")
    talk.post(lin, where, text="the owner may: https://x.example")
    world.clock.forward(601)
    talk.post(wang, where, text="see https://x.example")


def test_on_guard_members_write_once_in_ten_seconds(world: World, talk: Talk) -> None:
    lin, wang = talk.friends("lin", "wang")
    where = talk.group(lin, wang)
    guard(world, lin, where)
    talk.post(wang, where)
    with world.refuses(r.SlowHere):
        talk.post(wang, where)
    talk.post(lin, where)
    talk.post(lin, where)
    world.clock.forward(11)
    entry = talk.post(wang, where)
    talk.post(wang, where, "react", body={"emoji": "👍"}, ref=entry.number)


def test_on_guard_who_joins_waits_and_members_invite_nobody(world: World, talk: Talk) -> None:
    lin, wang, zhao = talk.friends("lin", "wang", "zhao")
    where = talk.group(lin, wang)
    guard(world, lin, where)
    link = world.ask(chat.make_invitation, m.AskInvitation(lin.id, where.id, 7, 10))
    assert world.ask(chat.join, m.AskJoin(zhao.id, link.code)).pending
    with world.refuses(r.NotAllowedHere):
        world.ask(chat.invite, m.AskInvite(wang.id, where.id, (zhao.id,)))
    with world.refuses(r.NotAllowedHere):
        guard(world, wang, where, False)
    guard(world, lin, where, False)
    assert not world.ask(chat.join, m.AskJoin(zhao.id, link.code)).pending
    assert talk.said(wang, where)[-2:] == ["note:unguarded", "note:joined"]


def test_a_burst_of_joins_puts_a_group_on_guard_for_an_hour(world: World, talk: Talk) -> None:
    lin, wang = talk.friends("lin", "wang")
    where = talk.group(lin, wang)
    world.clock.forward(61)
    link = world.ask(chat.make_invitation, m.AskInvitation(lin.id, where.id, 7, 100))
    pending = [
        world.ask(chat.join, m.AskJoin(world.person(f"guest{n}", pin="").id, link.code)).pending
        for n in range(raids.JOINS_MAX + 1)
    ]
    assert pending == [False] * raids.JOINS_MAX + [True]
    assert talk.said(lin, where)[-1] == "note:guarded"
    world.clock.forward(3601)
    late = world.person("late", pin="")
    assert not world.ask(chat.join, m.AskJoin(late.id, link.code)).pending
    assert world.wrong() == []


def test_guard_is_for_groups_alone_and_raised_once(world: World, talk: Talk) -> None:
    lin, wang = talk.friends("lin", "wang")
    direct, group = talk.direct(lin, wang), talk.group(lin, wang)
    for one in (direct, group, group):
        world.ask(chat.raise_guard, one.id)
    assert talk.said(lin, direct) == ["note:opened"]
    assert talk.said(lin, group) == ["note:opened", "note:guarded"]
