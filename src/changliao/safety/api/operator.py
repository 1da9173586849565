"""The operator's desk: the queue of reports, appeals, words that are not let through, limits."""

from typing import get_args

import msgspec

from changliao.chat.model.entries import Entry
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import Value, View
from changliao.people import service as people
from changliao.people.model import SignedIn
from changliao.safety import model as m
from changliao.safety.api.reports import PAGE, DecisionView, show_decision
from changliao.safety.api.screen import Screen
from changliao.safety.model import AskAnswer, AskDecide, AskTake, Decision, Report
from changliao.safety.model import words as mw
from changliao.safety.model.words import AskPace, AskWord, WordRule
from changliao.safety.service import reports as service
from changliao.safety.service import words
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.routes import CREATED, EMPTY, Guard, Param, Routes

APPEALS_SHOWN = 100
STATE = Param("state", "`decided` for those; by default what waits, oldest first.")


class VerdictBody(Value, frozen=True, forbid_unknown_fields=True):
    """What is decided, why (told to whom it concerns), and for how many days a silence or a suspension is."""

    action: m.Action
    reason: str
    days: int = 0


class AppealAnswerBody(Value, frozen=True, forbid_unknown_fields=True):
    """Whether the decision is lifted, and what the person is told."""

    lift: bool
    answer: str


class WordBody(Value, frozen=True, forbid_unknown_fields=True):
    """A word, or the host of a link with all below it, and what becomes of a message that has it."""

    pattern: str
    sort: mw.Sort = "word"
    deed: mw.Deed = "refuse"
    edition: mw.For = "all"


class PaceBody(Value, frozen=True, forbid_unknown_fields=True):
    """How fast people with new (three days) or older accounts may do something; 0 a minute: as shipped."""

    pace: mw.Pace
    age: mw.Age
    per_minute: int
    burst: int = 1


class SaidView(View, frozen=True):
    """One entry as its reporter saw it: number, who, when, kind, body."""

    s: int
    f: str
    ts: str
    k: str
    b: msgspec.Raw


class CaseView(View, frozen=True):
    """A report as an operator sees it. `messages` are what the reporter saw, and `names`
    people's names by id. `rule`: which rule caught it, when nobody reported it."""

    id: str
    what: m.What
    about: str
    conversation: str
    numbers: tuple[int, ...]
    person: str
    reporter: str
    reason: m.Reason
    words: str
    messages: list[SaidView]
    names: dict[str, str]
    state: m.State
    taken_by: str
    rule: str
    decision: DecisionView | None
    created_at: str


class CaseList(View, frozen=True):
    """A page of the queue; `next` leads on, empty at the end."""

    items: list[CaseView]
    next: str


class AppealView(View, frozen=True):
    """An appeal that waits: what was decided, about whom."""

    decision: DecisionView
    person: str
    name: str
    report: str


class AppealList(View, frozen=True):
    """Appeals that wait, oldest first."""

    items: list[AppealView]


class WordView(View, frozen=True):
    """A rule. `pattern` as it is looked for."""

    id: str
    sort: mw.Sort
    pattern: str
    deed: mw.Deed
    edition: mw.For
    created_at: str


class WordList(View, frozen=True):
    """Every rule, newest first."""

    items: list[WordView]


class PaceView(View, frozen=True):
    """How fast people may do something."""

    pace: mw.Pace
    age: mw.Age
    per_minute: int
    burst: int


class PaceList(View, frozen=True):
    """Every limit, as it is now."""

    items: list[PaceView]


def routes(db: Db, operator: Guard[SignedIn], screen: Screen) -> Routes:
    """Everything under /v1/operator that keeps order."""
    api = Routes("Keeping order")
    _queue(api, db, operator)
    _appeals(api, db, operator)
    _words(api, db, operator)
    _paces(api, db, operator, screen)
    return api


def _line(entry: Entry) -> SaidView:
    body = msgspec.Raw(entry.body.encode())
    return SaidView(entry.number, entry.sender, rfc3339(Instant(entry.at)), entry.kind, body)


def _case(reader: Reader, report: Report) -> CaseView:
    entries = service.messages_of(report)
    decision = service.decision(reader, report.decision_id) if report.decision_id else None
    who = {report.person_id, report.reporter, report.taken_by, *(one.sender for one in entries)}
    return CaseView(
        report.id,
        report.what,
        report.about,
        report.conversation_id,
        report.numbers,
        report.person_id,
        report.reporter,
        report.reason,
        report.words,
        [_line(one) for one in entries],
        people.names(reader, sorted(who - {""})),
        report.state,
        report.taken_by,
        report.rule_id,
        show_decision(decision) if decision else None,
        rfc3339(Instant(report.created_at)),
    )


def _queue(api: Routes, db: Db, operator: Guard[SignedIn]) -> None:
    @api.get("/v1/operator/reports", guard=operator, answers=CaseList, params=(STATE, *PAGE))
    async def queue(call: Call) -> CaseList:
        """What was reported: what waits, oldest first, or what was decided, newest first."""

        def query(reader: Reader) -> CaseList:
            found = service.queue(reader, call.param("state"), call.after, call.limit)
            more = len(found) == call.limit
            return CaseList([_case(reader, one) for one in found], found[-1].id if more else "")

        return await db.read(query)

    @api.put(
        "/v1/operator/reports/{id}/keeper",
        guard=operator,
        answers=CaseView,
        refuses=(m.ReportNotFound, m.ReportDecided),
    )
    async def take(call: Call, report_id: str) -> CaseView:
        """Look after a report, so that nobody else need."""
        report = await db.write(service.take, AskTake(call.who.person.id, report_id))
        return await db.read(_case, report)

    @api.post(
        "/v1/operator/reports/{id}/decision",
        guard=operator,
        body=VerdictBody,
        answers=DecisionView,
        status=CREATED,
        refuses=(m.ReportNotFound, m.ReportDecided, m.DecisionInvalid),
    )
    async def decide(call: Call, report_id: str, body: VerdictBody) -> DecisionView:
        """Decide about a report, and all others about the same thing.

        `recall` takes the messages back, `silence` lets a person write nowhere, `suspend` lets nobody in,
        `dissolve` ends a group. The reporter hears that it was decided, whom it concerns what and why.
        """
        ask = AskDecide(call.who.person.id, report_id, body.action, body.reason, body.days)
        return show_decision(await db.write(service.decide, ask))


def _appeals(api: Routes, db: Db, operator: Guard[SignedIn]) -> None:
    @api.get("/v1/operator/appeals", guard=operator, answers=AppealList)
    async def appeals(call: Call) -> AppealList:
        """Appeals that wait for an answer, oldest first."""

        def query(reader: Reader) -> AppealList:
            found = service.open_appeals(reader, APPEALS_SHOWN)
            names = people.names(reader, [one.person_id for one in found])
            return AppealList([_appeal(one, names) for one in found])

        return await db.read(query)

    @api.put(
        "/v1/operator/appeals/{id}",
        guard=operator,
        body=AppealAnswerBody,
        answers=DecisionView,
        refuses=(m.DecisionNotFound, m.NothingToAppeal, m.AppealInvalid),
    )
    async def answer(call: Call, decision_id: str, body: AppealAnswerBody) -> DecisionView:
        """Answer an appeal. `lift` ends a silence or a suspension; what was recalled or dissolved is gone."""
        ask = AskAnswer(call.who.person.id, decision_id, body.lift, body.answer)
        return show_decision(await db.write(service.answer_appeal, ask))


def _appeal(decision: Decision, names: dict[str, str]) -> AppealView:
    name = names.get(decision.person_id, "")
    return AppealView(show_decision(decision), decision.person_id, name, decision.report_id)


def _show_word(rule: WordRule) -> WordView:
    at = rfc3339(Instant(rule.created_at))
    return WordView(rule.id, rule.sort, rule.pattern, rule.deed, rule.edition, at)


def _words(api: Routes, db: Db, operator: Guard[SignedIn]) -> None:
    @api.get("/v1/operator/words", guard=operator, answers=WordList)
    async def list_words(call: Call) -> WordList:
        """Words and links that are not let through, newest first."""
        return WordList([_show_word(one) for one in await db.read(words.all_words)])

    @api.post(
        "/v1/operator/words",
        guard=operator,
        body=WordBody,
        answers=WordView,
        status=CREATED,
        refuses=(mw.WordRuleInvalid, mw.WordRuleTaken, mw.TooManyWordRules),
    )
    async def add(call: Call, body: WordBody) -> WordView:
        """Let a word or a link through no more, from within a second on.

        `refuse` tells the writer, `veil` shows the message to its writer alone, `queue` lets it pass and puts
        it into the queue. Width, case, accents and what cannot be seen make no difference; Chinese is found
        also when something stands between its characters, other scripts as whole words.
        """
        ask = AskWord(call.who.person.id, body.sort, body.pattern, body.deed, body.edition)
        return _show_word(await db.write(words.add_word, ask))

    @api.delete(
        "/v1/operator/words/{id}", guard=operator, status=EMPTY, refuses=(mw.WordRuleNotFound,)
    )
    async def drop(call: Call, rule_id: str) -> Answer:
        """Let it through again."""
        await db.write(words.drop_word, rule_id)
        return DONE


def _paces(api: Routes, db: Db, operator: Guard[SignedIn], screen: Screen) -> None:
    def as_it_is() -> PaceList:
        return PaceList(
            [
                PaceView(pace, age, *screen.pace(pace, age))
                for pace in get_args(mw.Pace)
                for age in get_args(mw.Age)
            ]
        )

    @api.get("/v1/operator/limits", guard=operator, answers=PaceList)
    async def paces(call: Call) -> PaceList:
        """How fast people may do things, by the age of the account."""
        return as_it_is()

    @api.put(
        "/v1/operator/limits",
        guard=operator,
        body=PaceBody,
        answers=PaceList,
        refuses=(mw.PaceInvalid,),
    )
    async def set_pace(call: Call, body: PaceBody) -> PaceList:
        """Say how fast people may do something; 0 a minute for as it was shipped."""
        ask = AskPace(call.who.person.id, body.pace, body.age, body.per_minute, body.burst)
        await db.write(words.set_pace, ask)
        await screen.load()
        return as_it_is()
