"""Many at once: each for itself, but for linked runs, which happen whole or not at all."""

from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import Any, TypeVar

from changliao.db.lane import touches
from changliao.db.tx import Tx
from changliao.kernel.refusal import Refusal
from changliao.ledger.events import TransfersPosted
from changliao.ledger.model import (
    Account,
    AskAccount,
    AskTransfer,
    BatchTooLarge,
    ChainOpen,
    LinkedFailed,
    Result,
    Transfer,
)
from changliao.ledger.service.accounts import BY_OWNER, open_account
from changliao.ledger.service.transfers import post, wishes
from changliao.ledger.store import ACCOUNTS

BATCH_MAX = 8192

A = TypeVar("A", AskAccount, AskTransfer)
Made = Account | Transfer


def post_many(tx: Tx, asks: Sequence[AskTransfer]) -> list[Result]:
    """Carry out many transfers, each for itself but for linked runs, which happen whole or not at all.

    Answers one Result per ask, in order; at most 8,192. One fact tells of the whole batch.
    """
    if len(asks) > BATCH_MAX:
        raise BatchTooLarge(field="transfers")
    results = _each(tx, post, asks)
    written = [result.seq for result in results if result.seq]
    if written:
        refused = len(results) - len(written)
        tx.emit(TransfersPosted(written[0], written[-1], refused), about="ledger")
    return results


def open_many(tx: Tx, asks: Sequence[AskAccount]) -> list[Result]:
    """Open many accounts, each for itself but for linked runs; at most 8,192."""
    if len(asks) > BATCH_MAX:
        raise BatchTooLarge(field="accounts")
    return _each(tx, open_account, asks)


def _each(tx: Tx, verb: Callable[[Tx, A], Made], asks: Sequence[A]) -> list[Result]:
    results: list[Result] = []
    run: list[A] = []
    for ask in asks:
        if ask.linked or run:
            run.append(ask)
            if not ask.linked:
                results += _linked(tx, verb, run)
                run = []
        else:
            made = tx.attempt(verb, ask)
            results.append(Result(made.code) if isinstance(made, Refusal) else _created(made))
    if run:
        results += _linked(tx, verb, run)
    return results


def _linked(tx: Tx, verb: Callable[[Tx, A], Made], run: Sequence[A]) -> list[Result]:
    """All of a run, or one code for what was refused and another for the rest."""
    made: list[Made] = []
    is_open = run[-1].linked

    def all_of_them(tx: Tx, asks: Sequence[A]) -> None:
        for ask in asks:
            made.append(verb(tx, ask))
        if is_open:
            raise ChainOpen

    refusal = tx.attempt(all_of_them, run[:-1] if is_open else run)
    if refusal is None:
        return [_created(one) for one in made]
    results = [Result(LinkedFailed.code) for _ in run]
    results[len(made)] = Result(refusal.code)
    if is_open:
        results[-1] = Result(ChainOpen.code)
    return results


def _created(made: Made) -> Result:
    return Result("created", made.id, made.seq if isinstance(made, Transfer) else 0)


@touches(post_many)
def _wishes_to_post(tx: Tx, asks: Sequence[AskTransfer]) -> Iterator[Any]:
    asks = asks[:BATCH_MAX]
    for account_id in {ask.debit for ask in asks} | {ask.credit for ask in asks}:
        yield ACCOUNTS, account_id
    waiting = [wishes(tx, ask) for ask in asks if ask.id or ask.pending_id]
    for generator in waiting:
        yield from takewhile(_is_wish, generator)
    yield None  # Then the accounts of their holds.
    for generator in waiting:
        yield from generator


def _is_wish(wish: Any) -> bool:
    return wish is not None


@touches(open_many)
def _wishes_to_open(_tx: Tx, asks: Sequence[AskAccount]) -> Iterator[Any]:
    for ask in asks[:BATCH_MAX]:
        if ask.id:
            yield ACCOUNTS, ask.id
        yield ACCOUNTS, BY_OWNER, (ask.owner, ask.code, ask.currency, ask.mode)
