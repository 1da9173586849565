"""Leaving for good: what keeps one, what goes, what stays; and asking for all that is one's own."""

import pytest

from changliao.chat import model as cm
from changliao.chat import service as chat
from changliao.partners import service as partners
from changliao.partners.model import AskMember
from changliao.people import service as people
from changliao.people.model import AskRegister, AskSession, AskSetPin, PersonNotFound
from changliao.people.model.contacts import AskContact
from changliao.people.model.standing import NotLeaving
from changliao.people.service import contacts
from changliao.safety.model import mine as m
from changliao.safety.service import mine as service
from tests.rooms.talking import Talk
from tests.rooms.world import PIN, World

WEEK_S = 7 * 86_400 + 1


@pytest.fixture
def talk(world: World) -> Talk:
    return Talk(world)


def signs_in(world: World, who: str, token: bytes = b"t" * 32) -> None:
    world.ask(people.open_session, AskSession(who, token, "bearer", "phone", "10.0.0.1", 10**7))


def gone(world: World, who: str) -> None:
    world.ask(service.leave, who)
    world.clock.forward(WEEK_S)
    world.ask(service.erase, who)
    world.hear()


def test_who_leaves_is_signed_out_and_gone_after_seven_days(world: World, talk: Talk) -> None:
    lin, wang = talk.friends("lin", "wang")
    where = talk.direct(lin, wang)
    talk.post(lin, where, text="still here")
    world.ask(people.set_pin, AskSetPin(lin.id, PIN))
    signs_in(world, lin.id)
    left = world.ask(service.leave, lin.id)
    assert left.standing == "leaving"
    assert world.read(people.open_sessions, lin.id, world.clock()) == []
    with world.refuses(NotLeaving):
        world.ask(service.erase, lin.id)
    world.clock.forward(WEEK_S)
    world.ask(service.erase, lin.id)
    world.hear()
    person = world.read(people.person, lin.id)
    assert person is not None
    assert (person.standing, person.bio, person.avatar, person.findable) == ("gone", "", "", False)
    assert "lin" not in (person.handle, person.name)
    assert world.read(people.pin_of, lin.id) is None
    assert world.read(contacts.contacts_of, wang.id) == []
    assert talk.said(wang, where)[-1] == "text:still here"
    assert world.wrong() == []
    with world.refuses(PersonNotFound):
        world.ask(contacts.request_contact, AskContact(wang.id, lin.id))
    again = world.ask(people.register, AskRegister("lin", "Another", "en", "no hash"))
    assert again.id != lin.id


def test_signing_in_before_keeps_the_account(world: World) -> None:
    lin = world.person()
    world.ask(service.leave, lin.id)
    signs_in(world, lin.id)
    world.clock.forward(WEEK_S)
    with world.refuses(NotLeaving):
        world.ask(service.erase, lin.id)
    assert world.read(service.leaving, lin.id) == 0
    assert world.facts(lin.id).count("person.stayed") == 1


def test_money_keeps_one_and_play_money_does_not(world: World) -> None:
    lin = world.person(money=100)
    world.ask(service.leave, lin.id)
    rich = world.person("rich", money=100, mode="live")
    with world.refuses(m.MoneyLeft, amount=100, currency="CNY"):
        world.ask(service.leave, rich.id)


def test_money_that_came_meanwhile_keeps_one_too(world: World) -> None:
    lin = world.person()
    world.ask(service.leave, lin.id)
    world.fund(lin.id, 5, mode="live")
    world.clock.forward(WEEK_S)
    with world.refuses(m.MoneyLeft):
        world.ask(service.erase, lin.id)


def test_a_hold_keeps_one(world: World) -> None:
    lin, shop = world.person(money=100, mode="live"), world.shop(mode="live")
    world.paid(lin, shop, 100, capture="manual")
    with world.refuses(m.MoneyLeft):
        world.ask(service.leave, lin.id)


def test_a_group_of_ones_own_keeps_one(world: World, talk: Talk) -> None:
    lin, wang = talk.friends("lin", "wang")
    where = talk.group(lin, wang)
    with world.refuses(m.GroupsOwned, groups=1):
        world.ask(service.leave, lin.id)
    world.ask(chat.hand_over, cm.AskMember(lin.id, where.id, wang.id))
    gone(world, lin.id)
    assert talk.said(wang, where)[-1] == "note:left"
    assert talk.place(wang, where).conversation.size == 1
    assert world.wrong() == []


def test_a_partner_of_ones_own_keeps_one(world: World) -> None:
    shop, lin = world.shop(), world.person()
    assert world.read(partners.owned_alone, _owner(world)) == [shop.partner_id]
    with world.refuses(m.PartnersOwned, partners=1):
        world.ask(service.leave, _owner(world))
    world.ask(partners.set_member, AskMember(_owner(world), shop.partner_id, lin.id, "owner"))
    left = _owner(world)
    gone(world, left)
    assert world.read(partners.owned_alone, lin.id) == [shop.partner_id]
    assert world.wrong() == []


def _owner(world: World) -> str:
    found = world.read(people.person_by_handle, "owner1")
    assert found is not None
    return found.id


def test_an_archive_is_named_before_it_is_kept_and_the_one_named_last_counts(world: World) -> None:
    lin = world.person()
    made = world.ask(service.ask_export, lin.id)
    cut_off, whole = m.AskReady(made.id, "a" * 64, 10), m.AskReady(made.id, "b" * 64, 12)
    with world.refuses(m.ExportNotFound):
        world.ask(service.finish_export, whole)
    assert world.ask(service.name_export, cut_off) == ""
    assert world.ask(service.name_export, cut_off) == ""
    with world.refuses(m.ExportNotReady):
        world.read(service.readable, lin.id, made.id, world.clock())
    assert world.ask(service.name_export, whole) == cut_off.blob
    with world.refuses(m.ExportNotFound):
        world.ask(service.finish_export, cut_off)
    assert world.wrong() == []
    done = world.ask(service.finish_export, whole)
    assert (done.state, done.blob, done.size) == ("ready", whole.blob, 12)
    assert world.ask(service.finish_export, whole) == done
    with world.refuses(m.ExportNotFound):
        world.ask(service.name_export, cut_off)
    assert world.facts(made.id) == ["export.asked", "export.ready"]
    assert world.wrong() == []


def test_all_that_is_mine_can_be_asked_for_once_a_day(world: World) -> None:
    lin = world.person()
    first = world.ask(service.ask_export, lin.id)
    assert world.ask(service.ask_export, lin.id) == first
    assert world.ask(service.name_export, m.AskReady(first.id, "a" * 64, 10)) == ""
    world.ask(service.finish_export, m.AskReady(first.id, "a" * 64, 10))
    with world.refuses(m.ExportTooSoon):
        world.ask(service.ask_export, lin.id)
    world.clock.forward(86_401)
    second = world.ask(service.ask_export, lin.id)
    with world.refuses(m.ExportNotReady):
        world.read(service.readable, lin.id, second.id, world.clock())
    assert world.read(service.readable, lin.id, first.id, world.clock()).blob == "a" * 64
    with world.refuses(m.ExportNotFound):
        world.read(service.readable, "per_another", first.id, world.clock())
    world.clock.forward(7 * 86_400)
    with world.refuses(m.ExportNotFound):
        world.read(service.readable, lin.id, first.id, world.clock())
    [over] = world.read(service.exports_over, world.clock(), 10)
    world.ask(service.end_export, over.id)
    assert world.wrong() == []
