"""TigerBeetle's own test tables, run against our ledger: the same answer, or a difference with a reason.

The tables say U, L, C for user data, ledger and code; we say owner or ref, memo, currency, code. Their
timestamp, which numbers transfers, is our `seq`. A post in the tables gives the rest back (`final`).
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.db.tx import Tx
from changliao.kernel.refusal import CATALOGUE, Conflict
from changliao.ledger import service as ledger
from changliao.ledger.model import Account, AskAccount, AskTransfer, Result, Transfer
from changliao.ledger.store import ACCOUNTS, TRANSFERS
from tests.asking import ask, read
from tests.places import Place

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests/fixtures/ledger-tigerbeetle/cases.txt"
DOC = ROOT / "docs/ledger.md"

SAME_ANSWER = {
    "exists_with_different_ledger": "exists_with_different_currency",
    "ledger_must_not_be_zero": "currency_unknown",
    "code_must_not_be_zero": "code_must_not_be_empty",
    "pending_id_must_not_be_zero": "pending_id_must_not_be_empty",
    "pending_transfer_has_different_debit_account_id": "pending_transfer_has_different_debit_account",
    "pending_transfer_has_different_credit_account_id": "pending_transfer_has_different_credit_account",
    "pending_transfer_has_different_ledger": "pending_transfer_has_different_currency",
}
SAME_ANSWER_OF = {
    "account": {"exists_with_different_user_data_128": "exists_with_different_owner"},
    "transfer": {
        "exists_with_different_user_data_128": "exists_with_different_ref",
        "exists_with_different_user_data_64": "exists_with_different_memo",
    },
}


class Difference(NamedTuple):
    """Where we deliberately answer otherwise: lines of cases.txt, both answers, and why."""

    lines: tuple[int, ...]
    theirs: str
    ours: str
    why: str


NO_FIELD = "our asks have no such field, so nothing can be wrong with it"
NO_ZERO_ID = "an empty id is a wish: one is made"
NO_LARGEST_ID = "ids are texts, none is the largest"
NO_THIRD_DATA = "ref and memo (of an account: the owner) are all there is"
ONE_KIND = (
    "`kind` is one word, so it cannot contradict itself; of several flags the adapter takes one"
)
NO_BALANCING = "nor are there balancing transfers"
ZERO = "nothing moves nothing (I4): 0 is `all that is left`, and to post nothing is to void"

DIFFERENCES = [
    Difference((7,), "timestamp_must_be_zero", "flags_are_mutually_exclusive", NO_FIELD),
    Difference((8,), "reserved_field", "flags_are_mutually_exclusive", NO_FIELD),
    Difference((9,), "reserved_flag", "flags_are_mutually_exclusive", NO_FIELD),
    Difference((10,), "id_must_not_be_zero", "flags_are_mutually_exclusive", NO_ZERO_ID),
    Difference((11,), "id_must_not_be_int_max", "flags_are_mutually_exclusive", NO_LARGEST_ID),
    Difference(
        (15,), "exists_with_different_user_data_64", "exists_with_different_currency", NO_THIRD_DATA
    ),
    Difference(
        (16,), "exists_with_different_user_data_32", "exists_with_different_currency", NO_THIRD_DATA
    ),
    Difference((21,), "debits_pending_must_be_zero", "created", NO_FIELD),
    Difference((22,), "debits_posted_must_be_zero", "created", NO_FIELD),
    Difference((23,), "credits_pending_must_be_zero", "created", NO_FIELD),
    Difference((24,), "credits_posted_must_be_zero", "created", NO_FIELD),
    Difference(
        (46,),
        "exists_with_different_flags",
        "exists_with_different_code",
        "`linked` says how a batch is cut, not what an account is; it is not kept",
    ),
    Difference((118,), "timestamp_must_be_zero", "pending_id_must_not_be_empty", NO_FIELD),
    Difference((119,), "id_must_not_be_zero", "pending_id_must_not_be_empty", NO_ZERO_ID),
    Difference((120,), "id_must_not_be_int_max", "pending_id_must_not_be_empty", NO_LARGEST_ID),
    Difference(
        (123, 175, 182, 186), "exists_with_different_amount", "exists_with_different_flags", ZERO
    ),
    Difference((127,), "exists_with_different_user_data_32", "exists", NO_THIRD_DATA),
    Difference(
        (129, 133), "flags_are_mutually_exclusive", "pending_id_must_not_be_empty", ONE_KIND
    ),
    Difference(
        (130, 131, 132, 134, 135, 136, 137, 138, 139),
        "flags_are_mutually_exclusive",
        "pending_id_must_not_be_empty",
        f"{ONE_KIND}; {NO_BALANCING}",
    ),
    Difference(
        (141,),
        "pending_id_must_not_be_int_max",
        "timeout_reserved_for_pending_transfer",
        NO_LARGEST_ID,
    ),
    Difference(
        (147,),
        "id_already_failed",
        "created",
        "a refused id is free again; whoever retries has an Idempotency-Key, which keeps refusals",
    ),
    Difference((197,), "amount 0", "amount 1", ZERO),
    Difference((299,), "T1 T4", "T1 T2 T3 T4", NO_THIRD_DATA),
]

SECOND_TESTS = {64}
"""Lines where a second test begins inside a group: its database is empty again."""

CURRENCIES = {0: "XXX", 1: "CNY", 2: "USD", 3: "EUR", 6: "JPY", 9: "GBP"}
"""Ledgers. XXX is ISO 4217 for `no currency`, and no currency to us."""


class Step(NamedTuple):
    """One line of a table."""

    line: int
    word: str
    cells: list[str]

    @property
    def says(self) -> str:
        """Their answer."""
        return self.cells[-1]


def groups() -> dict[str, list[Step]]:
    """The tables by name."""
    found: dict[str, list[Step]] = {}
    title = ""
    for line, text in enumerate(CASES.read_text("utf-8").splitlines(), 1):
        if text.startswith("==="):
            title = text.strip("= ")
            found[title] = []
        elif line in SECOND_TESTS:
            title += ", second"
            found[title] = []
        if (cells := text.partition("//")[0].split()) and text.startswith(" "):
            found[title].append(Step(line, cells[0], cells[1:]))
    return found


def number(cell: str) -> int | None:
    """The number in a cell: `A7`, `U1000`, `16`; None for one counted down from their largest."""
    return None if cell.startswith("-") else int(re.sub(r"\D", "", cell) or 0)


def name(letter: str, cell: str) -> str:
    """An id: ours are texts, so their zero is no text and their largest is just another."""
    found = number(cell)
    return "largest" if found is None else f"{letter}{found}" if found else ""


def word(letter: str, cell: str) -> str:
    """User data or code; zero is none."""
    found = number(cell)
    return f"{letter}{found}" if found else ""


def ask_account(cells: list[str]) -> AskAccount:
    """Without a user's data the owner is the account itself: with us an owner has one of each code."""
    account = name("A", cells[0])
    return AskAccount(
        owner=word("U", cells[5]) or account,
        code=word("C", cells[10]),
        currency=CURRENCIES[number(cells[9]) or 0],
        mode="live",
        no_overdraft=cells[12] == "D<C",
        no_credit_excess=cells[13] == "C<D",
        id=account,
        linked=cells[11] == "LNK",
    )


def ask_transfer(cells: list[str]) -> AskTransfer:
    """Their largest amount is our 0, `all that is left`; to post nothing and give the rest back is to
    void; and what a post leaves out is none to us too."""
    amount, kind = _amount(cells[3]), _kind(cells)
    if kind == "post" and number(cells[3]) == 0:
        kind = "void"
    ledger_number = number(cells[9]) or 0
    unsaid = kind in ("post", "void") and not ledger_number
    return AskTransfer(
        amount,
        debit=name("A", cells[1]),
        credit=name("A", cells[2]),
        code=word("C", cells[10]),
        kind=kind,
        id=name("T", cells[0]),
        currency="" if unsaid else CURRENCIES[ledger_number],
        ref=word("U", cells[5]),
        memo=word("U", cells[6]),
        pending_id=name("T", cells[4]),
        final=kind == "post",
        timeout_s=number(cells[8]) or 0,
        linked=cells[11] == "LNK",
    )


def _amount(cell: str) -> int:
    return 0 if cell == "-0" else 2**53 - int(cell[1:]) if cell[0] == "-" else number(cell) or 0


def _kind(cells: list[str]) -> Any:
    """One word where they have flags, so of several flags one is heard."""
    for flag, kind in ((14, "void"), (13, "post"), (12, "pending")):
        if cells[flag] != "_":
            return kind
    return "single"


class Undone(Conflict):
    """Carries an answer out of a verb that leaves no trace."""


def open_in_vain(tx: Tx, asks: list[AskAccount]) -> None:
    raise Undone(ledger.open_many(tx, asks)[0].code)


def post_in_vain(tx: Tx, asks: list[AskTransfer]) -> None:
    raise Undone(ledger.post_many(tx, asks)[0].code)


VERBS: dict[str, Any] = {
    "account": (ask_account, ledger.open_many, open_in_vain),
    "transfer": (ask_transfer, ledger.post_many, post_in_vain),
}


class Run:
    """One group against one database; `answers` are ours by line."""

    def __init__(self, place: Place) -> None:
        self.now_us = 1_700_000_000_000_000
        self.db: Db = place.open(shake=True, clock=lambda: self.now_us)
        self.answers: dict[int, str] = {}

    def everything(self, steps: list[Step]) -> dict[int, str]:
        batch: list[Step] = []
        for step in steps:
            if step.word == "commit":
                self.commit(batch)
                batch = []
            elif step.word == "tick":
                self.tick(int(step.cells[0]))
            else:
                batch.append(step)
        return self.answers

    def tick(self, seconds: int) -> None:
        # A little more, because verbs that ran while the clock stood are a microsecond apart.
        self.now_us += seconds * 1_000_000 + 1_000
        for hold in read(self.db, ledger.holds_due, self.now_us):
            ask(self.db, ledger.expire_hold, hold)

    def commit(self, batch: list[Step]) -> None:
        kind = batch[0].word if batch else ""
        if kind in VERBS:
            self.ask_all(kind, batch)
        for step in batch:
            if kind == "lookup_account":
                self.answers[step.line] = read(self.db, figures, name("A", step.cells[0]))
            elif kind == "lookup_transfer":
                found = read(self.db, transfer, name("T", step.cells[0]))
                self.answers[step.line] = (
                    "exists false" if found is None else f"amount {found.amount}"
                )
            elif step.word == "get_account_transfers":
                found_all = read(self.db, listed, step.cells)
                self.answers[step.line] = " ".join([f"{one.id}" for one in found_all])

    def ask_all(self, kind: str, batch: list[Step]) -> None:
        """In one batch, cut where we take what they refuse: that one is undone, as it is with them."""
        asked, verb, in_vain = VERBS[kind]
        together: list[Step] = []
        for step in [*batch, None]:
            if step is not None and step.line not in TAKEN_BY_US:
                together.append(step)
                continue
            if together:
                results: list[Result] = ask(self.db, verb, [asked(one.cells) for one in together])
                for one, result in zip(together, results, strict=True):
                    self.answers[one.line] = result.code
                together = []
            if step is not None:
                with pytest.raises(Undone) as undone:
                    ask(self.db, in_vain, [asked(step.cells)])
                self.answers[step.line] = undone.value.detail


def figures(reader: Reader, account_id: str) -> str:
    found: Account | None = reader.get(ACCOUNTS, account_id)
    if found is None:
        return "_"
    a = found
    return f"{a.debits_pending} {a.debits_posted} {a.credits_pending} {a.credits_posted} _"


def transfer(reader: Reader, transfer_id: str) -> Transfer | None:
    return reader.find(TRANSFERS, ("id",), transfer_id)  # type: ignore[no-any-return]


def listed(reader: Reader, cells: list[str]) -> list[Transfer]:
    first, last = transfer(reader, name("T", cells[5])), transfer(reader, name("T", cells[6]))
    sides = {("DR", "_"): "debit", ("_", "CR"): "credit", ("DR", "CR"): ""}
    return ledger.statement(
        reader,
        name("A", cells[0]),
        ref=word("U", cells[1]),
        memo=word("U", cells[2]),
        code=word("C", cells[4]),
        after=first.seq - 1 if first else 0,
        before=last.seq + 1 if last else 0,
        limit=int(cells[7]),
        side=sides[cells[8], cells[9]],
        newest_first=cells[10] == "REV",
    )


def their_answers(steps: list[Step]) -> Iterator[tuple[Step, str]]:
    """Their answer to every line that has one."""
    for step in steps:
        if step.word in VERBS:
            yield step, step.says
        elif step.word in ("lookup_account", "lookup_transfer"):
            yield step, " ".join(step.cells[1:])
        elif step.word == "get_account_transfers":
            after = steps[steps.index(step) + 1 :]
            upto = next(i for i, one in enumerate(after) if one.word == "commit")
            yield step, " ".join([one.cells[0] for one in after[:upto]])


def in_our_words(step: Step, theirs: str) -> str:
    return SAME_ANSWER_OF.get(step.word, {}).get(theirs) or SAME_ANSWER.get(theirs) or theirs


TAKEN_BY_US = {
    line
    for one in DIFFERENCES
    if one.ours == "created" and one.theirs != "created"
    for line in one.lines
}


@pytest.mark.parametrize("group", groups())
def test_every_case_of_tigerbeetle_is_answered_alike_or_differs_as_documented(
    group: str, place: Place
) -> None:
    steps = groups()[group]
    expected = {step.line: in_our_words(step, theirs) for step, theirs in their_answers(steps)}
    expected |= {line: one.ours for one in DIFFERENCES for line in one.lines if line in expected}

    assert Run(place).everything(steps) == expected


def test_every_documented_difference_is_one() -> None:
    theirs = {
        step.line: (step, answer)
        for steps in groups().values()
        for step, answer in their_answers(steps)
    }
    for one in DIFFERENCES:
        for line in one.lines:
            assert theirs[line][1] == one.theirs
            assert in_our_words(*theirs[line]) != one.ours


def test_no_line_of_the_tables_is_left_out() -> None:
    answered = [step.word for steps in groups().values() for step, _ in their_answers(steps)]

    assert {word: answered.count(word) for word in sorted(set(answered))} == {
        "account": 50,
        "get_account_transfers": 16,
        "lookup_account": 24,
        "lookup_transfer": 8,
        "transfer": 75,
    }


def test_the_documentation_lists_every_difference_and_no_other() -> None:
    table = DOC.read_text("utf-8").partition("| lines |")[2].splitlines()[2:]

    assert [row for row in table if row.startswith("|")] == [
        f"| {', '.join(map(str, one.lines))} | `{one.theirs}` | `{one.ours}` | {one.why} |"
        for one in DIFFERENCES
    ]


def test_the_documentation_names_every_code_of_the_ledger() -> None:
    text = DOC.read_text("utf-8")
    codes = [one.code for one in CATALOGUE.values() if one.__module__ == "changliao.ledger.model"]

    assert [code for code in codes if f"`{code}`" not in text] == []


def test_the_copy_of_the_tables_is_true() -> None:
    folder = Path(os.environ.get("CHANGLIAO_DATA") or ROOT.parent / "shared/data")
    original = folder / "ledger-tigerbeetle/cases.txt"
    if not original.exists():
        pytest.skip(f"{original} is not here; the copy in tests/fixtures was run all the same")

    assert CASES.read_bytes() == original.read_bytes()
