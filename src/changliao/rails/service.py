"""The verbs of rails."""

from collections.abc import Collection

import msgspec

from changliao.bus import jobs
from changliao.db.driver import Reader
from changliao.db.tx import Tx
from changliao.ledger import service as ledger
from changliao.ledger.model import Account, AskTransfer
from changliao.rails import rules, store
from changliao.rails.events import (
    AttemptFailed,
    AttemptOpened,
    AttemptSucceeded,
    AttemptUnknown,
)
from changliao.rails.model import (
    CLEARING,
    PAYABLE,
    RECEIVED,
    AskAttempt,
    AskSettle,
    Attempt,
    AttemptId,
    AttemptNotFound,
    Mode,
)
from changliao.rails.store import ATTEMPTS

CARRY = "rails.carry"
"""The kind of job that calls a rail for an attempt."""
_SLICE = 500
"""Attempts looked at together."""


def open_attempt(tx: Tx, ask: AskAttempt) -> Attempt:
    """Write an attempt and promise to call its rail after commit.

    Money to go out must stand in `payable` already: set aside before promising.
    """
    rules.instrument(ask.instrument)
    attempt = Attempt(
        AttemptId(tx.new_id("att")),
        ask.rail,
        ask.direction,
        ask.purpose,
        ask.about,
        ask.of,
        ask.mode,
        ask.amount,
        ask.currency,
        ask.instrument,
        "created",
        "",
        "",
        0,
        tx.now,
        tx.now,
        ask.channel,
        ask.payer_ip,
        until=tx.now + rules.PAY_US if ask.direction == "in" else 0,
    )
    jobs.later(tx, CARRY, attempt.id)
    tx.emit(AttemptOpened(*_told(attempt)), about=ask.about)
    return tx.add(ATTEMPTS, attempt)


def settle(tx: Tx, ask: AskSettle) -> int:
    """Take in what a rail said; answers when to ask it again, or 0 when that is settled.

    A success moves money: inwards from the rail's clearing account to `rail_received`, outwards
    from `rail_payable` to clearing. Said twice is done once.
    """
    attempt = tx.get(ATTEMPTS, ask.attempt_id)
    if attempt is None:
        raise AttemptNotFound(field="attempt_id")
    answer = rules.believed(attempt, ask.answer)
    after = rules.moved_on(attempt, answer)
    attempt = msgspec.structs.replace(
        attempt, asked=attempt.asked + 1, pay_url=answer.pay_url or attempt.pay_url
    )
    if after is not None:
        late = attempt.state == "failed"
        attempt = msgspec.structs.replace(
            attempt,
            state=after,
            reason=answer.reason[:200],
            rail_ref=answer.rail_ref or attempt.rail_ref,
            changed_at=tx.now,
        )
        _tell(tx, attempt, late)
    ended = attempt.state in ("succeeded", "failed")
    if ended:
        attempt = msgspec.structs.replace(attempt, payer_ip="", pay_url="")
    tx.put(ATTEMPTS, attempt)
    if ended:
        return 0
    return rules.ask_again_at(attempt, answer, tx.now)


def give_up(tx: Tx, attempt_id: str) -> Attempt:
    """The payer does not want to pay on the rail's page: it is told so at once. What becomes of the
    attempt the rail says as ever; it may have been paid already."""
    attempt = rules.given_up(tx.get(ATTEMPTS, attempt_id), tx.now)
    jobs.later(tx, CARRY, attempt.id)
    return tx.put(ATTEMPTS, attempt)


def received(tx: Tx, rail: str, currency: str, mode: Mode) -> Account:
    """Where money that came in on a rail waits for the room that asked for it."""
    return ledger.account_of(tx, rail, RECEIVED, currency, mode, no_overdraft=True)


def payable(tx: Tx, rail: str, currency: str, mode: Mode) -> Account:
    """Where money that is to go out on a rail is set aside."""
    return ledger.account_of(tx, rail, PAYABLE, currency, mode, no_overdraft=True)


def _tell(tx: Tx, attempt: Attempt, late: bool) -> None:
    if attempt.state == "succeeded":
        _move(tx, attempt)
        tx.emit(AttemptSucceeded(*_told(attempt), late), about=attempt.about)
    elif attempt.state == "failed":
        tx.emit(AttemptFailed(*_told(attempt), attempt.reason), about=attempt.about)
    elif attempt.state == "unknown":
        tx.emit(AttemptUnknown(*_told(attempt)), about=attempt.about)


def _move(tx: Tx, attempt: Attempt) -> None:
    clearing = ledger.account_of(tx, attempt.rail, CLEARING, attempt.currency, attempt.mode)
    if attempt.direction == "in":
        debit, credit = clearing, received(tx, attempt.rail, attempt.currency, attempt.mode)
        code = "rail_in"
    else:
        debit, credit = payable(tx, attempt.rail, attempt.currency, attempt.mode), clearing
        code = "rail_out"
    ledger.post(tx, AskTransfer(attempt.amount, debit.id, credit.id, code, ref=attempt.id))


def _told(attempt: Attempt) -> tuple[str, str, str, str, str, int, str]:
    return (
        attempt.id,
        attempt.rail,
        attempt.direction,
        attempt.purpose,
        attempt.about,
        attempt.amount,
        attempt.currency,
    )


# Reading ------------------------------------------------------------------------------------


def attempt(reader: Reader, attempt_id: str) -> Attempt | None:
    """The attempt with this id."""
    return reader.get(ATTEMPTS, attempt_id)  # type: ignore[no-any-return]


def attempt_in(tx: Tx, attempt_id: str) -> Attempt | None:
    """The attempt with this id, inside a transaction."""
    return tx.get(ATTEMPTS, attempt_id)


def attempts_about(reader: Reader, thing: str) -> list[Attempt]:
    """All attempts for one thing, oldest first."""
    return store.about(reader, thing)


def oldest_open(reader: Reader) -> Attempt | None:
    """The attempt that has waited longest for a clear answer."""
    return store.oldest_open(reader)


def switched_off(reader: Reader, configured: Collection[str]) -> list[tuple[str, int, str]]:
    """Rails that are not configured though attempts wait for them: rail, how many, the oldest's id."""
    return [found for found in store.open_by_rail(reader) if found[0] not in configured]


def succeeded_sums(reader: Reader) -> list[tuple[str, str, str, int]]:
    """Per rail, mode and currency: money in less money out; equals the clearing account's debit."""
    return store.succeeded_sums(reader)


def broken_invariants(reader: Reader) -> list[str]:
    """What is wrong with rails, in plain words: each clearing account equals its attempts, and no more
    went back of an attempt than came in by it (I12); each is for what its first fact told (I14)."""
    attempts = {row[:3]: row[3] for row in store.succeeded_sums(reader)}
    found = []
    for rail, mode, currency, balance in ledger.balances_by_owner(reader, CLEARING):
        moved = attempts.pop((rail, mode, currency), 0)
        if balance != -moved:
            found.append(
                f"I12: clearing of {rail} ({mode}, {currency}) stands at {balance}, "
                f"its attempts moved {moved}"
            )
    found += [
        f"I12: {rail} ({mode}, {currency}) moved {sum_} outside the ledger"
        for (rail, mode, currency), sum_ in attempts.items()
        if sum_
    ]
    found += [
        f"I12: of attempt {attempt_id} {back} went back, {came} had come in"
        for attempt_id, came, back in store.returned_beyond(reader)
    ]
    return found + _unlike_what_was_opened(reader)


def _unlike_what_was_opened(reader: Reader) -> list[str]:
    """Attempts that are for something else now than when they were opened, or gone, or of no fact: what
    a rail is told comes of the row. A slice at a time."""
    found: list[str] = []
    after = told = 0
    while slice_ := store.opened(reader, after, _SLICE):
        facts = [fact for _, body in slice_ if (fact := _opened(body))]
        named = store.by_ids(reader, [fact.attempt_id for fact in facts])
        rows: dict[str, Attempt] = {row.id: row for row in named}
        found += [
            f"I14: attempt {fact.attempt_id}: it is not for what its first fact tells"
            for fact in facts
            if (row := rows.get(fact.attempt_id)) is None or AttemptOpened(*_told(row)) != fact
        ]
        after, told = slice_[-1][0], told + len(slice_)
    if (many := store.count(reader)) > told:
        found.append(f"I14: there are {many} attempts, facts tell of {told}")
    return found[:10]


def _opened(body: str) -> AttemptOpened | None:
    try:
        return msgspec.json.decode(body, type=AttemptOpened)
    except msgspec.DecodeError:
        return None  # Somebody edited it: the chain says so (I6).
