"""What may be reported, decided and appealed."""

import hashlib

from changliao.kernel.instant import DAY_US
from changliao.safety import model as m
from changliao.safety.model import AskDecide, AskReport, Decision, Report


def report(ask: AskReport) -> AskReport:
    """The ask, if it says what is reported."""
    if len(ask.words) > m.WORDS_MAX:
        raise m.ReportInvalid(field="words")
    if ask.what == "person":
        if not ask.other_id or ask.other_id == ask.person_id:
            raise m.ReportInvalid(field="person")
    elif not ask.conversation_id:
        raise m.ReportInvalid(field="conversation")
    if ask.what == "messages" and not 1 <= len(set(ask.numbers)) <= m.NUMBERS_MAX:
        raise m.ReportInvalid(field="numbers")
    return ask


def mark(reporter: str, what: str, about: str, numbers: tuple[int, ...]) -> str:
    """What makes a report the same as an earlier one."""
    return " ".join([reporter, what, about, *map(str, numbers)])


def mark_of_words(rule_id: str, what: str, about: str, words: str) -> str:
    """The same for words that a rule wants looked at: said once more they are the same report, others of the
    same name are another."""
    return mark(rule_id, what, about, ()) + " " + hashlib.sha256(words.encode()).hexdigest()[:32]


def undecided(found: Report | None) -> Report:
    """The report, if nobody has decided about it."""
    if found is None:
        raise m.ReportNotFound(field="id")
    if found.state == "decided":
        raise m.ReportDecided(field="id")
    return found


def decision(ask: AskDecide, about: Report) -> None:
    """Refuse what cannot be decided about this report."""
    if not 1 <= len(ask.reason.strip()) <= m.WORDS_MAX:
        raise m.DecisionInvalid(field="reason")
    if ask.action in ("silence", "suspend") and not 1 <= ask.days <= m.DAYS_MAX:
        raise m.DecisionInvalid(field="days")
    if not _fits(ask.action, about):
        raise m.DecisionInvalid(field="action")


def _fits(action: m.Action, about: Report) -> bool:
    if action == "recall":
        return about.what == "messages"
    if action == "dissolve":
        return about.what == "group"
    return action == "dismiss" or bool(about.person_id)


def until(ask: AskDecide, now: int) -> int:
    """When a silence or a suspension ends; 0 for what has no end."""
    return now + ask.days * DAY_US if ask.action in ("silence", "suspend") else 0


def appeal(found: Decision | None, person_id: str, words: str) -> Decision:
    """The decision, if this person may appeal it now."""
    if found is None or found.person_id != person_id:
        raise m.DecisionNotFound(field="id")
    if found.action == "dismiss":
        raise m.NothingToAppeal(field="id")
    if found.appeal:
        raise m.AppealTooLate(field="id")
    if not 1 <= len(words.strip()) <= m.WORDS_MAX:
        raise m.AppealInvalid(field="words")
    return found


def appealed(found: Decision | None, answer: str) -> Decision:
    """The decision, if its appeal waits for an answer."""
    if found is None:
        raise m.DecisionNotFound(field="id")
    if found.appeal != "open":
        raise m.NothingToAppeal(field="id")
    if not 1 <= len(answer.strip()) <= m.WORDS_MAX:
        raise m.AppealInvalid(field="answer")
    return found
