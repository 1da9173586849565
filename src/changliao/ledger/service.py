"""The verbs of the ledger. Each runs in the caller's transaction; nothing else changes a balance."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from changliao.db.driver import Reader
from changliao.db.tx import Tx
from changliao.kernel.instant import Instant, later
from changliao.kernel.refusal import Refusal
from changliao.kernel.value import Value
from changliao.ledger import rules, store
from changliao.ledger.events import HoldExpired, TransfersPosted
from changliao.ledger.model import (
    Account,
    AccountId,
    AccountNotFound,
    AccountTaken,
    AskAccount,
    AskTransfer,
    Balance,
    BatchTooLarge,
    ChainOpen,
    Hold,
    LinkedFailed,
    Mode,
    Result,
    Transfer,
    TransferId,
)
from changliao.ledger.store import ACCOUNTS, HOLDS, TRANSFERS

BATCH_MAX = 8192

_BY_OWNER = ("owner", "code", "currency", "mode")
A = TypeVar("A", AskAccount, AskTransfer)


def open_account(tx: Tx, ask: AskAccount) -> Account:
    """Open an account with nothing on it.

    Refuses malformed asks, an id that exists (with what differs), and a second account of the same
    owner, code, currency and mode.
    """
    rules.account_ask(ask)
    if ask.id and (earlier := tx.get(ACCOUNTS, ask.id)):
        rules.account_again(earlier, ask)
    if tx.find(ACCOUNTS, _BY_OWNER, (ask.owner, ask.code, ask.currency, ask.mode)):
        raise AccountTaken(field="owner")
    account = Account(
        AccountId(ask.id or tx.new_id("acc")),
        ask.owner,
        ask.code,
        ask.currency,
        ask.mode,
        ask.no_overdraft,
        ask.no_credit_excess,
        closed=False,
        debits_posted=0,
        credits_posted=0,
        debits_pending=0,
        credits_pending=0,
        opened_at=tx.now,
    )
    return tx.add(ACCOUNTS, account)


def account_of(
    tx: Tx, owner: str, code: str, currency: str, mode: Mode, *, no_overdraft: bool = False
) -> Account:
    """The owner's account of this code, currency and mode; opened when it is not there yet."""
    found = tx.find(ACCOUNTS, _BY_OWNER, (owner, code, currency, mode))
    return found or open_account(
        tx, AskAccount(owner, code, currency, mode, no_overdraft=no_overdraft)
    )


def close_account(tx: Tx, account_id: str) -> Account:
    """Close an account that is empty; it then takes and gives nothing more."""
    return tx.put(ACCOUNTS, rules.closing(tx.get(ACCOUNTS, account_id)))


def post(tx: Tx, ask: AskTransfer) -> Transfer:
    """Carry out one transfer: at once, or as a hold, or on a hold (see AskTransfer).

    Refuses with a code as fine as TigerBeetle's (docs/ledger.md lists them in the order in which
    they are checked); a refusal moves nothing. Asking twice with one id is refused as `exists`.
    """
    rules.transfer_ask(ask)
    if ask.id and (earlier := tx.find(TRANSFERS, ("id",), ask.id)):
        rules.transfer_again(
            earlier, ask, tx.get(HOLDS, ask.pending_id) if ask.pending_id else None
        )
    if ask.kind in ("post", "void"):
        return _on_hold(tx, ask)
    debit, credit = rules.meet(ask, tx.get(ACCOUNTS, ask.debit), tx.get(ACCOUNTS, ask.credit))
    if ask.kind == "pending":
        return _hold(tx, ask, debit, credit)
    debit, credit = rules.move(debit, credit, ask.amount)
    return _write(tx, ask, debit, credit, ask.amount)


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
    """Open many accounts, each for itself but for linked runs."""
    if len(asks) > BATCH_MAX:
        raise BatchTooLarge(field="accounts")
    return _each(tx, open_account, asks)


def expire_hold(tx: Tx, transfer_id: str) -> Transfer | None:
    """Give back what is left of a hold that has run out by `tx.now`; None when there is nothing to do."""
    hold = tx.get(HOLDS, transfer_id)
    if hold is None or hold.state != "open" or not 0 < hold.expires_at <= tx.now:
        return None
    pending = tx.get(TRANSFERS, hold.seq)
    assert pending is not None
    ask = AskTransfer(hold.remaining, kind="expire", pending_id=hold.id, code=pending.code)
    tx.emit(HoldExpired(hold.id, pending.ref, hold.remaining), about=pending.ref or hold.id)
    return _give_back(tx, ask, pending, hold, "expired")


def _on_hold(tx: Tx, ask: AskTransfer) -> Transfer:
    pending = tx.find(TRANSFERS, ("id",), ask.pending_id)
    hold = tx.get(HOLDS, ask.pending_id)
    amount = rules.on_hold(ask, pending, hold, pending.code if pending else "", tx.now)
    assert pending is not None and hold is not None
    if ask.kind == "void":
        return _give_back(tx, ask, pending, hold, "voided")
    debit, credit = _accounts(tx, hold)
    released = hold.remaining if ask.final else amount
    debit, credit = rules.post_held(debit, credit, amount, released)
    remaining = hold.remaining - released
    _change_hold(tx, hold, remaining, "open" if remaining else "posted")
    return _write(tx, _like(ask, pending), debit, credit, amount)


def _hold(tx: Tx, ask: AskTransfer, debit: Account, credit: Account) -> Transfer:
    debit, credit = rules.set_aside(debit, credit, ask.amount)
    transfer = _write(tx, ask, debit, credit, ask.amount)
    tx.add(
        HOLDS,
        Hold(
            transfer.id,
            transfer.seq,
            debit.id,
            credit.id,
            ask.amount,
            ask.amount,
            "open",
            transfer.expires_at,
        ),
    )
    return transfer


def _give_back(tx: Tx, ask: AskTransfer, pending: Transfer, hold: Hold, state: Any) -> Transfer:
    debit, credit = rules.release(*_accounts(tx, hold), hold.remaining)
    _change_hold(tx, hold, 0, state)
    return _write(tx, _like(ask, pending), debit, credit, hold.remaining)


def _accounts(tx: Tx, hold: Hold) -> tuple[Account, Account]:
    debit, credit = tx.get(ACCOUNTS, hold.debit), tx.get(ACCOUNTS, hold.credit)
    assert debit is not None and credit is not None
    return debit, credit


def _change_hold(tx: Tx, hold: Hold, remaining: int, state: Any) -> None:
    tx.put(HOLDS, msgspec.structs.replace(hold, remaining=remaining, state=state))


def _like(ask: AskTransfer, pending: Transfer) -> AskTransfer:
    """What a post or void leaves out is the hold's."""
    return msgspec.structs.replace(
        ask, code=pending.code, ref=ask.ref or pending.ref, memo=ask.memo or pending.memo
    )


def _write(tx: Tx, ask: AskTransfer, debit: Account, credit: Account, amount: int) -> Transfer:
    """Keep both accounts as they are now and the transfer that made them so."""
    tx.put(ACCOUNTS, debit)
    tx.put(ACCOUNTS, credit)
    now = tx.now
    transfer = Transfer(
        tx.next_number("ledger_transfers"),
        TransferId(ask.id or tx.new_id("tr")),
        ask.kind,
        debit.id,
        credit.id,
        amount,
        debit.currency,
        debit.mode,
        ask.code,
        ask.ref,
        ask.memo,
        ask.pending_id,
        ask.final,
        later(now, ask.timeout_s) if ask.timeout_s else 0,
        ask.happened_at or now,
        now,
        debit.balance,
        credit.balance,
    )
    return tx.add(TRANSFERS, transfer, fresh=True)


def _each(tx: Tx, verb: Callable[[Tx, A], Value], asks: Sequence[A]) -> list[Result]:
    results: list[Result] = []
    start = 0
    while start < len(asks):
        end = start
        while end < len(asks) and asks[end].linked:
            end += 1
        if end == len(asks):
            failed = [Result(LinkedFailed.code) for _ in asks[start + 1 :]]
            return [*results, *failed, Result(ChainOpen.code)]
        run = asks[start : end + 1]
        results += [_one(tx, verb, run[0])] if len(run) == 1 else _linked(tx, verb, run)
        start = end + 1
    return results


def _one(tx: Tx, verb: Callable[[Tx, A], Any], ask: A) -> Result:
    made = tx.attempt(verb, ask)
    return Result(made.code) if isinstance(made, Refusal) else _created(made)


def _linked(tx: Tx, verb: Callable[[Tx, A], Any], run: Sequence[A]) -> list[Result]:
    made: list[Any] = []

    def all_of_them(tx: Tx, asks: Sequence[A]) -> None:
        for ask in asks:
            made.append(verb(tx, ask))

    refusal = tx.attempt(all_of_them, run)
    if not isinstance(refusal, Refusal):
        return [_created(one) for one in made]
    results = [Result(LinkedFailed.code) for _ in run]
    results[len(made)] = Result(refusal.code)
    return results


def _created(made: Account | Transfer) -> Result:
    return Result("created", made.id, made.seq if isinstance(made, Transfer) else 0)


# Reading ------------------------------------------------------------------------------------


def get_account(reader: Reader, account_id: str) -> Account:
    """The account as it stands."""
    found = reader.get(ACCOUNTS, account_id)
    if found is None:
        raise AccountNotFound(field="id")
    return found  # type: ignore[no-any-return]


def find_account(
    reader: Reader, owner: str, code: str, currency: str, mode: Mode
) -> Account | None:
    """The owner's account of this code, currency and mode, if there is one."""
    return reader.find(ACCOUNTS, _BY_OWNER, (owner, code, currency, mode))  # type: ignore[no-any-return]


def accounts_of(reader: Reader, owner: str, code: str, mode: Mode) -> list[Account]:
    """All the currencies an owner keeps under one code."""
    return reader.rows(
        ACCOUNTS, "WHERE owner = ? AND code = ? AND mode = ? ORDER BY currency", owner, code, mode
    )


def balance_at(
    reader: Reader, account_id: str, moment: Instant, *, by: str = "written_at"
) -> Balance:
    """The posted balance as of a moment, by when it was written or (slower) by when it happened."""
    account = get_account(reader, account_id)
    if by == "happened_at":
        return Balance(account, moment, store.balance_before(reader, account, by, moment))
    last = store.last_before(reader, account, moment)
    if last is None:
        return Balance(account, moment, 0)
    after = last.debit_after if last.debit == account.id else last.credit_after
    return Balance(account, moment, after)


def statement(reader: Reader, account_id: str, **filters: Any) -> list[Transfer]:
    """Transfers of an account in the order they were written; filters as in `store.entries`."""
    return store.entries(reader, account_id, **{"after": 0, "before": 0, "limit": 100, **filters})


def transfers_for(reader: Reader, account_ids: Sequence[str], limit: int) -> list[Transfer]:
    """The newest transfers that touch any of these accounts."""
    found = {
        transfer.seq: transfer
        for account_id in account_ids
        for transfer in statement(reader, account_id, limit=limit, newest_first=True)
    }
    return [found[seq] for seq in sorted(found, reverse=True)[:limit]]


def trial_balance(reader: Reader) -> list[tuple[str, str, str, int, int, int, int, int]]:
    """Per mode, currency and code: number of accounts and the sums of debits and credits."""
    return store.totals(reader)


def holds_due(reader: Reader, now: int, limit: int = 500) -> list[str]:
    """Ids of holds that have run out by now."""
    return store.holds_due(reader, now, limit)


def hold_of(tx: Tx, transfer_id: str) -> Hold | None:
    """What is left of a pending transfer, inside a transaction."""
    return tx.get(HOLDS, transfer_id)


def balances_by_owner(reader: Reader, code: str) -> list[tuple[str, str, str, int]]:
    """Owner, mode, currency and posted balance of every account of a code."""
    return store.balances_by_owner(reader, code)


def transfers_since(reader: Reader, seq: int, limit: int) -> list[Transfer]:
    """Transfers with greater numbers, in order."""
    return reader.rows(TRANSFERS, "WHERE seq > ? ORDER BY seq LIMIT ?", seq, limit)


def newest_seq(reader: Reader) -> int:
    """The number of the newest transfer."""
    return store.newest_seq(reader)
