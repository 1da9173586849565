"""Conversations as logs: numbers, unread, recall, groups, who may do what."""

import msgspec
import pytest

from changliao.chat import model as m
from changliao.chat import service as chat
from changliao.chat.model import refusals as r
from changliao.chat.rules import messages
from changliao.chat.service import reading
from changliao.kernel.refusal import Refusal
from changliao.media import model as mm
from changliao.pay import service as pay
from changliao.pay.model import AskRefund
from changliao.people.model import Person
from changliao.people.model.contacts import AskOther
from changliao.people.service import contacts
from tests.rooms.talking import Talk
from tests.rooms.world import World


@pytest.fixture
def talk(world: World) -> Talk:
    return Talk(world)


def test_new_contacts_have_a_conversation_and_read_of_it_in_their_own_log(talk: Talk) -> None:
    lin, chen = talk.friends("lin", "chen")
    places, _ = talk.world.read(reading.changed_since, lin.id, 0)
    assert [one.conversation.kind for one in places] == ["direct"]
    assert talk.direct(chen, lin).id == places[0].conversation.id
    kinds = [one.kind for one in talk.world.read(reading.personal, chen.id, 0, 100)]
    assert kinds == ["contact_request", "contact"]


def test_numbers_are_dense_and_unread_is_a_subtraction(talk: Talk) -> None:
    lin, chen = talk.friends("lin", "chen")
    where = talk.direct(lin, chen)
    first = talk.post(lin, where, text="one")
    second = talk.post(lin, where, text="two")
    assert (second.number, second.shown) == (first.number + 1, first.shown + 1)
    assert (talk.unread(lin, where), talk.unread(chen, where)) == (0, 2)
    talk.read(chen, where, first.number)
    assert talk.unread(chen, where) == 1
    talk.read(chen, where, 10**6)
    talk.read(chen, where, 1)  # Never back.
    assert talk.unread(chen, where) == 0


def test_the_same_id_is_the_same_message(talk: Talk) -> None:
    lin, chen = talk.friends("lin", "chen")
    where = talk.direct(lin, chen)
    first = talk.post(lin, where, text="once", client_id="a")
    assert talk.post(lin, where, text="once", client_id="a") == first
    assert talk.post(chen, where, text="mine", client_id="a").number == first.number + 1
    with talk.world.refuses(r.ClientIdReused, "id"):
        talk.post(lin, where, text="other words", client_id="a")


def test_two_at_once_get_two_numbers_in_order(talk: Talk) -> None:
    lin, chen = talk.friends("lin", "chen")
    where = talk.direct(lin, chen)
    asks = [
        (chat.post, m.AskPost(who.id, where.id, f"c{n}", "text", b'{"text":"%d"}' % n))
        for n in range(10)
        for who in (lin, chen)
    ]
    answers = talk.world.ask_together(asks)
    numbers = [entry.number for entry, _ in answers]
    assert numbers == list(range(numbers[0], numbers[0] + 20))


@pytest.mark.parametrize(
    ("kind", "body", "refusal"),
    [
        ("text", {"text": ""}, r.TextEmpty),
        ("text", {"text": " \n\t"}, r.TextEmpty),
        ("text", {"text": "x" * 4001}, r.TextTooLong),
        ("text", {}, r.BodyInvalid),
        ("text", {"text": "a", "more": 1}, r.BodyInvalid),
        ("note", {"note": "opened"}, r.KindInvalid),
        ("pay", {}, r.KindInvalid),
        ("voice", {"media": "med_1", "ms": 60_001}, r.BodyInvalid),
        ("sticker", {"sticker": "../x"}, r.BodyInvalid),
        ("location", {"latitude": 91_000_000, "longitude": 0, "name": ""}, r.BodyInvalid),
        ("react", {"emoji": "<b>", "on": True}, r.CannotReact),
        ("react", {"emoji": "👍"}, r.EntryNotFound),
    ],
)
def test_what_does_not_fit_its_kind_is_refused(
    talk: Talk, kind: m.Kind, body: object, refusal: type[Refusal]
) -> None:
    lin, chen = talk.friends("lin", "chen")
    where = talk.direct(lin, chen)
    with talk.world.refuses(refusal):
        talk.post(lin, where, kind, body=body)


@pytest.mark.parametrize(
    "text",
    [
        "é" + "\u0301" * 3000,
        "\u202egnirts",
        "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "<script>alert(1)</script>",
        "a\u200bb",
        "上海 coffee",
    ],
)
def test_odd_words_are_kept_as_they_are(talk: Talk, text: str) -> None:
    lin, chen = talk.friends("lin", "chen")
    where = talk.direct(lin, chen)
    talk.post(lin, where, text=text)
    assert talk.said(chen, where)[-1] == f"text:{text}"


def test_a_recalled_message_is_gone_for_everybody(talk: Talk) -> None:
    lin, chen = talk.friends("lin", "chen")
    where = talk.direct(lin, chen)
    said = talk.post(lin, where, text="oops")
    shown = talk.place(chen, where).conversation.shown
    with talk.world.refuses(r.CannotRecall):
        talk.post(chen, where, "recall", ref=said.number)
    talk.post(lin, where, "recall", ref=said.number)
    assert talk.said(chen, where)[-2:] == ["recalled", "recall"]
    assert "oops" not in str(talk.world.everything())
    assert talk.place(chen, where).conversation.shown == shown  # Nothing becomes unread by it.
    assert talk.post(lin, where, text="oops", client_id=said.client_id).kind == "recalled"


def test_after_two_minutes_nobody_recalls_their_own_words(talk: Talk) -> None:
    lin, chen = talk.friends("lin", "chen")
    where = talk.direct(lin, chen)
    said = talk.post(lin, where)
    talk.world.clock.forward(121)
    with talk.world.refuses(r.RecallTooLate):
        talk.post(lin, where, "recall", ref=said.number)


def test_reactions_are_folded_into_what_they_are_about(talk: Talk) -> None:
    lin, chen = talk.friends("lin", "chen")
    where = talk.direct(lin, chen)
    said = talk.post(lin, where)
    for who in (lin, chen):
        talk.post(who, where, "react", body={"emoji": "👍"}, ref=said.number)
    talk.post(lin, where, "react", body={"emoji": "👍", "on": False}, ref=said.number)
    entry = next(one for one in talk.log(chen, where) if one.number == said.number)
    assert messages.marks_of(entry).reactions == {"👍": (chen.id,)}
    assert talk.unread(chen, where) == 0  # Chen has written since; reactions count for nobody.


def test_editing_is_for_editions_that_allow_it(talk: Talk) -> None:
    lin, chen = talk.friends("lin", "chen")
    where = talk.direct(lin, chen)
    said = talk.post(lin, where, text="helo")
    with talk.world.refuses(r.CannotEdit):
        talk.post(lin, where, "edit", body={"text": "hello"}, ref=said.number)
    talk.post(lin, where, "edit", body={"text": "hello"}, ref=said.number, editing=True)
    entry = next(one for one in talk.log(chen, where) if one.number == said.number)
    assert (entry.body, messages.marks_of(entry).edited) == ('{"text":"hello"}', True)
    with talk.world.refuses(r.CannotEdit):
        talk.post(chen, where, "edit", body={"text": "no"}, ref=said.number, editing=True)


def test_strangers_and_blocked_ones_do_not_get_through(talk: Talk) -> None:
    lin, chen = talk.friends("lin", "chen")
    mei = talk.world.person("mei", pin="")
    where = talk.direct(lin, chen)
    with talk.world.refuses(r.NotContacts):
        talk.direct(lin, mei)
    with talk.world.refuses(r.ConversationNotFound):
        talk.post(mei, where)
    with pytest.raises(r.ConversationNotFound):
        talk.log(mei, where)
    talk.world.ask(contacts.block, AskOther(chen.id, lin.id))
    with talk.world.refuses(r.BlockedHere):
        talk.post(lin, where)
    talk.world.ask(contacts.unblock, AskOther(chen.id, lin.id))
    talk.world.ask(contacts.remove_contact, AskOther(chen.id, lin.id))
    with talk.world.refuses(r.NotContacts):
        talk.post(lin, where)
    assert talk.said(lin, where) == ["note:opened"]


# Groups -------------------------------------------------------------------------------------


def test_a_group_has_an_owner_and_its_log_tells_what_happened(talk: Talk) -> None:
    lin, chen, mei = talk.friends("lin", "chen", "mei")
    where = talk.group(lin, chen)
    talk.post(lin, where, text="before mei")
    talk.world.ask(chat.invite, m.AskInvite(chen.id, where.id, (mei.id,)))
    talk.post(chen, where, text="welcome")
    assert talk.said(lin, where) == [
        "note:opened",
        "text:before mei",
        "note:invited",
        "text:welcome",
    ]
    assert talk.said(mei, where) == ["note:invited", "text:welcome"]
    assert talk.unread(mei, where) == 1
    assert talk.place(mei, where).conversation.size == 3


def test_who_was_removed_keeps_what_was_theirs_and_sees_no_more(talk: Talk) -> None:
    lin, chen, mei = talk.friends("lin", "chen", "mei")
    where = talk.group(lin, chen, mei)
    talk.post(mei, where, text="hi")
    talk.world.ask(chat.remove, m.AskMember(lin.id, where.id, mei.id))
    talk.post(lin, where, text="secret")
    assert talk.said(mei, where) == ["note:opened", "text:hi", "note:removed"]
    with talk.world.refuses(r.HasLeft):
        talk.post(mei, where)
    assert talk.unread(mei, where) == 0
    places, _ = talk.world.read(reading.changed_since, mei.id, 0)
    seen = next(one for one in places if one.conversation.id == where.id)
    assert reading.last_number(seen) == 0 or reading.last_number(seen) <= seen.member.left_s


def test_who_leaves_has_nothing_of_it_in_their_list(talk: Talk) -> None:
    lin, chen, mei = talk.friends("lin", "chen", "mei")
    where = talk.group(lin, chen, mei)
    with talk.world.refuses(r.OwnerMustHandOver):
        talk.world.ask(chat.remove, m.AskMember(lin.id, where.id, lin.id))
    talk.world.ask(chat.remove, m.AskMember(mei.id, where.id, mei.id))
    places, _ = talk.world.read(reading.changed_since, mei.id, 0)
    assert where.id not in [one.conversation.id for one in places]
    talk.world.ask(chat.invite, m.AskInvite(lin.id, where.id, (mei.id,)))
    assert talk.said(mei, where) == ["note:invited"]


def test_ranks_decide_who_may_act_on_whom(talk: Talk) -> None:
    lin, chen, mei, wang = talk.friends("lin", "chen", "mei", "wang")
    where = talk.group(lin, chen, mei, wang)
    refuses = talk.world.refuses
    with refuses(r.NotAllowedHere):
        talk.world.ask(chat.remove, m.AskMember(chen.id, where.id, mei.id))
    talk.world.ask(chat.change_role, m.AskRole(lin.id, where.id, chen.id, "admin"))
    with refuses(r.NotAllowedHere):
        talk.world.ask(chat.remove, m.AskMember(chen.id, where.id, lin.id))
    with refuses(r.NotAllowedHere):
        talk.world.ask(chat.change_role, m.AskRole(chen.id, where.id, mei.id, "admin"))
    talk.world.ask(chat.silence, m.AskSilence(chen.id, where.id, mei.id, 60))
    with refuses(r.Silenced):
        talk.post(mei, where)
    talk.world.clock.forward(61)
    talk.post(mei, where)
    talk.world.ask(chat.hand_over, m.AskMember(lin.id, where.id, wang.id))
    roles = {who.handle: talk.place(who, where).member.role for who in (lin, chen, mei, wang)}
    assert roles == {"lin": "member", "chen": "admin", "mei": "member", "wang": "owner"}
    talk.world.ask(chat.change_group, m.AskChange(wang.id, where.id, silent=True))
    with refuses(r.Silenced):
        talk.post(lin, where)
    talk.post(chen, where)
    talk.world.ask(chat.dissolve, m.AskDissolve(wang.id, where.id))
    with refuses(r.HasLeft):
        talk.post(chen, where)
    assert talk.said(lin, where)[-1] == "note:dissolved"


def test_links_let_people_in_at_once_or_after_approval(talk: Talk) -> None:
    lin, chen = talk.friends("lin", "chen")
    mei, wang = (talk.world.person(handle, pin="") for handle in ("mei", "wang"))
    where = talk.group(lin, chen)
    link = talk.world.ask(chat.make_invitation, m.AskInvitation(chen.id, where.id, 7, 2))
    assert not talk.world.ask(chat.join, m.AskJoin(mei.id, link.code)).pending
    assert not talk.world.ask(
        chat.join, m.AskJoin(mei.id, link.code)
    ).pending  # Again costs no use.
    talk.world.ask(chat.change_group, m.AskChange(lin.id, where.id, approval=True))
    assert talk.world.ask(chat.join, m.AskJoin(wang.id, link.code)).pending
    assert talk.said(mei, where)[-1] == "note:approval"
    with talk.world.refuses(r.NotAllowedHere):
        talk.world.ask(chat.decide, m.AskDecide(mei.id, where.id, wang.id, True))
    talk.world.ask(chat.decide, m.AskDecide(lin.id, where.id, wang.id, True))
    assert talk.said(wang, where) == ["note:joined"]
    with talk.world.refuses(r.InvitationNotFound):
        talk.world.ask(chat.join, m.AskJoin(chen.id, link.code))
    assert talk.place(wang, where).conversation.size == 4


def test_who_waits_already_uses_no_link_up_and_is_told_of_once(talk: Talk) -> None:
    lin, chen = talk.friends("lin", "chen")
    mei, wang = (talk.world.person(handle, pin="") for handle in ("mei", "wang"))
    (zhao,) = talk.friends("zhao")
    talk.befriend(lin, zhao)
    where = talk.group(lin, chen, zhao)
    talk.world.ask(chat.change_group, m.AskChange(lin.id, where.id, approval=True))
    talk.world.ask(chat.change_member, m.AskMemberChange(lin.id, where.id, chen.id, "admin", None))
    link = talk.world.ask(chat.make_invitation, m.AskInvitation(chen.id, where.id, 7, 2))
    for _ in range(3):
        assert talk.world.ask(chat.join, m.AskJoin(mei.id, link.code)).pending
    assert talk.world.ask(chat.join, m.AskJoin(wang.id, link.code)).pending
    for who, times in ((lin, 2), (chen, 2), (zhao, 0)):  # Owner, admin, member.
        told = [one.kind for one in talk.world.read(reading.personal, who.id, 0, 100)]
        assert told.count("join_request") == times
    waiting = talk.world.read(reading.waiting, lin.id, where.id)
    assert {person.handle for _, person in waiting} == {"mei", "wang"}


def test_a_member_is_changed_as_a_whole_or_not_at_all(talk: Talk) -> None:
    lin, chen, mei = talk.friends("lin", "chen", "mei")
    where = talk.group(lin, chen, mei)
    stranger = talk.world.person("wang", pin="")

    def change(by: Person, whom: Person, **said: object) -> m.AskMemberChange:
        return m.AskMemberChange(by.id, where.id, whom.id, **said)  # type: ignore[arg-type]

    with talk.world.refuses(r.MembersInvalid, "silenced_s"):
        talk.world.ask(chat.change_member, change(lin, chen, role="admin", seconds=-1))
    with talk.world.refuses(r.ConversationNotFound):
        talk.world.ask(chat.change_member, change(stranger, chen))
    with talk.world.refuses(r.MemberNotFound):
        talk.world.ask(chat.change_member, change(lin, stranger))
    changed = talk.world.ask(chat.change_member, change(lin, chen, role="admin", seconds=60))
    assert (changed.role, changed.silenced_until > 0) == ("admin", True)
    assert talk.place(chen, where).member == changed


def test_who_left_is_still_somebody_to_those_who_read_their_words(talk: Talk) -> None:
    lin, chen, mei = talk.friends("lin", "chen", "mei")
    wang = talk.world.person("wang", pin="")
    talk.befriend(lin, wang)
    where = talk.group(lin, chen, mei)

    def knows(one: Person, other: Person) -> bool:
        return talk.world.read(reading.knows, one.id, other.id)

    talk.post(mei, where, text="hi")
    talk.world.ask(chat.remove, m.AskMember(mei.id, where.id, mei.id))
    talk.world.ask(chat.invite, m.AskInvite(lin.id, where.id, (wang.id,)))
    talk.post(wang, where, text="who was here?")
    assert not knows(wang, mei) and not knows(mei, wang)  # Neither reads what the other wrote.
    talk.world.ask(chat.remove, m.AskMember(wang.id, where.id, wang.id))
    assert knows(chen, wang) and not knows(wang, chen)
    with talk.world.refuses(r.HasLeft):
        talk.world.read(reading.members, mei.id, where.id, 0, 20)
    names = [
        person.handle for _, person in talk.world.read(reading.members, lin.id, where.id, 0, 9)
    ]
    assert sorted(names) == ["chen", "lin"]


def test_everybody_is_called_by_admins_and_one_by_anybody(talk: Talk) -> None:
    lin, chen, mei = talk.friends("lin", "chen", "mei")
    where = talk.group(lin, chen, mei)
    talk.post(chen, where, mentions=(mei.id,))
    assert reading.called(talk.place(mei, where)) == 2
    assert reading.called(talk.place(lin, where)) == 0
    with talk.world.refuses(r.NotAllowedHere):
        talk.post(chen, where, mentions=("all",))
    talk.post(lin, where, mentions=("all",))
    assert reading.called(talk.place(mei, where)) == 3
    talk.read(mei, where, 3)
    assert reading.called(talk.place(mei, where)) == 0


def test_forwarded_words_are_those_of_the_log(talk: Talk) -> None:
    lin, chen, mei = talk.friends("lin", "chen", "mei")
    here, there = talk.direct(lin, chen), talk.direct(lin, mei)
    first, second = talk.post(lin, here, text="one"), talk.post(chen, here, text="two")
    numbers = (second.number, first.number)
    ask = m.AskForward(lin.id, here.id, numbers, there.id, False, "f1")
    assert [one.body for one in talk.world.ask(chat.forward, ask)] == [
        '{"text":"one"}',
        '{"text":"two"}',
    ]
    assert talk.world.ask(chat.forward, ask)[0].number == 2  # Once.
    together = msgspec.structs.replace(ask, together=True, client_id="f2")
    [bundle] = talk.world.ask(chat.forward, together)
    items = msgspec.json.decode(bundle.body)["items"]
    assert [(one["name"], one["b"]["text"]) for one in items] == [("Lin", "one"), ("Chen", "two")]
    with talk.world.refuses(r.ConversationNotFound):
        talk.world.ask(chat.forward, m.AskForward(mei.id, here.id, numbers, there.id, False, "f3"))


def test_ones_own_list_is_ones_own(talk: Talk) -> None:
    lin, chen = talk.friends("lin", "chen")
    where = talk.direct(lin, chen)
    talk.post(chen, where, text="hi")
    talk.world.ask(
        chat.change_mine,
        m.AskMine(lin.id, where.id, pin=True, mute=True, hide=True, remark="Old C", draft="well"),
    )
    seen = talk.world.read(reading.seen, [talk.place(lin, where), talk.place(chen, where)])
    assert [one.title for one in seen] == ["Old C", "Lin"]
    assert talk.world.read(reading.unread_of, lin.id) == 0  # Muted.
    talk.world.ask(chat.clear, m.AskClear(lin.id, where.id))
    assert talk.said(lin, where) == []
    assert talk.said(chen, where)[-1] == "text:hi"


def test_another_life_of_the_books_has_another_epoch(world: World) -> None:
    first = world.ask(chat.begin_epoch, False)
    assert world.ask(chat.begin_epoch, False) == first
    assert world.ask(chat.begin_epoch, True) != first == first


# Pictures and files -------------------------------------------------------------------------


def test_a_picture_is_seen_where_it_was_posted_and_no_more_once_recalled(talk: Talk) -> None:
    lin, chen, mei = talk.friends("lin", "chen", "mei")
    here, there = talk.direct(lin, chen), talk.direct(chen, mei)
    shown = talk.uploaded(lin)
    with talk.world.refuses(mm.MediaNotFound):
        talk.post(chen, here, "image", body={"media": shown})
    said = talk.post(lin, here, "image", body={"media": shown, "width": 9999})
    assert msgspec.json.decode(said.body) == {"media": shown, "width": 40, "height": 30}
    again = m.AskPost(lin.id, here.id, said.client_id, "image", b'{"media":"%s"}' % shown.encode())
    assert talk.world.ask(chat.post, again) == (said, False)
    ask = m.AskForward(chen.id, here.id, (said.number,), there.id, False, "f")
    [sent] = talk.world.ask(chat.forward, ask)
    talk.post(lin, here, "recall", ref=said.number)
    grants = {one.scope: one.uses for one in talk.world.everything()["media_grants"]}
    assert grants == {here.id: 0, there.id: 1}
    assert sent.body == said.body
    assert talk.world.wrong() == []


# Receipts -----------------------------------------------------------------------------------


def test_whoever_pays_gets_one_receipt_and_another_for_the_refund(world: World) -> None:
    lin, shop = world.person(money=5000), world.shop("Corner Shop")
    payment = world.paid(lin, shop, 1200, description="Two buns")
    world.hear()
    world.ask(pay.request_refund, AskRefund(shop, payment.id, 200))
    world.hear()
    world.hear()
    [place], _ = world.read(reading.changed_since, lin.id, 0)
    [seen] = world.read(reading.seen, [place])
    assert (seen.title, place.conversation.kind) == ("Corner Shop", "service")
    bodies = [
        msgspec.json.decode(one.body)
        for one in world.read(reading.after, lin.id, place.conversation.id, 0, 10).entries
    ]
    assert [(one["status"], one["amount"], one["play"]) for one in bodies] == [
        ("paid", 1200, True),
        ("refunded", 200, True),
    ]
    assert bodies[0]["description"] == "Two buns"
    assert world.read(reading.unread_of, lin.id) == 2
    with world.refuses(r.NotAllowedHere):
        Talk(world).post(lin, place.conversation)
    assert world.wrong() == []


def test_a_card_bears_its_partners_own_name_whatever_the_sender_says(talk: Talk) -> None:
    lin, chen = talk.friends("lin", "chen")
    where, shop = talk.direct(lin, chen), talk.world.shop("Tea House")
    body = {"app": shop.app_id, "partner": "Bank", "title": "Tea", "path": "/t/1"}

    sent = talk.post(lin, where, "card", body=body, client_id="c-1")

    said = msgspec.json.decode(sent.body)
    assert said == body | {"partner": "Tea House"}
    assert talk.post(lin, where, "card", body=body, client_id="c-1").number == sent.number
    with talk.world.refuses(r.BodyInvalid, "b.app"):
        talk.post(lin, where, "card", body=body | {"app": "app_none"})
