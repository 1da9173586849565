"""Bots in groups: who lets them in, what they hear and read, what they say; hooks and gates as rows."""

from typing import Any

import msgspec
import pytest

from changliao.accounts import model as am
from changliao.accounts import service as accounts
from changliao.accounts.model.talks import AskTalk
from changliao.app import app_of
from changliao.bots import model as m
from changliao.bots import service as bots
from changliao.bots.model import Command
from changliao.bots.model import refusals as r
from changliao.bots.service import reading
from changliao.bus.outbox import facts_about
from changliao.chat import model as cm
from changliao.chat import service as chat
from changliao.chat.model import Conversation
from changliao.chat.model import refusals as cr
from changliao.chat.model.entries import Entry
from changliao.chat.service import reading as chat_reading
from changliao.partners.model import ScopeForbids
from tests.rooms.parlour import Parlour, told_to
from tests.rooms.world import World


@pytest.fixture
def parlour(world: World) -> Parlour:
    return Parlour(world)


def texts(entries: list[Entry]) -> list[str]:
    return [msgspec.json.decode(one.body).get("text", one.kind) for one in entries]


# In and out ---------------------------------------------------------------------------------


def test_whoever_runs_the_group_lets_a_bot_in_and_everybody_reads_of_it(parlour: Parlour) -> None:
    with parlour.world.refuses(cr.NotAllowedHere):
        parlour.seat(parlour.chen)
    parlour.seat()
    parlour.seat(hears="all")
    assert parlour.seat(hears="all").hears == "all"  # Nothing new, and no note.
    parlour.unseat()
    said = parlour.talk.said(parlour.chen, parlour.group)
    assert said[-3:] == [
        "note:bot_added",
        "note:bot_hears_all",
        "note:bot_removed",
    ]
    with parlour.world.refuses(r.BotNotHere):
        parlour.unseat()
    assert parlour.world.wrong() == []


def test_a_bot_is_no_member_and_takes_nobodys_place(parlour: Parlour) -> None:
    parlour.seat()
    place = parlour.talk.place(parlour.lin, parlour.group)
    assert place.conversation.size == 2
    people = parlour.world.read(chat_reading.members, parlour.lin.id, parlour.group.id, 0, 100)
    assert len(people) == 2
    [one] = parlour.world.read(reading.present, parlour.chen.id, parlour.group.id)
    assert (one.bot.id, one.seat.hears) == (parlour.bot.id, "called")


def test_a_handle_is_one_bots_for_ever(parlour: Parlour) -> None:
    other = parlour.world.shop()
    with parlour.world.refuses(r.BotHandleTaken, "handle"):
        parlour.made("helper", other)
    parlour.world.ask(bots.end_bot, m.AskEndBot(parlour.shop, parlour.bot.id))
    with parlour.world.refuses(r.BotHandleTaken, "handle"):
        parlour.made("helper", other)
    for handle in ("x", "Bot", "1bot", "b" * 21, "机器人", "a-b"):
        with parlour.world.refuses(r.BotHandleInvalid, "handle"):
            parlour.made(handle)


def test_another_apps_bot_does_not_exist(parlour: Parlour) -> None:
    other, live = parlour.world.shop(), msgspec.structs.replace(parlour.shop, mode="live")
    for caller in (other, live):
        for verb, ask in (
            (bots.change_bot, m.AskBotChange(caller, parlour.bot.id, name="Mine")),
            (bots.set_commands, m.AskCommands(caller, parlour.bot.id, ())),
            (bots.end_bot, m.AskEndBot(caller, parlour.bot.id)),
            (bots.speak, m.AskSpeak(caller, parlour.bot.id, parlour.group.id, "text", b"{}", "1")),
            (bots.take_back, m.AskRecall(caller, parlour.bot.id, parlour.group.id, 1)),
            (bots.end_gate, m.AskEndGate("k", caller=caller, bot_id=parlour.bot.id)),
        ):
            with parlour.world.refuses(r.BotNotFound):
                parlour.world.ask(verb, ask)  # type: ignore[arg-type]


def test_a_key_without_the_scope_keeps_no_bots(parlour: Parlour) -> None:
    weak = msgspec.structs.replace(parlour.shop, scopes=("chat:read",))
    with parlour.world.refuses(ScopeForbids):
        parlour.made("weak", weak)
    with parlour.world.refuses(ScopeForbids):
        parlour.world.ask(bots.end_bot, m.AskEndBot(weak, parlour.bot.id))


def test_an_app_has_ten_bots_and_a_group_twenty(parlour: Parlour) -> None:
    for n in range(9):
        parlour.seat(bot=parlour.made(f"bot_{n}"))
    with parlour.world.refuses(r.TooManyBots):
        parlour.made("one_more")
    other = parlour.world.shop()
    for n in range(10):
        parlour.seat(bot=parlour.made(f"other_{n}", other))
    parlour.seat()
    late = parlour.made("late", parlour.world.shop())
    with parlour.world.refuses(r.TooManyBots):
        parlour.seat(bot=late)


def test_a_bot_that_is_taken_away_leaves_every_group(parlour: Parlour) -> None:
    parlour.seat(hears="all")
    parlour.world.ask(bots.let_watch, m.AskWatch("per_op", parlour.bot.id, True))
    parlour.world.ask(bots.end_bot, m.AskEndBot(parlour.shop, parlour.bot.id))
    assert parlour.world.read(reading.present, parlour.lin.id, parlour.group.id) == []
    assert parlour.talk.said(parlour.lin, parlour.group)[-1] == "note:bot_removed"
    parlour.talk.post(parlour.lin, parlour.group, text="@helper are you there")
    assert parlour.told() == []
    with parlour.world.refuses(r.BotNotFound, "bot"):
        parlour.seat()
    assert parlour.world.wrong() == []


# Hearing ------------------------------------------------------------------------------------


def test_a_bot_hears_what_calls_it_and_reads_nothing_else(parlour: Parlour) -> None:
    talk, group = parlour.talk, parlour.group
    talk.post(parlour.lin, group, text="@helper before it came")
    parlour.seat()
    parlour.commands("order")
    talk.post(parlour.lin, group, text="a secret")
    named = talk.post(parlour.chen, group, text="ask @helper, it knows")
    called = talk.post(parlour.lin, group, text="look", mentions=(parlour.bot.id,))
    command = talk.post(parlour.lin, group, text="/order two teas")
    talk.post(parlour.lin, group, text="/order@another two teas")
    talk.post(parlour.lin, group, text="/orders")
    talk.post(parlour.lin, group, text="write to mail@helper or @helpers")
    said = parlour.says("two teas, coming", ref=command.number)
    answer = talk.post(parlour.chen, group, text="thanks", ref=said.number)
    assert parlour.told() == [
        ("bot.called", named.number, ""),
        ("bot.called", called.number, ""),
        ("bot.called", command.number, "order"),
        ("bot.called", answer.number, ""),
    ]
    assert texts(parlour.heard()) == [
        "ask @helper, it knows",
        "look",
        "/order two teas",
        "two teas, coming",
        "thanks",
    ]
    assert parlour.world.wrong() == []


def test_where_it_may_hear_all_it_hears_all_from_then_on(parlour: Parlour) -> None:
    parlour.seat()
    parlour.talk.post(parlour.lin, parlour.group, text="early")
    parlour.world.hear()
    parlour.seat(hears="all")
    late = parlour.talk.post(parlour.lin, parlour.group, text="late")
    assert parlour.told() == [("bot.heard", late.number, "")]
    parlour.seat(hears="called")
    parlour.talk.post(parlour.lin, parlour.group, text="private again")
    assert texts(parlour.heard()) == ["late"]


def test_a_recall_reaches_the_bot_that_read_the_message(parlour: Parlour) -> None:
    parlour.seat()
    heard = parlour.talk.post(parlour.lin, parlour.group, text="@helper my number is 7")
    other = parlour.talk.post(parlour.lin, parlour.group, text="not for it")
    parlour.world.hear()
    for one in (heard, other):
        parlour.talk.post(parlour.lin, parlour.group, "recall", ref=one.number)
    assert [kind for kind, _, _ in parlour.told()] == ["bot.called", "bot.heard"]
    assert [one.kind for one in parlour.heard()] == ["recalled", "recall"]
    assert parlour.heard()[0].body == "{}"


def test_bots_do_not_hear_bots_so_that_two_never_talk_for_ever(parlour: Parlour) -> None:
    other = parlour.made("other")
    parlour.seat(hears="all")
    parlour.seat(bot=other, hears="all")
    parlour.says("@other hello")
    assert parlour.told() == []
    assert parlour.heard(bot=other) == []


def test_a_fact_says_where_and_never_what(parlour: Parlour) -> None:
    parlour.seat(hears="all")
    parlour.talk.post(parlour.lin, parlour.group, text="@helper TOPSECRET")
    parlour.world.hear()
    for fact in parlour.world.read(told_to, parlour.shop.audience):
        assert "TOPSECRET" not in fact.body and parlour.lin.id not in fact.body


def test_a_bot_that_the_operator_lets_watch_hears_every_group_but_no_two(parlour: Parlour) -> None:
    parlour.world.ask(bots.let_watch, m.AskWatch("per_op", parlour.bot.id, True))
    direct = parlour.talk.direct(parlour.lin, parlour.chen)
    parlour.talk.post(parlour.lin, direct, text="between us")
    entry = parlour.talk.post(parlour.lin, parlour.group, text="to all")
    assert parlour.told() == [("bot.heard", entry.number, "")]
    assert parlour.heard(direct.id) == []
    with parlour.world.refuses(r.BotNotHere):  # It listens, and does not speak.
        parlour.says()


def test_the_lane_is_not_asked_where_no_bot_is(parlour: Parlour) -> None:
    def written(where: Conversation) -> list[Any]:
        parlour.world.hear()
        entry = parlour.talk.post(parlour.lin, where, text="hello")
        facts = parlour.world.read(facts_about, where.id)
        assert facts[-1].about == entry.conversation_id
        return [one for one in facts if one.kind == "chat.entry"][-1:]

    assert not parlour.world.read(bots.carer(app_of), written(parlour.group))
    parlour.seat()
    assert parlour.world.read(bots.carer(app_of), written(parlour.group))
    assert not parlour.world.read(
        bots.carer(app_of), written(parlour.talk.direct(parlour.lin, parlour.chen))
    )


# Speaking -----------------------------------------------------------------------------------


def test_what_a_bot_says_stands_under_its_name_and_keeps_it(parlour: Parlour) -> None:
    parlour.seat()
    entry = parlour.says("hello")
    assert entry.sender == parlour.bot.id
    assert msgspec.json.decode(entry.body) == {
        "text": "hello",
        "by": {"mark": "bot", "name": "Helper"},
    }
    assert parlour.says("hello") == entry  # The same id is the same message.
    parlour.world.ask(bots.change_bot, m.AskBotChange(parlour.shop, parlour.bot.id, name="New"))
    assert parlour.says("hello") == entry
    with parlour.world.refuses(cr.ClientIdReused):
        parlour.says("other words")
    assert parlour.talk.unread(parlour.chen, parlour.group) == 1
    [seen] = parlour.world.read(_seen, parlour.chen.id, parlour.group.id)
    assert seen.name == "Helper"


def _seen(reader: Any, person_id: str, conversation_id: str) -> Any:
    return chat_reading.seen(reader, [chat_reading.place(reader, person_id, conversation_id)])


def test_nobody_writes_under_a_bots_name(parlour: Parlour) -> None:
    body = {"text": "pay me", "by": {"mark": "bot", "name": "Bank"}}
    with parlour.world.refuses(cr.BodyInvalid, "b.by"):
        parlour.talk.post(parlour.lin, parlour.group, "text", body=body)


def test_what_is_sent_on_is_said_by_who_sends_it(parlour: Parlour) -> None:
    parlour.seat()
    entry = parlour.says("tea at five")
    where = parlour.talk.direct(parlour.lin, parlour.chen)
    for together in (False, True):
        ask = cm.AskForward(
            parlour.lin.id, parlour.group.id, (entry.number,), where.id, together, f"f{together}"
        )
        [sent] = parlour.world.ask(chat.forward, ask)
        said = msgspec.json.decode(sent.body)
        if together:
            assert said["items"][0]["name"] == "Helper"
        else:
            assert said == {"text": "tea at five"}


def test_a_bot_speaks_only_where_it_sits(parlour: Parlour) -> None:
    with parlour.world.refuses(r.BotNotHere):
        parlour.says()
    parlour.seat()
    parlour.says()
    parlour.unseat()
    with parlour.world.refuses(r.BotNotHere):
        parlour.says(client_id="b2")
    parlour.seat()
    for text, refusal in ((" ", cr.TextEmpty), ("x" * 4001, cr.TextTooLong)):
        with parlour.world.refuses(refusal):
            parlour.says(text, client_id="b3")
    with parlour.world.refuses(cr.EntryNotFound):
        parlour.says(client_id="b4", ref=99)
    parlour.world.ask(chat.dissolve, cm.AskDissolve(parlour.lin.id, parlour.group.id))
    with parlour.world.refuses(cr.ConversationNotFound):
        parlour.says(client_id="b5")


def test_a_bot_takes_back_its_own_and_nothing_else(parlour: Parlour) -> None:
    parlour.seat()
    entry = parlour.says("wrong price")
    theirs = parlour.talk.post(parlour.lin, parlour.group, text="@helper what")
    with parlour.world.refuses(cr.EntryNotFound):
        parlour.world.ask(
            bots.take_back,
            m.AskRecall(parlour.shop, parlour.bot.id, parlour.group.id, theirs.number),
        )
    ask = m.AskRecall(parlour.shop, parlour.bot.id, parlour.group.id, entry.number)
    parlour.world.ask(bots.take_back, ask)
    assert parlour.talk.log(parlour.chen, parlour.group)[entry.number - 1].kind == "recalled"
    assert parlour.world.wrong() == []


def test_whoever_runs_the_group_recalls_a_bots_message_too(parlour: Parlour) -> None:
    parlour.seat()
    entry = parlour.says("spam")
    parlour.talk.post(parlour.lin, parlour.group, "recall", ref=entry.number)
    assert parlour.talk.log(parlour.chen, parlour.group)[entry.number - 1].kind == "recalled"


# Commands -----------------------------------------------------------------------------------


def test_commands_have_names_of_their_own_and_lines_in_both_languages(parlour: Parlour) -> None:
    parlour.commands("order", "help_me2")
    for wanted in (
        [("order", "a", "b"), ("order", "a", "b")],
        [("Order", "a", "b")],
        [("a b", "a", "b")],
        [("", "a", "b")],
        [("order", " ", "b")],
        [("order", "a", "two\nlines")],
        [(f"c{n}", "a", "b") for n in range(51)],
    ):
        ask = m.AskCommands(parlour.shop, parlour.bot.id, tuple(Command(*one) for one in wanted))
        with parlour.world.refuses(r.CommandsInvalid, "items"):
            parlour.world.ask(bots.set_commands, ask)


def test_commands_may_be_typed_where_the_bot_is(parlour: Parlour) -> None:
    parlour.commands("order")
    look = parlour.world.read
    assert look(reading.usable, parlour.lin.id, parlour.group.id, app_of) == []
    parlour.seat()
    [one] = look(reading.usable, parlour.chen.id, parlour.group.id, app_of)
    assert [command.name for command in one.commands] == ["order"]
    stranger = parlour.world.person("stranger")
    with pytest.raises(cr.ConversationNotFound):
        look(reading.usable, stranger.id, parlour.group.id, app_of)


def test_in_an_apps_own_conversation_its_commands_may_be_typed(parlour: Parlour) -> None:
    parlour.commands("order")
    payer = parlour.world.person("payer", money=1000)
    parlour.world.paid(payer, parlour.shop, 100)
    parlour.world.hear()
    [place] = parlour.world.read(chat_reading.changed_since, payer.id, 0)[0]
    assert place.conversation.kind == "service"
    [one] = parlour.world.read(reading.usable, payer.id, place.conversation.id, app_of)
    assert one.id == parlour.bot.id
    with parlour.world.refuses(r.BotNotHere):  # Unasked it says nothing there.
        parlour.says(where=place.conversation.id)


def test_a_command_in_a_talk_with_an_account_is_heard_and_answered(parlour: Parlour) -> None:
    parlour.commands("order")
    ask = am.AskRegister(parlour.shop, "corner", "Corner", own=False)
    account = parlour.world.ask(accounts.register, ask)
    talk = parlour.world.ask(accounts.open_talk, AskTalk(parlour.lin.id, account.id))
    parlour.talk.post(parlour.lin, talk, text="good morning, @helper")
    entry = parlour.talk.post(parlour.lin, talk, text="/order two teas")
    told = [one for one in parlour.told() if one[0].startswith("bot.")]
    assert told == [("bot.called", entry.number, "order")]
    assert texts(parlour.heard(talk.id)) == ["/order two teas"]
    answer = parlour.says("coming", where=talk.id, ref=entry.number)
    assert (answer.sender, answer.ref) == (parlour.bot.id, entry.number)
    with parlour.world.refuses(r.BotNotHere):
        parlour.says("and a cake?", where=talk.id, client_id="b9")
    assert parlour.world.wrong() == []
