"""What was reported and decided, and that rules are others now. No words and no reason is in a fact."""

from typing import ClassVar

from changliao.kernel.fact import Fact


class ReportMade(Fact, frozen=True):
    """Something was reported."""

    kind: ClassVar[str] = "safety.reported"
    report_id: str
    what: str
    reason: str


class ReportTaken(Fact, frozen=True):
    """An operator looks after a report."""

    kind: ClassVar[str] = "safety.taken"
    report_id: str
    operator_id: str


class ReportDecided(Fact, frozen=True):
    """An operator decided about reports."""

    kind: ClassVar[str] = "safety.decided"
    report_id: str
    decision_id: str
    action: str
    operator_id: str


class DecisionAppealed(Fact, frozen=True):
    """The person concerned does not agree."""

    kind: ClassVar[str] = "safety.appealed"
    decision_id: str


class AppealAnswered(Fact, frozen=True):
    """An operator answered an appeal."""

    kind: ClassVar[str] = "safety.answered"
    decision_id: str
    lifted: bool
    operator_id: str


class GuardsChanged(Fact, frozen=True):
    """Who is silenced, which words are not let through, or how fast people may be, is another now."""

    kind: ClassVar[str] = "safety.guards"


class ExportAsked(Fact, frozen=True):
    """A person wants all that is theirs."""

    kind: ClassVar[str] = "export.asked"
    export_id: str
    person_id: str


class ExportReady(Fact, frozen=True):
    """It is packed."""

    kind: ClassVar[str] = "export.ready"
    export_id: str
    person_id: str
