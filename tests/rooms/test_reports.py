"""Reports and what is decided about them: what is kept, who is told, what happens, who may appeal."""

from typing import Any

import msgspec
import pytest

from changliao.chat import model as cm
from changliao.chat import service as chat
from changliao.chat.model import refusals as r
from changliao.chat.service import reading
from changliao.people import service as people
from changliao.people.model import AskSession, PersonNotFound
from changliao.people.model.standing import PersonSuspended
from changliao.safety import model as m
from changliao.safety.model import AskAnswer, AskAppeal, AskDecide, AskReport, AskTake
from changliao.safety.service import reports as service
from changliao.safety.service import words
from tests.rooms.talking import Talk
from tests.rooms.world import World


@pytest.fixture
def talk(world: World) -> Talk:
    return Talk(world)


def reported(world: World, who: str, what: m.What = "messages", **said: Any) -> m.Report:
    ask = AskReport(
        who,
        what,
        said.pop("where", ""),
        tuple(said.pop("numbers", ())),
        said.pop("person", ""),
        "spam",
        said.pop("words", ""),
    )
    return world.ask(service.make_report, ask)


def decided(world: World, report: m.Report, action: m.Action, days: int = 0) -> m.Decision:
    ask = AskDecide("per_operator", report.id, action, "Because", days)
    return world.ask(service.decide, ask)


def told(world: World, who: str) -> list[tuple[str, Any]]:
    """What a person's own log says of reports and decisions."""
    kinds = ("report", "decision", "appeal")
    log = world.read(reading.personal, who, 0, 100)
    return [(one.kind, msgspec.json.decode(one.body)) for one in log if one.kind in kinds]


def signs_in(world: World, who: str) -> None:
    world.ask(people.open_session, AskSession(who, b"t" * 32, "bearer", "", "127.0.0.1", 60))


def test_a_report_keeps_the_message_and_what_stood_around_it(world: World, talk: Talk) -> None:
    lin, wang = talk.friends("lin", "wang")
    where = talk.direct(lin, wang)
    for number in range(10):
        talk.post(wang, where, text=f"m{number}")
    bad = talk.post(wang, where, text="buy this")
    report = reported(world, lin.id, where=where.id, numbers=[bad.number])
    kept = service.messages_of(report)
    assert [one.number for one in kept] == [
        bad.number - 3,
        bad.number - 2,
        bad.number - 1,
        bad.number,
    ]
    assert (report.person_id, report.state, report.about) == (wang.id, "open", where.id)
    talk.post(wang, where, "recall", ref=bad.number)
    again = world.read(service.report, report.id)
    assert "buy this" in service.messages_of(again)[-1].body


def test_the_same_report_twice_is_one(world: World, talk: Talk) -> None:
    lin, wang = talk.friends("lin", "wang")
    where = talk.direct(lin, wang)
    bad = talk.post(wang, where)
    first = reported(world, lin.id, where=where.id, numbers=[bad.number])
    assert reported(world, lin.id, where=where.id, numbers=[bad.number, bad.number]) == first
    assert reported(world, lin.id, "person", person=wang.id) != first


def test_what_one_cannot_see_cannot_be_reported(world: World, talk: Talk) -> None:
    lin, wang, zhao = talk.friends("lin", "wang", "zhao")
    where = talk.group(lin, wang)
    before = talk.post(lin, where)
    world.ask(chat.invite, cm.AskInvite(lin.id, where.id, (zhao.id,)))
    with world.refuses(r.EntryNotFound):
        reported(world, zhao.id, where=where.id, numbers=[before.number])
    other = talk.direct(lin, wang)
    with world.refuses(r.ConversationNotFound):
        reported(world, zhao.id, where=other.id, numbers=[1])
    with world.refuses(PersonNotFound):
        reported(world, lin.id, "person", person="per_nobody")
    with world.refuses(m.ReportInvalid, "person"):
        reported(world, lin.id, "person", person=lin.id)
    with world.refuses(m.ReportInvalid, "conversation"):
        reported(world, lin.id, "group", where=other.id)


def test_the_reporter_is_told_and_the_person_concerned_reads_why(world: World, talk: Talk) -> None:
    lin, wang = talk.friends("lin", "wang")
    where = talk.direct(lin, wang)
    bad = talk.post(wang, where, text="bad")
    report = reported(world, lin.id, where=where.id, numbers=[bad.number])
    world.ask(service.take, AskTake("per_operator", report.id))
    decision = decided(world, report, "recall")
    assert talk.said(lin, where)[-2:] == ["recalled", "recall"]
    assert told(world, lin.id) == [("report", {"report": report.id, "done": True})]
    said = {"decision": decision.id, "action": "recall", "reason": "Because"}
    assert told(world, wang.id) == [("decision", said)]
    with world.refuses(m.ReportDecided):
        decided(world, report, "dismiss")
    assert world.wrong() == []


def test_what_is_dismissed_is_told_to_nobody_but_the_reporter(world: World, talk: Talk) -> None:
    lin, wang = talk.friends("lin", "wang")
    report = reported(world, lin.id, "person", person=wang.id)
    decided(world, report, "dismiss")
    assert told(world, lin.id) == [("report", {"report": report.id, "done": False})]
    assert told(world, wang.id) == []
    assert world.read(service.decisions_about, wang.id, 10) == []


def test_one_decision_settles_all_reports_about_the_same_thing(world: World, talk: Talk) -> None:
    lin, wang, zhao = talk.friends("lin", "wang", "zhao")
    first = reported(world, lin.id, "person", person=zhao.id)
    second = reported(world, wang.id, "person", person=zhao.id)
    decision = decided(world, second, "warn")
    assert world.read(service.report, first.id).decision_id == decision.id
    assert world.read(service.queue, "", "", 10) == []
    assert [one[0] for one in told(world, lin.id)] == ["report"]


def test_who_is_suspended_is_out_until_then_and_may_appeal_once(world: World, talk: Talk) -> None:
    lin, wang = talk.friends("lin", "wang")
    signs_in(world, wang.id)
    decision = decided(world, reported(world, lin.id, "person", person=wang.id), "suspend", 3)
    assert world.read(people.open_sessions, wang.id, world.clock()) == []
    with world.refuses(PersonSuspended):
        signs_in(world, wang.id)
    appealed = world.ask(service.appeal, AskAppeal(wang.id, "", "It was not me"))
    assert (appealed.id, appealed.appeal) == (decision.id, "open")
    with world.refuses(m.AppealTooLate):
        world.ask(service.appeal, AskAppeal(wang.id, decision.id, "Again"))
    answered = world.ask(
        service.answer_appeal, AskAnswer("per_operator", decision.id, True, "You are right")
    )
    assert answered.appeal == "lifted"
    world.ask(people.open_session, AskSession(wang.id, b"u" * 32, "bearer", "", "127.0.0.1", 60))
    assert world.wrong() == []


def test_a_suspension_ends_by_itself(world: World, talk: Talk) -> None:
    lin, wang = talk.friends("lin", "wang")
    decided(world, reported(world, lin.id, "person", person=wang.id), "suspend", 1)
    world.clock.forward(86_400 + 1)
    signs_in(world, wang.id)


def test_a_silence_is_known_until_it_ends_or_is_lifted(world: World, talk: Talk) -> None:
    lin, wang = talk.friends("lin", "wang")
    decision = decided(world, reported(world, lin.id, "person", person=wang.id), "silence", 1)
    silenced = world.read(words.silenced, world.clock())
    assert [(one.person_id, one.until) for one in silenced] == [(wang.id, decision.until)]
    world.ask(service.appeal, AskAppeal(wang.id, decision.id, "Please"))
    world.ask(service.answer_appeal, AskAnswer("per_operator", decision.id, True, "Well"))
    assert world.read(words.silenced, world.clock()) == []
    assert world.wrong() == []


def test_nobody_appeals_for_another(world: World, talk: Talk) -> None:
    lin, wang = talk.friends("lin", "wang")
    decision = decided(world, reported(world, lin.id, "person", person=wang.id), "warn")
    with world.refuses(m.DecisionNotFound):
        world.ask(service.appeal, AskAppeal(lin.id, decision.id, "No"))
    with world.refuses(m.AppealInvalid):
        world.ask(service.appeal, AskAppeal(wang.id, decision.id, " "))
    with world.refuses(m.NothingToAppeal):
        world.ask(service.answer_appeal, AskAnswer("per_operator", decision.id, False, "No"))


@pytest.mark.parametrize(
    ("action", "days", "field"),
    [
        ("dissolve", 0, "action"),
        ("recall", 0, "action"),
        ("silence", 0, "days"),
        ("suspend", 366, "days"),
    ],
)
def test_what_does_not_fit_a_report_is_not_decided(
    world: World, talk: Talk, action: m.Action, days: int, field: str
) -> None:
    lin, wang = talk.friends("lin", "wang")
    report = reported(world, lin.id, "person", person=wang.id)
    with world.refuses(m.DecisionInvalid, field):
        decided(world, report, action, days)


def test_a_group_that_was_reported_can_be_dissolved(world: World, talk: Talk) -> None:
    lin, wang = talk.friends("lin", "wang")
    where = talk.group(lin, wang)
    talk.post(lin, where, text="bad")
    report = reported(world, wang.id, "group", where=where.id)
    assert report.person_id == lin.id
    decided(world, report, "dissolve")
    assert talk.said(wang, where)[-1] == "note:dissolved"
    assert talk.place(wang, where).conversation.dissolved
    assert world.wrong() == []


def test_what_strikes_a_rule_comes_into_the_queue_by_itself(world: World, talk: Talk) -> None:
    lin, wang = talk.friends("lin", "wang")
    where = talk.direct(lin, wang)
    entry = talk.post(lin, where, text="tea", flagged="wrd_1")
    world.hear()
    [report] = world.read(service.queue, "", "", 10)
    assert (report.numbers, report.person_id, report.rule_id) == ((entry.number,), lin.id, "wrd_1")
    decided(world, report, "dismiss")
    assert told(world, "") == []


def test_a_veiled_message_is_seen_by_its_writer_alone(world: World, talk: Talk) -> None:
    lin, wang = talk.friends("lin", "wang")
    where = talk.direct(lin, wang)
    entry = talk.post(lin, where, text="secret word", veiled=True, client_id="v-1")
    assert talk.unread(wang, where) == 0
    assert talk.place(wang, where).conversation.last < entry.number
    assert talk.post(lin, where, text="secret word", veiled=True, client_id="v-1") == entry
    with world.refuses(r.CannotReact):
        talk.post(wang, where, "react", body={"emoji": "👍"}, ref=entry.number)
    with world.refuses(r.CannotForward):
        ask = cm.AskForward(wang.id, where.id, (entry.number,), where.id, False, "f")
        world.ask(chat.forward, ask)
