"""Official accounts themselves: made, changed, suspended; and who may speak for one."""

from typing import Any, Protocol

import msgspec

from changliao.accounts import rules
from changliao.accounts.events import (
    AccountChanged,
    AccountRegistered,
    AccountRestored,
    AccountSuspended,
)
from changliao.accounts.model import (
    Account,
    AskChange,
    AskMenu,
    AskRegister,
    AskRules,
    AskSuspend,
)
from changliao.accounts.model import refusals as r
from changliao.accounts.store import ACCOUNTS, reading
from changliao.chat import service as chat
from changliao.chat.model import AskFace
from changliao.db.table import Key, Table, V
from changliao.db.tx import Tx
from changliao.kernel.fact import Fact
from changliao.media import service as media
from changliao.media.model import PUBLIC, AskRelease, AskUse
from changliao.partners import service as partners
from changliao.partners.model import Caller, audience

_replace = msgspec.structs.replace


class Rows(Protocol):
    """A transaction or a reader: either finds rows by their keys."""

    def get(self, table: Table[V], key: Key) -> V | None:
        """The row with this key."""

    def find(self, table: Table[V], unique: tuple[str, ...], key: Key) -> V | None:
        """The row with this alternate key."""


def named(rows: Rows, name: str) -> Account | None:
    """The account with this id, or this handle."""
    if name.startswith("acc_"):
        return rows.get(ACCOUNTS, name)
    return rows.find(ACCOUNTS, ("handle",), name)


def of_voice(rows: Rows, owner: str) -> Account | None:
    """The account whose talks belong to this owner: to itself, or to the app whose own it is."""
    if owner.startswith("acc_"):
        return rows.get(ACCOUNTS, owner)
    return rows.find(ACCOUNTS, ("own_of",), owner)


def own(rows: Rows, caller: Caller, name: str) -> Account:
    """The caller's account; to every other app it does not exist."""
    return rules.own(named(rows, name), caller)


def writable(rows: Rows, caller: Caller, name: str) -> Account:
    """The caller's account, for who may change and speak for it."""
    partners.allows(caller, "accounts:write")
    return own(rows, caller, name)


def register(tx: Tx, ask: AskRegister) -> Account:
    """Make an official account, with a feed that nobody follows yet. The first of an app is its own, in
    whose name it gives receipts. Handles are given once and never again."""
    partners.allows(ask.caller, "accounts:write")
    handle, name, intro = rules.handle(ask.handle), rules.name(ask.name), rules.intro(ask.intro)
    app_id = ask.caller.app_id
    if tx.find(ACCOUNTS, ("handle",), handle):
        raise r.HandleTaken(field="handle")
    taken = tx.find(ACCOUNTS, ("own_of",), app_id) is not None
    if ask.own and taken:
        raise r.OwnTaken(field="own")
    if reading.count_of_app(tx, app_id) >= rules.ACCOUNTS_MAX:
        raise r.TooManyAccounts(field="app_id")
    account_id = tx.new_id("acc")
    if ask.avatar:
        media.use(tx, AskUse(ask.caller.uploader, ask.avatar, "avatar", PUBLIC))
    own_one = not taken if ask.own is None else ask.own
    account = Account(
        id=account_id,
        handle=handle,
        own_of=app_id if own_one else None,
        app_id=app_id,
        partner_id=ask.caller.partner_id,
        mode=ask.caller.mode,
        feed=chat.open_feed(tx, account_id, name).id,
        name=name,
        intro=intro,
        avatar=ask.avatar,
        welcome=(),
        fallback=(),
        menu=(),
        rules=(),
        open=True,
        suspended_for="",
        created_at=tx.now,
        changed_at=tx.now,
    )
    fact = AccountRegistered(account.id, app_id, handle, own_one, ask.caller.actor)
    _show(tx, account)
    tell(tx, account, fact)
    return tx.add(ACCOUNTS, account)


def change(tx: Tx, ask: AskChange) -> Account:
    """Change an account. The same again is no change and no fact."""
    account = writable(tx, ask.caller, ask.account_id)
    changed: dict[str, Any] = {}
    if ask.name is not None:
        changed["name"] = rules.name(ask.name)
    if ask.intro is not None:
        changed["intro"] = rules.intro(ask.intro)
    if ask.welcome is not None:
        changed["welcome"] = rules.replies(ask.welcome, "welcome")
    if ask.fallback is not None:
        changed["fallback"] = rules.replies(ask.fallback, "fallback")
    if ask.avatar is not None and ask.avatar != account.avatar:
        changed["avatar"] = _wear(tx, account, ask.caller.uploader, ask.avatar)
    for field in ("open", "mode"):
        if (value := getattr(ask, field)) is not None:
            changed[field] = value
    return _put(tx, account, changed, ask.caller)


def put_menu(tx: Tx, ask: AskMenu) -> Account:
    """Give an account another menu; an empty one takes it away."""
    account = writable(tx, ask.caller, ask.account_id)
    return _put(tx, account, {"menu": rules.menu(ask.buttons)}, ask.caller)


def put_rules(tx: Tx, ask: AskRules) -> Account:
    """Give an account other rules by which it answers."""
    account = writable(tx, ask.caller, ask.account_id)
    return _put(tx, account, {"rules": rules.rules_of(ask.rules)}, ask.caller)


def suspend(tx: Tx, ask: AskSuspend) -> Account:
    """The operator suspends an account, or (without a reason) lets it speak again."""
    account = named(tx, ask.account_id)
    if account is None:
        raise r.AccountNotFound(field="account")
    reason = rules.reason(ask.reason) if ask.reason else ""
    if reason == account.suspended_for:
        return account
    after = _replace(account, suspended_for=reason, changed_at=tx.now)
    _show(tx, after)
    fact: Fact = AccountRestored(account.id, ask.actor)
    tell(tx, after, AccountSuspended(account.id, reason, ask.actor) if reason else fact)
    return tx.put(ACCOUNTS, after)


def tell(tx: Tx, account: Account, fact: Fact, about: str = "") -> None:
    """A fact for the account's app, in the account's mode."""
    tx.emit(fact, about=about or account.id, audience=audience(account.app_id, account.mode))


def open_id(tx: Tx, account: Account, person: str) -> str:
    """How the account's app knows a person."""
    return partners.open_id_of(tx.vault, account.app_id, person)


def _put(tx: Tx, before: Account, changed: dict[str, Any], caller: Caller) -> Account:
    fields = tuple(name for name in changed if getattr(before, name) != changed[name])
    if not fields:
        return before
    after = _replace(before, changed_at=tx.now, **changed)
    _claim_pictures(tx, before, after, caller.uploader)
    _show(tx, after)
    tell(tx, after, AccountChanged(after.id, fields, caller.actor))
    return tx.put(ACCOUNTS, after)


def _claim_pictures(tx: Tx, before: Account, after: Account, uploader: str) -> None:
    """The account may say these pictures as long as they stand among its replies."""
    old, new = rules.pictures(before), rules.pictures(after)
    for one in sorted(new - old):
        media.use(tx, AskUse(uploader, one, "image", after.id))
    for one in sorted(old - new):
        media.release(tx, AskRelease(one, after.id))


def _wear(tx: Tx, account: Account, uploader: str, avatar: str) -> str:
    if avatar:
        media.use(tx, AskUse(uploader, avatar, "avatar", PUBLIC))
    if account.avatar:
        media.release(tx, AskRelease(account.avatar, PUBLIC))
    return avatar


def _show(tx: Tx, account: Account) -> None:
    """Chat shows the account as it is now: in its feed, and in its talks."""
    speaks = account.state == "open"
    for owner in dict.fromkeys((account.id, account.voice)):
        said = (owner, account.id, account.handle, account.name, account.avatar, speaks)
        chat.show_face(tx, AskFace(*said))
