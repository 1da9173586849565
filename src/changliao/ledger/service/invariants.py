"""The proof of the books: I1 to I5, told in plain words. The hash chain is `db.audit`'s."""

from collections.abc import Iterator

from changliao.db.driver import Reader
from changliao.ledger import store
from changliao.ledger.model import Account

SLICE = 250_000
"""Accounts folded at a time, so that memory stays bounded however many there are."""


def broken_invariants(reader: Reader, *, accounts_at_once: int = SLICE) -> Iterator[str]:
    """What is wrong with the ledger; per rule the first wrong row. Nothing when all is well.

    I1 debits equal credits; I2 accounts are the fold of their transfers; I3 no account is beyond
    its bounds; I4 transfers are sound; I5 holds follow from their transfers.
    """
    yield from _sums_that_differ(reader)
    yield from _wrong_folds(reader, accounts_at_once)
    if account := store.account_out_of_bounds(reader):
        yield f"I3: account {account.id} is beyond its bounds: {_figures(account)}"
    if seq := store.unfit_transfer(reader):
        yield (
            f"I4: transfer {seq} moves nothing, or its accounts are missing, the same,"
            " or of another currency or mode"
        )
    if hold := store.untrue_hold(reader):
        yield (
            f"I5: hold {hold.id} says {hold.state}, {hold.posted} posted and {hold.remaining} left"
            f" of {hold.amount}, which does not follow from its transfers"
        )
    if seq := store.lost_hold(reader):
        yield f"I5: pending transfer {seq} has no hold"


def _sums_that_differ(reader: Reader) -> Iterator[str]:
    for mode, currency, debits, credits_, held_debits, held_credits in store.unequal_sums(reader):
        yield (
            f"I1: in {mode} {currency} {debits} was debited and {credits_} credited,"
            f" {held_debits} and {held_credits} are held"
        )


def _wrong_folds(reader: Reader, at_once: int) -> Iterator[str]:
    """I2, one slice of accounts after the other; the first wrong row of each slice."""
    after = ""
    while accounts := store.accounts_from(reader, after, at_once):
        wrong = _wrong_fold(reader, accounts)
        if wrong:
            yield f"I2: {wrong}"
        after = accounts[-1].id


class _Fold:
    """What the transfers seen so far make of one account."""

    __slots__ = ("credits", "debits", "entries", "held_credits", "held_debits", "last_seq")

    def __init__(self) -> None:
        self.debits = self.credits = self.held_debits = self.held_credits = 0
        self.entries = self.last_seq = 0

    @property
    def balance(self) -> int:
        return self.credits - self.debits

    def agrees(self, account: Account) -> bool:
        return (
            account.debits_posted == self.debits
            and account.credits_posted == self.credits
            and account.debits_pending == self.held_debits
            and account.credits_pending == self.held_credits
            and account.entries == self.entries
            and account.last_seq == self.last_seq
        )


def _wrong_fold(reader: Reader, accounts: list[Account]) -> str:
    folds: dict[str, _Fold] = {account.id: _Fold() for account in accounts}
    for seq, kind, debit, credit, amount, *afters, debit_prev, credit_prev in store.movements(
        reader
    ):
        moved = amount if kind in ("single", "post") else 0
        if fold := folds.get(debit):
            fold.debits += moved
            if wrong := _step(fold, seq, debit, debit_prev, afters[0]):
                return wrong
        if fold := folds.get(credit):
            fold.credits += moved
            if wrong := _step(fold, seq, credit, credit_prev, afters[1]):
                return wrong
    for debit, credit, remaining in store.open_holds(reader):
        if fold := folds.get(debit):
            fold.held_debits += remaining
        if fold := folds.get(credit):
            fold.held_credits += remaining
    for account in accounts:
        fold = folds[account.id]
        if not fold.agrees(account):
            return (
                f"account {account.id} says {_figures(account)}, its {fold.entries} transfers and"
                f" open holds make {fold.debits} debited, {fold.credits} credited,"
                f" {fold.held_debits} and {fold.held_credits} held, the last being {fold.last_seq}"
            )
    return ""


def _step(fold: _Fold, seq: int, account_id: str, prev: int, after: int) -> str:
    """Take one transfer into the fold; what it says that the fold does not, if anything."""
    if prev != fold.last_seq:
        return f"transfer {seq} follows {prev} on {account_id}, but {fold.last_seq} was before it"
    fold.entries, fold.last_seq = fold.entries + 1, seq
    if after != fold.balance:
        return f"transfer {seq} left {account_id} at {after}, its transfers make {fold.balance}"
    return ""


def _figures(account: Account) -> str:
    return (
        f"{account.debits_posted} debited, {account.credits_posted} credited,"
        f" {account.debits_pending} and {account.credits_pending} held,"
        f" {account.entries} transfers, the last being {account.last_seq}"
    )
