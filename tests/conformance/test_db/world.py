"""A small world of its own for these tests: accounts, their entries, orders, and things of every kind."""

from typing import Any

import msgspec

from changliao.db.driver import Reader
from changliao.db.migrate import Migration
from changliao.db.table import ALL, Table
from changliao.db.tx import Tx
from changliao.kernel.fact import Fact
from changliao.kernel.refusal import CATALOGUE, Conflict, Exhausted, NotFound
from changliao.kernel.value import Value

MIGRATION = Migration(
    "900_try.sql",
    """
-- Tables that only these tests know.
CREATE TABLE try_accounts (
    id TEXT PRIMARY KEY,
    owner TEXT,
    name TEXT NOT NULL,
    balance BIGINT NOT NULL,
    UNIQUE (owner, name)
);
CREATE TABLE try_entries (
    account_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (account_id, number)
);
CREATE TABLE try_orders (id TEXT PRIMARY KEY, number BIGINT NOT NULL UNIQUE);
CREATE TABLE try_things (
    id TEXT PRIMARY KEY,
    text TEXT,
    number BIGINT,
    yes BOOLEAN,
    raw BYTEA,
    notes TEXT NOT NULL,
    parts TEXT NOT NULL
);
""",
)


class Account(Value, frozen=True):
    """An account; its owner has one of each name, an account of nobody may be called anything."""

    id: str
    owner: str | None
    name: str
    balance: int


class Entry(Value, frozen=True):
    """What was paid into an account."""

    account_id: str
    number: int
    amount: int


class Order(Value, frozen=True):
    """An order. That its number is unique is known to the index alone, not to the table's declaration."""

    id: str
    number: int


class Thing(Value, frozen=True):
    """One column of each kind."""

    id: str
    text: str | None
    number: int | None
    yes: bool | None
    raw: bytes | None
    notes: dict[str, int]
    parts: tuple[str, ...]


ACCOUNTS = Table("try_accounts", Account, unique=[("owner", "name")])
ENTRIES = Table("try_entries", Entry, key=("account_id", "number"), append=True)
ORDERS = Table("try_orders", Order)
THINGS = Table("try_things", Thing)
for _table in (ACCOUNTS, ENTRIES, ORDERS, THINGS):
    ALL.remove(_table)  # No table of the house.


class TooLittle(Conflict, code="try_too_little"):
    """There is not that much in the account."""


class Later(Exhausted, code="try_later"):
    """Not now."""


REFUSALS = {code: CATALOGUE.pop(code) for code in ("try_too_little", "try_later")}


class Noted(Fact, frozen=True):
    """Something was noted. It has no kind, so it is no fact of the house."""

    text: str


class AskPay(Value, frozen=True):
    """Pay into or out of an account."""

    account_id: str
    amount: int


class AskMove(Value, frozen=True):
    """Move between accounts, one step after the other."""

    source: str
    target: str
    amount: int


def open_account(tx: Tx, asked: Account) -> Account:
    """A new account, or the one that is there under this owner and name."""
    return tx.find(ACCOUNTS, ("owner", "name"), (asked.owner, asked.name)) or tx.add(
        ACCOUNTS, asked
    )


def pay(tx: Tx, asked: AskPay) -> Account:
    """Change a balance; an entry, a number and a fact go with it. It refuses after it wrote them."""
    account = tx.get(ACCOUNTS, asked.account_id)
    if account is None:
        raise NotFound("account")
    after = msgspec.structs.replace(account, balance=account.balance + asked.amount)
    tx.put(ACCOUNTS, after)
    tx.add(ENTRIES, Entry(account.id, tx.next_number(f"entries of {account.id}"), asked.amount))
    tx.emit(Noted(f"{asked.amount:+}"), about=account.id)
    if after.balance < 0:
        raise TooLittle(balance=account.balance)
    return after


def move(tx: Tx, asked: AskMove) -> Account:
    """Into the target first, so that a refusal by the source has something to undo."""
    pay(tx, AskPay(asked.target, asked.amount))
    return pay(tx, AskPay(asked.source, -asked.amount))


def place_order(tx: Tx, asked: Order) -> Order:
    """A new order; who sends a number twice is found out by the index, at the flush."""
    tx.emit(Noted(asked.id), about=asked.id)
    return tx.add(ORDERS, asked)


def write_down(tx: Tx, text: str) -> int:
    """A fact and nothing else; the answer is the moment."""
    tx.emit(Noted(text), about="note")
    return tx.now


def everything(reader: Reader) -> dict[str, list[Any]]:
    """All that these tests write, and what the lane keeps beside it."""
    return {
        "accounts": reader.rows(ACCOUNTS, "ORDER BY id"),
        "entries": reader.rows(ENTRIES, "ORDER BY account_id, number"),
        "orders": reader.rows(ORDERS, "ORDER BY id"),
        "things": reader.rows(THINGS, "ORDER BY id"),
        "facts": reader.query("SELECT seq, about, body FROM facts ORDER BY seq"),
    }


def balances(reader: Reader) -> dict[str, int]:
    """Every account and what is in it."""
    return {account.id: account.balance for account in reader.rows(ACCOUNTS, "ORDER BY id")}
