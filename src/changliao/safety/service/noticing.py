"""What a rule lets through and wants looked at, beside messages: names, notices, profiles, articles."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from changliao.db.tx import Tx
from changliao.people.model.shown import Passed, Shown, unasked
from changliao.safety import model as m
from changliao.safety import rules
from changliao.safety.model import AskReport
from changliao.safety.model.words import Noticed
from changliao.safety.service.reports import enter

A = TypeVar("A")
R = TypeVar("R")

KEPT_MAX = 2_000
"""So many characters of what struck stand in a report."""


def noticing(queued: Sequence[Noticed]) -> Passed:
    """What puts these into the operator's queue with the verb that makes them stand: one report for all."""
    if not queued:
        return unasked
    words = "\n".join([one.text for one in queued])[:KEPT_MAX]

    def passed(verb: Callable[[Tx, A], R], of: Callable[[R], Shown | None]) -> Callable[[Tx, A], R]:
        def noticed(tx: Tx, ask: A) -> R:
            found = verb(tx, ask)
            if (shown := of(found)) is not None:
                _report(tx, shown, queued[0].rule_id, words)
            return found

        return noticed

    return passed


def _report(tx: Tx, shown: Shown, rule_id: str, words: str) -> None:
    where = shown.about if shown.what == "group" else ""
    ask = AskReport(m.BY_RULE, shown.what, where, (), shown.about, "other", words)
    mark = rules.mark_of_words(rule_id, shown.what, shown.about, words)
    enter(tx, ask, shown.about, shown.person_id, (), [], rule_id, mark)
