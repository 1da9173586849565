"""Reports, decisions, appeals: the nouns, what may be asked of them and how that is refused."""

from typing import Literal

from changliao.kernel.refusal import Conflict, Invalid, NotFound
from changliao.kernel.value import Value

What = Literal["messages", "person", "group", "account"]
Reason = Literal["spam", "fraud", "harassment", "hate", "sexual", "violence", "minors", "other"]
State = Literal["open", "taken", "decided"]
Action = Literal["dismiss", "warn", "recall", "silence", "suspend", "dissolve"]
AppealState = Literal["", "open", "upheld", "lifted"]

WORDS_MAX = 500
NUMBERS_MAX = 20
DAYS_MAX = 365
BY_RULE = ""
"""Who reported what an operator's own rule caught."""


class Report(Value, frozen=True):
    """Something that somebody wants looked at. `about` is what: an id, or a conversation and numbers.
    `mark` makes it unique: the same person reports the same thing once. `person_id` is whom it concerns,
    `kept` the reported entries as their reporter saw them, JSON as in frames. `reporter` is empty when a
    rule of the operator's caught it, and `rule_id` says which."""

    id: str
    mark: str
    reporter: str
    what: What
    about: str
    conversation_id: str
    numbers: tuple[int, ...]
    person_id: str
    reason: Reason
    words: str
    kept: str
    state: State
    taken_by: str
    decision_id: str
    created_at: int
    changed_at: int
    rule_id: str = ""


class Decision(Value, frozen=True):
    """What an operator decided about a report, and why. `until`: when a silence or a suspension ends. The
    person concerned may appeal once."""

    id: str
    report_id: str
    operator_id: str
    person_id: str
    conversation_id: str
    numbers: tuple[int, ...]
    action: Action
    reason: str
    until: int
    decided_at: int
    appeal: AppealState = ""
    appeal_words: str = ""
    appealed_at: int = 0
    answer: str = ""
    answered_by: str = ""


class Silence(Value, frozen=True):
    """A person writes nothing until then, in no conversation."""

    person_id: str
    until: int


class AskReport(Value, frozen=True):
    """Report messages of a conversation, a person, a group or an official account."""

    person_id: str
    what: What
    conversation_id: str
    numbers: tuple[int, ...]
    other_id: str
    reason: Reason
    words: str


class AskTake(Value, frozen=True):
    """An operator looks after a report from now on."""

    operator_id: str
    report_id: str


class AskDecide(Value, frozen=True):
    """What an operator decides about a report. `days`: how long a silence or a suspension lasts."""

    operator_id: str
    report_id: str
    action: Action
    reason: str
    days: int = 0


class AskAppeal(Value, frozen=True):
    """The person concerned does not agree. `decision_id` empty: the newest suspension."""

    person_id: str
    decision_id: str
    words: str


class AskAnswer(Value, frozen=True):
    """An operator answers an appeal."""

    operator_id: str
    decision_id: str
    lift: bool
    answer: str


class ReportNotFound(NotFound, code="report_not_found"):
    """There is no such report."""


class DecisionNotFound(NotFound, code="decision_not_found"):
    """There is no such decision about you."""


class ReportInvalid(
    Invalid,
    code="report_invalid",
    hint="Messages need a conversation and 1 to 20 numbers, a group or an account a conversation, a person"
    " an id; at most 500 characters.",
):
    """This does not say what is reported."""


class ReportDecided(Conflict, code="report_decided"):
    """This report was decided already."""


class DecisionInvalid(
    Invalid,
    code="decision_invalid",
    hint="Give a reason of 1 to 500 characters; `silence` and `suspend` last 1 to 365 days; only messages"
    " are recalled, only groups dissolved, only people warned, silenced or suspended.",
):
    """This cannot be decided about this report."""


class AppealTooLate(Conflict, code="appealed_already"):
    """This decision was appealed already; what was answered stands."""


class NothingToAppeal(Conflict, code="nothing_to_appeal"):
    """There is nothing here to appeal."""


class AppealInvalid(Invalid, code="appeal_invalid", hint="1 to 500 characters."):
    """Say in a few words why."""
