"""Accounts, balances and statements, from what is committed."""

from collections.abc import Sequence
from typing import Any, Literal

from changliao.db.driver import Reader
from changliao.ledger import store
from changliao.ledger.model import Account, AccountNotFound, Balance, Filter, Mode, Transfer
from changliao.ledger.service.accounts import BY_OWNER
from changliao.ledger.store import ACCOUNTS, TRANSFERS


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
    return reader.find(ACCOUNTS, BY_OWNER, (owner, code, currency, mode))  # type: ignore[no-any-return]


def accounts_of(reader: Reader, owner: str, code: str, mode: Mode) -> list[Account]:
    """All the currencies an owner keeps under one code."""
    return store.accounts_of(reader, owner, code, mode)


def balance_at(
    reader: Reader,
    account_id: str,
    moment: int,
    *,
    by: Literal["written_at", "happened_at"] = "written_at",
) -> Balance:
    """The posted balance as of a moment, by when it was written or (slower) by when it happened."""
    account = get_account(reader, account_id)
    if by == "happened_at":
        return Balance(account, moment, store.happened_balance(reader, account, moment))
    newest = store.entries(reader, account, Filter(limit=1, newest_first=True, until_at=moment))
    if not newest:
        return Balance(account, moment, 0)
    last = newest[0]
    return Balance(
        account, moment, last.debit_after if last.debit == account.id else last.credit_after
    )


def statement(reader: Reader, account_id: str, **wanted: Any) -> list[Transfer]:
    """Transfers of an account; what may be wanted are the fields of Filter. At most 1,000 at a time."""
    return store.entries(reader, get_account(reader, account_id), Filter(**wanted))


def get_transfer(reader: Reader, transfer_id: str) -> Transfer | None:
    """The transfer with this id, if there is one."""
    return reader.find(TRANSFERS, ("id",), transfer_id)  # type: ignore[no-any-return]


def numbered(reader: Reader, seq: int) -> Transfer:
    """The transfer with this number, which there must be."""
    found = reader.get(TRANSFERS, seq)
    assert found is not None, seq
    return found  # type: ignore[no-any-return]


def transfers_for(reader: Reader, account_ids: Sequence[str], limit: int) -> list[Transfer]:
    """The newest transfers that touch any of these accounts."""
    found = {
        transfer.seq: transfer
        for account_id in account_ids
        for transfer in statement(reader, account_id, limit=limit, newest_first=True)
    }
    return [found[seq] for seq in sorted(found, reverse=True)[:limit]]


def on_hold(reader: Reader, transfer_id: str) -> list[Transfer]:
    """What became of a hold: its posts and what was given back, in order."""
    return store.on_hold(reader, transfer_id)


def trial_balance(reader: Reader) -> list[tuple[str, str, str, int, int, int, int, int]]:
    """Per mode, currency and code: number of accounts and the sums of debits and credits."""
    return store.totals(reader)


def balances_by_owner(reader: Reader, code: str) -> list[tuple[str, str, str, int]]:
    """Owner, mode, currency and posted balance of every account of a code."""
    return store.balances_by_owner(reader, code)


def holds_due(reader: Reader, now: int, limit: int = 500) -> list[str]:
    """Ids of holds that have run out by now."""
    return store.holds_due(reader, now, limit)


def transfers_since(reader: Reader, seq: int, limit: int) -> list[Transfer]:
    """Transfers with greater numbers, in order."""
    return store.transfers_since(reader, seq, limit)


def newest_seq(reader: Reader) -> int:
    """The number of the newest transfer."""
    return store.newest_seq(reader)
