"""Asking, answering, removing, blocking: what each of the two finds afterwards, and who is never told."""

import pytest

from changliao.db.tx import Tx
from changliao.kernel.value import Value
from changliao.people import model as m
from changliao.people.model import Person, PersonId
from changliao.people.model import contacts as mc
from changliao.people.model.contacts import AskAnswer, AskChange, AskContact, AskOther
from changliao.people.service import contacts
from changliao.people.store.contacts import CONTACTS
from tests.rooms.world import World

DAY_S = 86400


class AskFill(Value, frozen=True):
    """So many in a person's list, and so many blocked ones beside them."""

    person_id: PersonId
    since: int = 0
    blocked: int = 0


@pytest.fixture
def lin(world: World) -> Person:
    return world.person("lin", pin="")


@pytest.fixture
def wang(world: World) -> Person:
    return world.person("wang", pin="")


def asks(world: World, asker: Person, asked: Person, text: str = "hi") -> mc.ContactRequest:
    return world.ask(contacts.request_contact, AskContact(asker.id, asked.id, text))


def answers(world: World, who: Person, request: mc.ContactRequest, accept: bool = True) -> None:
    world.ask(contacts.answer_request, AskAnswer(who.id, request.id, accept))


def befriend(world: World, one: Person, other: Person) -> None:
    answers(world, other, asks(world, one, other))


def listed(world: World, who: Person) -> list[str]:
    return [one.other_id for one in world.read(contacts.contacts_of, who.id)]


def test_who_asks_and_is_accepted_is_in_both_lists(world: World, lin: Person, wang: Person) -> None:
    request = asks(world, lin, wang, " I am Lin\nfrom downstairs ")
    assert (request.text, request.state) == ("I am Lin\nfrom downstairs", "open")
    assert listed(world, lin) == listed(world, wang) == []

    answers(world, wang, request)

    assert (listed(world, lin), listed(world, wang)) == ([wang.id], [lin.id])
    assert world.facts(wang.id)[-1] == "contact.requested"
    assert world.facts(lin.id)[-1] == "contact.accepted"
    with world.refuses(mc.ContactRequestAnswered, "id"):
        answers(world, wang, request, accept=False)


def test_asking_who_asked_me_accepts(world: World, lin: Person, wang: Person) -> None:
    first = asks(world, lin, wang)

    second = asks(world, wang, lin)

    assert (second.id, second.state) == (first.id, "accepted")
    assert (listed(world, lin), listed(world, wang)) == ([wang.id], [lin.id])
    with world.refuses(mc.ContactAlready, "person"):
        asks(world, lin, wang)


def test_asking_again_renews_the_one_request(world: World, lin: Person, wang: Person) -> None:
    first = asks(world, lin, wang, "first")
    world.clock.forward(29 * DAY_S)
    second = asks(world, lin, wang, "second")
    assert (second.id, second.text) == (first.id, "second")
    assert len(world.everything()["people_contact_requests"]) == 1

    world.clock.forward(29 * DAY_S)
    answers(world, wang, second)

    assert listed(world, wang) == [lin.id]


def test_a_request_is_open_for_thirty_days(world: World, lin: Person, wang: Person) -> None:
    request = asks(world, lin, wang)
    world.clock.forward(30 * DAY_S + 1)
    with world.refuses(mc.ContactRequestAnswered, "id"):
        answers(world, wang, request)

    assert asks(world, wang, lin).state == "open"


def test_a_request_is_answered_by_the_one_who_was_asked(
    world: World, lin: Person, wang: Person
) -> None:
    request, other = asks(world, lin, wang), world.person("zhao", pin="")
    for somebody in (lin, other):
        with world.refuses(mc.ContactRequestNotFound, "id"):
            answers(world, somebody, request)


def test_nobody_asks_oneself_or_somebody_who_is_not_there(world: World, lin: Person) -> None:
    with world.refuses(mc.ContactIsSelf, "person"):
        asks(world, lin, lin)
    with world.refuses(m.PersonNotFound, "person"):
        world.ask(contacts.request_contact, AskContact(lin.id, "per_nobody"))


def test_who_declined_can_be_asked_again(world: World, lin: Person, wang: Person) -> None:
    answers(world, wang, asks(world, lin, wang), accept=False)
    assert listed(world, lin) == listed(world, wang) == []
    assert world.facts(lin.id) == ["person.registered"]

    answers(world, wang, asks(world, lin, wang))

    assert listed(world, lin) == [wang.id]


# Remarks and tags ---------------------------------------------------------------------------


def test_a_remark_and_tags_are_ones_own(world: World, lin: Person, wang: Person) -> None:
    befriend(world, lin, wang)
    world.ask(
        contacts.change_contact, AskChange(lin.id, wang.id, " Old Wang ", ("work", " work", "tea"))
    )
    mine = world.read(contacts.contact_in, lin.id, wang.id)
    theirs = world.read(contacts.contact_in, wang.id, lin.id)
    assert mine is not None and (mine.remark, mine.tags) == ("Old Wang", ("work", "tea"))
    assert theirs is not None and (theirs.remark, theirs.tags) == ("", ())
    before = world.facts(lin.id)
    assert before[-1] == "contact.changed"

    world.ask(contacts.change_contact, AskChange(lin.id, wang.id, "Old Wang"))
    assert world.facts(lin.id) == before
    with world.refuses(mc.ContactTextInvalid, "remark"):
        world.ask(contacts.change_contact, AskChange(lin.id, wang.id, "x" * 41))
    with world.refuses(mc.ContactNotFound, "person"):
        world.ask(contacts.change_contact, AskChange(wang.id, wang.id, "me"))


# Removing -----------------------------------------------------------------------------------


def test_removing_is_one_sided(world: World, lin: Person, wang: Person) -> None:
    befriend(world, lin, wang)
    world.ask(contacts.change_contact, AskChange(lin.id, wang.id, "Old Wang", ("work",)))
    told = world.facts(wang.id)

    world.ask(contacts.remove_contact, AskOther(lin.id, wang.id))

    assert (listed(world, lin), listed(world, wang)) == ([], [lin.id])
    assert not world.read(contacts.is_contact, lin.id, wang.id)
    assert world.read(contacts.is_contact, wang.id, lin.id)
    assert world.facts(wang.id) == told
    with world.refuses(mc.ContactNotFound, "person"):
        world.ask(contacts.remove_contact, AskOther(lin.id, wang.id))


def test_who_removed_somebody_has_them_back_by_asking(
    world: World, lin: Person, wang: Person
) -> None:
    befriend(world, lin, wang)
    world.ask(contacts.change_contact, AskChange(lin.id, wang.id, "Old Wang"))
    world.ask(contacts.remove_contact, AskOther(lin.id, wang.id))

    assert asks(world, lin, wang).state == "accepted"

    back = world.read(contacts.contact_in, lin.id, wang.id)
    assert back is not None and back.remark == ""


def test_who_was_removed_has_to_ask_again(world: World, lin: Person, wang: Person) -> None:
    befriend(world, lin, wang)
    world.ask(contacts.remove_contact, AskOther(lin.id, wang.id))
    request = asks(world, wang, lin)
    assert request.state == "open"

    answers(world, lin, request)

    assert (listed(world, lin), listed(world, wang)) == ([wang.id], [lin.id])


# Blocking -----------------------------------------------------------------------------------


def test_a_blocked_asker_gets_the_same_answer_and_nobody_hears_of_it(
    world: World, lin: Person, wang: Person
) -> None:
    zhao = world.person("zhao", pin="")
    world.ask(contacts.block, AskOther(wang.id, lin.id))
    told = world.facts(wang.id)

    request, other = asks(world, lin, wang), asks(world, lin, zhao)

    assert (request.state, request.text) == (other.state, other.text)
    assert world.facts(wang.id) == told
    with world.refuses(mc.ContactRequestNotFound, "id"):
        answers(world, wang, request)

    world.ask(contacts.unblock, AskOther(wang.id, lin.id))
    with world.refuses(mc.ContactRequestNotFound, "id"):
        answers(world, wang, request)
    answers(world, wang, asks(world, lin, wang))
    assert listed(world, lin) == [wang.id]


def test_a_request_that_came_before_the_block_is_not_shown_any_more(
    world: World, lin: Person, wang: Person
) -> None:
    request = asks(world, lin, wang)
    world.ask(contacts.block, AskOther(wang.id, lin.id))
    with world.refuses(mc.ContactRequestNotFound, "id"):
        answers(world, wang, request)
    with world.refuses(mc.ContactBlocked, "person"):
        asks(world, wang, lin)


def test_a_block_leaves_the_contact_and_is_lifted_once(
    world: World, lin: Person, wang: Person
) -> None:
    befriend(world, lin, wang)
    for _ in range(2):
        world.ask(contacts.block, AskOther(wang.id, lin.id))
    assert world.read(contacts.is_blocked, wang.id, lin.id)
    assert not world.read(contacts.is_blocked, lin.id, wang.id)
    assert listed(world, wang) == [lin.id]
    assert world.facts(wang.id).count("person.blocked") == 1

    world.ask(contacts.unblock, AskOther(wang.id, lin.id))

    assert not world.read(contacts.is_blocked, wang.id, lin.id)
    with world.refuses(mc.BlockNotFound, "person"):
        world.ask(contacts.unblock, AskOther(wang.id, lin.id))
    with world.refuses(m.PersonNotFound, "person"):
        world.ask(contacts.block, AskOther(wang.id, "per_nobody"))


# Limits -------------------------------------------------------------------------------------


def test_a_new_account_asks_ten_a_day_and_an_old_one_thirty(world: World, lin: Person) -> None:
    others = [world.person(f"friend{number}", pin="") for number in range(31)]
    for other in others[:10]:
        asks(world, lin, other)
    world.clock.forward(DAY_S // 2)
    with world.refuses(mc.ContactRequestsUsedUp):
        asks(world, lin, others[10])
    world.clock.forward(DAY_S // 2 + 1)
    asks(world, lin, others[10])

    world.clock.forward(3 * DAY_S)
    for other in others[:30]:
        asks(world, lin, other)
    with world.refuses(mc.ContactRequestsUsedUp):
        asks(world, lin, others[30])


def fill(tx: Tx, asked: AskFill) -> None:
    """Rows for people who need not be there: only their number counts."""
    for number in range(asked.since + asked.blocked):
        since, blocked = (1, 0) if number < asked.since else (0, 1)
        who = PersonId(f"per_{number}")
        tx.add(CONTACTS, mc.Contact(asked.person_id, who, since=since, blocked_at=blocked))


def test_a_list_that_is_full_takes_nobody(world: World, lin: Person, wang: Person) -> None:
    zhao = world.person("zhao", pin="")
    request = asks(world, wang, lin)
    world.ask(fill, AskFill(lin.id, since=4999))
    befriend(world, lin, zhao)
    with world.refuses(mc.ContactsFull, "person"):
        answers(world, lin, request)
    with world.refuses(mc.ContactsFull, "person"):
        asks(world, lin, wang)

    world.ask(contacts.remove_contact, AskOther(lin.id, zhao.id))
    answers(world, lin, request)

    assert len(listed(world, lin)) == 5000
    assert listed(world, wang) == [lin.id]


def test_five_thousand_can_be_blocked(world: World, lin: Person, wang: Person) -> None:
    zhao = world.person("zhao", pin="")
    world.ask(fill, AskFill(lin.id, blocked=4999))
    world.ask(contacts.block, AskOther(lin.id, wang.id))
    with world.refuses(mc.BlocksFull, "person"):
        world.ask(contacts.block, AskOther(lin.id, zhao.id))
