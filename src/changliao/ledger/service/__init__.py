"""The verbs of the ledger, split by noun. Each runs in the caller's transaction; nothing else changes
a balance."""

from changliao.ledger.service.accounts import (
    account_of,
    account_wish,
    close_account,
    open_account,
)
from changliao.ledger.service.batches import BATCH_MAX, open_many, post_many
from changliao.ledger.service.invariants import broken_invariants
from changliao.ledger.service.reading import (
    accounts_of,
    balance_at,
    balances_by_owner,
    find_account,
    get_account,
    get_transfer,
    holds_due,
    newest_seq,
    numbered,
    on_hold,
    statement,
    transfers_for,
    transfers_since,
    trial_balance,
)
from changliao.ledger.service.transfers import expire_hold, hold_of, post

__all__ = [
    "BATCH_MAX",
    "account_of",
    "account_wish",
    "accounts_of",
    "balance_at",
    "balances_by_owner",
    "broken_invariants",
    "close_account",
    "expire_hold",
    "find_account",
    "get_account",
    "get_transfer",
    "hold_of",
    "holds_due",
    "newest_seq",
    "numbered",
    "on_hold",
    "open_account",
    "open_many",
    "post",
    "post_many",
    "statement",
    "transfers_for",
    "transfers_since",
    "trial_balance",
]
