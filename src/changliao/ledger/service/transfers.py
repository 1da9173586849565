"""Moving money: at once, as a hold, and on a hold."""

from collections.abc import Iterator
from typing import Any, Literal

from msgspec.structs import replace

from changliao.db.lane import touches
from changliao.db.tx import Tx
from changliao.kernel.instant import later
from changliao.ledger import rules
from changliao.ledger.events import HoldExpired
from changliao.ledger.model import Account, AskTransfer, Hold, Kind, Mark, Transfer, TransferId
from changliao.ledger.store import ACCOUNTS, HOLDS, MARKS, TRANSFERS

BY_ID = ("id",)


def post(tx: Tx, ask: AskTransfer) -> Transfer:
    """Carry out one transfer: at once, or as a hold, or on a hold (see AskTransfer).

    Refuses with a code as fine as TigerBeetle's (docs/ledger.md lists them in the order in which
    they are checked); a refusal moves nothing. Asking twice with one id is refused as `exists`.
    """
    if ask.id:
        rules.transfer_id(ask.id)
        if earlier := tx.find(TRANSFERS, BY_ID, ask.id):
            hold = tx.get(HOLDS, ask.pending_id) if ask.pending_id else None
            rules.transfer_again(earlier, ask, hold)
    rules.transfer_ask(ask)
    if ask.pending_id:
        return _on_hold(tx, ask)
    debit, credit = rules.meet(ask, tx.get(ACCOUNTS, ask.debit), tx.get(ACCOUNTS, ask.credit))
    if ask.kind == "pending":
        return _set_aside(tx, ask, debit, credit)
    rules.may_move(debit, credit, ask.amount, 0)
    return _write(tx, ask.kind, ask, debit, credit, ask.amount, 0)


def expire_hold(tx: Tx, transfer_id: str) -> Transfer | None:
    """Give back what is left of a hold that has run out by `tx.now`; None when there is nothing to do."""
    hold = tx.get(HOLDS, transfer_id)
    if hold is None or hold.state != "open" or not rules.has_run_out(hold, tx.now):
        return None
    pending = tx.get(TRANSFERS, hold.seq)
    assert pending is not None
    tx.emit(HoldExpired(hold.id, pending.ref, hold.remaining), about=pending.ref or hold.id)
    return _give_back(tx, "expire", AskTransfer(0, pending_id=hold.id), pending, hold)


def hold_of(tx: Tx, transfer_id: str) -> Hold | None:
    """What is left of a pending transfer, inside a transaction."""
    return tx.get(HOLDS, transfer_id)


def _set_aside(tx: Tx, ask: AskTransfer, debit: Account, credit: Account) -> Transfer:
    amount = ask.amount
    rules.may_move(debit, credit, 0, amount)
    made = _write(tx, "pending", ask, debit, credit, 0, amount)
    hold = Hold(made.id, made.seq, made.debit, made.credit, amount, amount, "open", made.expires_at)
    tx.add(HOLDS, hold)
    return made


def _on_hold(tx: Tx, ask: AskTransfer) -> Transfer:
    pending = tx.find(TRANSFERS, BY_ID, ask.pending_id)
    hold = tx.get(HOLDS, ask.pending_id)
    amount = rules.on_hold(ask, pending, hold, tx.now)
    assert pending is not None and hold is not None
    if ask.kind == "void":
        return _give_back(tx, "void", ask, pending, hold)
    released = hold.remaining if ask.final else amount
    debit, credit = _accounts(tx, hold)
    rules.may_move(debit, credit, amount, -released)
    remaining = hold.remaining - released
    state: Literal["open", "posted"] = "open" if remaining else "posted"
    tx.put(HOLDS, replace(hold, remaining=remaining, state=state, posted=hold.posted + amount))
    return _write(tx, "post", _like(pending, ask, amount), debit, credit, amount, -released)


def _give_back(
    tx: Tx, kind: Literal["void", "expire"], ask: AskTransfer, pending: Transfer, hold: Hold
) -> Transfer:
    tx.put(HOLDS, replace(hold, remaining=0, state=_GIVEN_BACK[kind]))
    ask = _like(pending, ask, hold.remaining)
    return _write(tx, kind, ask, *_accounts(tx, hold), 0, -hold.remaining)


_GIVEN_BACK = {"void": "voided", "expire": "expired"}


def _accounts(tx: Tx, hold: Hold) -> tuple[Account, Account]:
    debit, credit = tx.get(ACCOUNTS, hold.debit), tx.get(ACCOUNTS, hold.credit)
    assert debit is not None and credit is not None
    return debit, credit


def _like(pending: Transfer, ask: AskTransfer, amount: int) -> AskTransfer:
    """What a post or void leaves out is the hold's."""
    ref, memo = ask.ref or pending.ref, ask.memo or pending.memo
    return replace(ask, amount=amount, code=pending.code, ref=ref, memo=memo)


def _write(
    tx: Tx, kind: Kind, ask: AskTransfer, debit: Account, credit: Account, posted: int, pending: int
) -> Transfer:
    """Change both accounts and keep the transfer that changed them. Nothing refuses from here on."""
    seq = tx.next_number("ledger_transfers")
    debited = tx.put(ACCOUNTS, rules.debited(debit, posted, pending, seq))
    credited = tx.put(ACCOUNTS, rules.credited(credit, posted, pending, seq))
    for account in (debited, credited):
        if rules.is_marked(account):
            tx.add(MARKS, Mark(account.id, seq))
    now = tx.now
    transfer = Transfer(
        seq,
        TransferId(ask.id or tx.new_id("tr")),
        kind,
        debit.id,
        credit.id,
        ask.amount,
        debit.currency,
        debit.mode,
        ask.code,
        ask.happened_at or now,
        now,
        debited.balance,
        credited.balance,
        debit.last_seq,
        credit.last_seq,
        ask.ref,
        ask.memo,
        ask.pending_id,
        ask.final,
        later(now, ask.timeout_s) if ask.timeout_s else 0,
    )
    return tx.add(TRANSFERS, transfer, fresh=True)


@touches(post)
def wishes(tx: Tx, ask: AskTransfer) -> Iterator[Any]:
    """The rows that a post wants."""
    if ask.id:
        yield TRANSFERS, BY_ID, ask.id
    if not ask.pending_id:
        yield ACCOUNTS, ask.debit
        yield ACCOUNTS, ask.credit
        return
    yield TRANSFERS, BY_ID, ask.pending_id
    yield HOLDS, ask.pending_id
    yield None
    if hold := tx.peek(HOLDS, ask.pending_id):
        yield ACCOUNTS, hold.debit
        yield ACCOUNTS, hold.credit
