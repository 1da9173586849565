"""The routes of reports: making one, what became of it, what was decided about oneself, appealing."""

from collections.abc import Awaitable, Callable

from changliao.chat.model import refusals as r
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.refusal import Refusal
from changliao.kernel.value import Value, View
from changliao.people.model import (
    Person,
    PersonNotFound,
    SignedIn,
    SignInBusy,
    SignInThrottled,
    WrongPassword,
)
from changliao.safety import model as m
from changliao.safety.model import AskAppeal, AskReport, Decision, Report
from changliao.safety.service import reports as service
from changliao.wire.call import DONE, Answer, Call
from changliao.wire.limits import Buckets
from changliao.wire.refusals import RateLimited
from changliao.wire.routes import CREATED, EMPTY, Guard, Param, Routes

REPORTS_PER_S, REPORTS_BURST = 1 / 180, 20
"""Twenty reports at once and one more in three minutes: enough for one who means it."""
DECISIONS_SHOWN = 50
PAGE = (
    Param("after", "Cursor: `next` of the page before."),
    Param("limit", "Rows of a page, 1 to 100; 20 by default.", int),
)

Identify = Callable[[Call, str, str], Awaitable[Person]]
"""Who has this handle and password; refuses as signing in does."""


class ReportBody(Value, frozen=True, forbid_unknown_fields=True):
    """What is reported and why: `messages` by their numbers in a `conversation`, a `person`, a `group` or an
    official `account` by its conversation; up to 500 characters about it."""

    what: m.What
    reason: m.Reason
    conversation: str = ""
    numbers: tuple[int, ...] = ()
    person: str = ""
    words: str = ""


class AppealBody(Value, frozen=True, forbid_unknown_fields=True):
    """Why one does not agree, up to 500 characters."""

    words: str


class SuspensionAppealBody(Value, frozen=True, forbid_unknown_fields=True):
    """Who is suspended, proven by the password, and why one does not agree."""

    handle: str
    password: str
    words: str


class ReportView(View, frozen=True):
    """What one reported. `done`: something was done about it; nothing more is told of others."""

    id: str
    what: m.What
    conversation: str
    numbers: tuple[int, ...]
    person: str
    reason: m.Reason
    words: str
    state: m.State
    done: bool
    created_at: str


class ReportList(View, frozen=True):
    """What one reported, newest first; `next` leads on, empty at the end."""

    items: list[ReportView]
    next: str


class DecisionView(View, frozen=True):
    """What was decided about oneself. `until`: when it ends, null for what has no end."""

    id: str
    action: m.Action
    reason: str
    conversation: str
    numbers: tuple[int, ...]
    until: str | None
    decided_at: str
    appeal: m.AppealState
    appeal_words: str
    answer: str


class DecisionList(View, frozen=True):
    """What was decided about oneself, newest first."""

    items: list[DecisionView]


def show_report(reader: Reader, report: Report) -> ReportView:
    """A report as whoever made it sees it."""
    decision = service.decision(reader, report.decision_id) if report.decision_id else None
    return ReportView(
        report.id,
        report.what,
        report.conversation_id,
        report.numbers,
        report.about if report.what == "person" else "",
        report.reason,
        report.words,
        report.state,
        decision is not None and decision.action != "dismiss",
        rfc3339(Instant(report.created_at)),
    )


def show_decision(decision: Decision) -> DecisionView:
    """A decision as whom it concerns sees it: not who made it."""
    return DecisionView(
        decision.id,
        decision.action,
        decision.reason,
        decision.conversation_id,
        decision.numbers,
        rfc3339(Instant(decision.until)) if decision.until else None,
        rfc3339(Instant(decision.decided_at)),
        decision.appeal,
        decision.appeal_words,
        decision.answer,
    )


def routes(db: Db, guard: Guard[SignedIn], identify: Identify) -> Routes:
    """Everything under /v1/reports, /v1/decisions and /v1/appeals."""
    api = Routes("Safety")
    _reports(api, db, guard)
    _decisions(api, db, guard, identify)
    return api


def _reports(api: Routes, db: Db, guard: Guard[SignedIn]) -> None:
    buckets = Buckets()

    @api.post(
        "/v1/reports",
        guard=guard,
        body=ReportBody,
        answers=ReportView,
        status=CREATED,
        refuses=(
            m.ReportInvalid,
            r.ConversationNotFound,
            r.EntryNotFound,
            PersonNotFound,
            RateLimited,
        ),
    )
    async def report(call: Call, body: ReportBody) -> ReportView:
        """Report something to whoever runs this installation.

        Of messages a copy is kept with a few around them, as far as you may see them. The same report again
        is the same one. Who is reported is not told by whom.
        """
        me = call.who.person.id
        buckets.take(me, REPORTS_PER_S, REPORTS_BURST)
        ask = AskReport(
            me, body.what, body.conversation, body.numbers, body.person, body.reason, body.words
        )
        return await db.read(show_report, await db.write(service.make_report, ask))

    @api.get("/v1/reports", guard=guard, answers=ReportList, params=PAGE)
    async def mine(call: Call) -> ReportList:
        """What I reported, newest first, and whether something was done."""

        def query(reader: Reader) -> ReportList:
            found = service.reports_of(reader, call.who.person.id, call.after, call.limit)
            more = len(found) == call.limit
            return ReportList(
                [show_report(reader, one) for one in found], found[-1].id if more else ""
            )

        return await db.read(query)


def _decisions(api: Routes, db: Db, guard: Guard[SignedIn], identify: Identify) -> None:
    appealing: tuple[type[Refusal], ...] = (
        m.DecisionNotFound,
        m.NothingToAppeal,
        m.AppealTooLate,
        m.AppealInvalid,
    )

    @api.get("/v1/decisions", guard=guard, answers=DecisionList)
    async def decided(call: Call) -> DecisionList:
        """What was decided about me, with the reason, newest first."""
        me = call.who.person.id
        found = await db.read(service.decisions_about, me, DECISIONS_SHOWN)
        return DecisionList([show_decision(one) for one in found])

    @api.post(
        "/v1/decisions/{id}/appeal",
        guard=guard,
        body=AppealBody,
        answers=DecisionView,
        status=CREATED,
        refuses=appealing,
    )
    async def appeal(call: Call, decision_id: str, body: AppealBody) -> DecisionView:
        """Say that I do not agree; once for each decision."""
        ask = AskAppeal(call.who.person.id, decision_id, body.words)
        return show_decision(await db.write(service.appeal, ask))

    @api.post(
        "/v1/appeals",
        body=SuspensionAppealBody,
        status=EMPTY,
        refuses=(*appealing, WrongPassword, SignInBusy, SignInThrottled),
    )
    async def appeal_suspension(call: Call, body: SuspensionAppealBody) -> Answer:
        """Appeal the suspension of an account that cannot be signed in to."""
        person = await identify(call, body.handle.strip().lower(), body.password)
        await db.write(service.appeal, AskAppeal(person.id, "", body.words))
        return DONE
