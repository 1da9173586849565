"""Opening and closing accounts."""

from changliao.db.lane import Wish
from changliao.db.tx import Tx
from changliao.ledger import rules
from changliao.ledger.model import Account, AccountId, AccountTaken, AskAccount, Mode
from changliao.ledger.store import ACCOUNTS

BY_OWNER = ("owner", "code", "currency", "mode")


def open_account(tx: Tx, ask: AskAccount) -> Account:
    """Open an account with nothing on it.

    Refuses malformed asks, an id that exists (with what differs), and a second account of the same
    owner, code, currency and mode.
    """
    if ask.id:
        rules.account_id(ask.id)
        if earlier := tx.get(ACCOUNTS, ask.id):
            rules.account_again(earlier, ask)
    rules.account_ask(ask)
    if tx.find(ACCOUNTS, BY_OWNER, (ask.owner, ask.code, ask.currency, ask.mode)):
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
    found = tx.find(ACCOUNTS, BY_OWNER, (owner, code, currency, mode))
    return found or open_account(
        tx, AskAccount(owner, code, currency, mode, no_overdraft=no_overdraft)
    )


def account_wish(owner: str, code: str, currency: str, mode: Mode) -> Wish:
    """What `account_of` looks for, for the `touches` of other rooms."""
    return ACCOUNTS, BY_OWNER, (owner, code, currency, mode)


def close_account(tx: Tx, account_id: str) -> Account:
    """Close an account that is empty; it then takes and gives nothing more."""
    return tx.put(ACCOUNTS, rules.closing(tx.get(ACCOUNTS, account_id)))
