"""The verbs of reports: making one, looking after it, deciding, appealing."""

from collections.abc import Callable, Sequence

import msgspec

from changliao.bus.outbox import hears, of_kinds
from changliao.chat import service as chat
from changliao.chat.events import EntryFlagged
from changliao.chat.model import AskReported, AskTakeDown, Conversation
from changliao.chat.model.entries import Entry
from changliao.chat.service import moderation
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.db.tx import Tx
from changliao.people import service as people
from changliao.people.model import PersonNotFound
from changliao.people.model.standing import AskSuspend
from changliao.people.service import standing
from changliao.safety import model as m
from changliao.safety import rules, store
from changliao.safety.events import (
    AppealAnswered,
    DecisionAppealed,
    GuardsChanged,
    ReportDecided,
    ReportMade,
    ReportTaken,
)
from changliao.safety.model import (
    AskAnswer,
    AskAppeal,
    AskDecide,
    AskReport,
    AskTake,
    Decision,
    Report,
    Silence,
)
from changliao.safety.store import DECISIONS, REPORTS, SILENCES

_replace = msgspec.structs.replace
_ENCODER = msgspec.json.Encoder()


def make_report(tx: Tx, ask: AskReport) -> Report:
    """Put something into the operator's queue, with the messages as the reporter sees them and a few around
    them. The same again is the same report. Refuses what does not exist for the reporter."""
    ask = rules.report(ask)
    numbers = tuple(sorted(set(ask.numbers))) if ask.what == "messages" else ()
    if ask.what == "person":
        return _of_person(tx, ask)
    asked = AskReported(ask.person_id, ask.conversation_id, numbers)
    where, entries = moderation.reported(tx, asked)
    about, concerned = _thing(where, ask, entries, numbers)
    return enter(tx, ask, about, concerned, numbers, entries)


def _of_person(tx: Tx, ask: AskReport) -> Report:
    person = people.person_in(tx, ask.other_id)
    if person is None or person.standing == "gone":
        raise PersonNotFound(field="person")
    return enter(tx, ask, ask.other_id, ask.other_id, (), [])


def _thing(
    where: Conversation, ask: AskReport, entries: Sequence[Entry], numbers: Sequence[int]
) -> tuple[str, str]:
    """What is reported, and whom it concerns; messages concern who wrote the first one."""
    if ask.what == "messages":
        writer = next(one.sender for one in entries if one.number == numbers[0])
        return where.id, writer if writer.startswith("per_") else ""
    if (where.kind == "group") != (ask.what == "group") or where.kind == "direct":
        raise m.ReportInvalid(field="conversation")
    return (where.id, where.owner) if ask.what == "group" else (where.owner, "")


def enter(
    tx: Tx,
    ask: AskReport,
    about: str,
    concerned: str,
    numbers: tuple[int, ...],
    entries: Sequence[Entry],
    rule_id: str = "",
    mark: str = "",
) -> Report:
    """Put something into the queue; what has the same mark (who reports what, unless said) is there
    already."""
    mark = mark or rules.mark(ask.person_id, ask.what, about, numbers)
    if kept := tx.find(REPORTS, ("mark",), mark):
        return kept
    made = Report(
        id=tx.new_id("rep"),
        mark=mark,
        reporter=ask.person_id,
        what=ask.what,
        about=about,
        conversation_id=ask.conversation_id if ask.what != "person" else "",
        numbers=numbers,
        person_id=concerned,
        reason=ask.reason,
        words=ask.words.strip(),
        kept=_ENCODER.encode(entries).decode(),
        state="open",
        taken_by="",
        decision_id="",
        created_at=tx.now,
        changed_at=tx.now,
        rule_id=rule_id,
    )
    tx.emit(ReportMade(made.id, made.what, made.reason), about=made.id)
    return tx.add(REPORTS, made)


@hears(of_kinds(EntryFlagged.kind))
def hear_chat(tx: Tx, facts: Sequence[FactRow]) -> None:
    """Follow chat: what struck a rule that only wants to be looked at goes into the queue."""
    for row in facts:
        if row.kind == EntryFlagged.kind:
            said = msgspec.json.decode(row.body, type=EntryFlagged)
            entries = moderation.flagged(tx, said.conversation_id, said.number)
            if entries and entries[-1].number == said.number:
                ask = AskReport(
                    m.BY_RULE, "messages", said.conversation_id, (said.number,), "", "other", ""
                )
                enter(
                    tx,
                    ask,
                    said.conversation_id,
                    entries[-1].sender,
                    (said.number,),
                    entries,
                    said.rule_id,
                )


def take(tx: Tx, ask: AskTake) -> Report:
    """An operator looks after a report; another one may take it over."""
    report = rules.undecided(tx.get(REPORTS, ask.report_id))
    if report.taken_by == ask.operator_id:
        return report
    tx.emit(ReportTaken(report.id, ask.operator_id), about=report.id)
    return tx.put(
        REPORTS, _replace(report, state="taken", taken_by=ask.operator_id, changed_at=tx.now)
    )


def decide(tx: Tx, ask: AskDecide) -> Decision:
    """Decide about a report, and all others about the same thing, and do what was decided. Whoever reported
    is told that something was decided, whom it concerns what and why."""
    report = rules.undecided(tx.get(REPORTS, ask.report_id))
    rules.decision(ask, report)
    decision = Decision(
        id=tx.new_id("dec"),
        report_id=report.id,
        operator_id=ask.operator_id,
        person_id=report.person_id,
        conversation_id=report.conversation_id,
        numbers=report.numbers,
        action=ask.action,
        reason=ask.reason.strip(),
        until=rules.until(ask, tx.now),
        decided_at=tx.now,
    )
    tx.add(DECISIONS, decision)
    for report_id in store.alike(tx, report):
        _settle(tx, report_id, decision)
    _DEEDS[ask.action](tx, decision)
    if decision.person_id and ask.action != "dismiss":
        said = {"decision": decision.id, "action": decision.action, "reason": decision.reason}
        chat.tell(tx, decision.person_id, "decision", said)
    return decision


def _settle(tx: Tx, report_id: str, decision: Decision) -> None:
    report = tx.get(REPORTS, report_id)
    assert report is not None
    tx.put(
        REPORTS,
        _replace(report, state="decided", decision_id=decision.id, changed_at=tx.now),
    )
    fact = ReportDecided(report.id, decision.id, decision.action, decision.operator_id)
    tx.emit(fact, about=report.id)
    if report.reporter:
        done = decision.action != "dismiss"
        chat.tell(tx, report.reporter, "report", {"report": report.id, "done": done})


def _dismiss(tx: Tx, decision: Decision) -> None:
    """Nothing is to be done, or saying so is all there is to do."""


def _recall(tx: Tx, decision: Decision) -> None:
    for number in decision.numbers:
        tx.attempt(moderation.take_down, AskTakeDown(decision.conversation_id, number))


def _silence(tx: Tx, decision: Decision) -> None:
    _silence_until(tx, decision.person_id, decision.until)


def _silence_until(tx: Tx, person_id: str, until: int) -> None:
    write = tx.put if tx.get(SILENCES, person_id) else tx.add
    write(SILENCES, Silence(person_id, until))
    tx.emit(GuardsChanged(), about=person_id)


def _suspend(tx: Tx, decision: Decision) -> None:
    standing.suspend(tx, AskSuspend(decision.person_id, decision.until))


def _dissolve(tx: Tx, decision: Decision) -> None:
    moderation.close_group(tx, decision.conversation_id)


_DEEDS: dict[m.Action, Callable[[Tx, Decision], None]] = {
    "dismiss": _dismiss,
    "warn": _dismiss,
    "recall": _recall,
    "silence": _silence,
    "suspend": _suspend,
    "dissolve": _dissolve,
}


def appeal(tx: Tx, ask: AskAppeal) -> Decision:
    """The person concerned does not agree, once, and says why."""
    decision_id = ask.decision_id or store.newest_suspension(tx, ask.person_id)
    decision = rules.appeal(tx.get(DECISIONS, decision_id), ask.person_id, ask.words)
    tx.emit(DecisionAppealed(decision.id), about=decision.id)
    said = {"appeal": "open", "appeal_words": ask.words.strip(), "appealed_at": tx.now}
    return tx.put(DECISIONS, _replace(decision, **said))


def answer_appeal(tx: Tx, ask: AskAnswer) -> Decision:
    """Answer an appeal. With `lift` a silence or a suspension ends; what was recalled or dissolved stays so,
    because it is gone. The person is told."""
    decision = rules.appealed(tx.get(DECISIONS, ask.decision_id), ask.answer)
    if ask.lift and decision.action == "silence":
        _silence_until(tx, decision.person_id, 0)
    elif ask.lift and decision.action == "suspend":
        tx.attempt(standing.suspend, AskSuspend(decision.person_id, 0))
    tx.emit(AppealAnswered(decision.id, ask.lift, ask.operator_id), about=decision.id)
    said = {"decision": decision.id, "lifted": ask.lift, "answer": ask.answer.strip()}
    chat.tell(tx, decision.person_id, "appeal", said)
    kept = tx.get(DECISIONS, decision.id) or decision  # Anew: signing out flushed what was known.
    return tx.put(
        DECISIONS,
        _replace(
            kept,
            appeal="lifted" if ask.lift else "upheld",
            answer=ask.answer.strip(),
            answered_by=ask.operator_id,
        ),
    )


# Reading ------------------------------------------------------------------------------------


def queue(reader: Reader, state: str, before: str, limit: int) -> list[Report]:
    """The operator's queue: what waits, oldest first, or what was decided, newest first."""
    return store.queue(reader, state, before, limit)


def report(reader: Reader, report_id: str) -> Report:
    """One report, for the operator."""
    found: Report | None = reader.get(REPORTS, report_id)
    if found is None:
        raise m.ReportNotFound(field="id")
    return found


def decision(reader: Reader, decision_id: str) -> Decision | None:
    """One decision."""
    found: Decision | None = reader.get(DECISIONS, decision_id)
    return found


def reports_of(reader: Reader, person_id: str, before: str, limit: int) -> list[Report]:
    """What a person reported, newest first."""
    return store.of_reporter(reader, person_id, before, limit)


def decisions_about(reader: Reader, person_id: str, limit: int) -> list[Decision]:
    """What was decided about a person, newest first."""
    return store.about_person(reader, person_id, limit)


def open_appeals(reader: Reader, limit: int) -> list[Decision]:
    """Appeals that wait for an answer, oldest first."""
    return store.appeals(reader, limit)


def messages_of(report: Report) -> list[Entry]:
    """The entries that a report kept."""
    return msgspec.json.decode(report.kept, type=list[Entry])
