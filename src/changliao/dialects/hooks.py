"""The verbs of registered addresses: who is told of which events, and planning to tell them."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from changliao.bus.outbox import for_an_audience, hears
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.db.tx import Tx
from changliao.db.vault import Vault
from changliao.dialects import model as m
from changliao.dialects import service, store
from changliao.dialects.model import (
    Account,
    AskHook,
    AskHookChange,
    AskOpening,
    AskSayMore,
    DialectName,
    Hook,
    Hooked,
    Particulars,
    Said,
)
from changliao.dialects.store import ACCOUNTS, HOOKED, HOOKS, NOTICES, PARTICULARS, SPEAKING
from changliao.kernel.instant import later
from changliao.partners import service as partners
from changliao.partners.model import Caller

HOOKS_MAX = 16
GIVEN_UP_MAX = 10_000
OLD_SECRET_S = 24 * 3600

Tells = Callable[[Reader, Account, FactRow], list[tuple[str, str]]]
"""The events that a fact is to an account in a dialect: kind and subject of each."""


def open_account(tx: Tx, ask: AskOpening) -> Account:
    """Open an account, its key and its registered address, which is told everything: all or nothing."""
    account = service.open_account(tx, ask.account)
    if ask.key is not None:
        partners.issue_key(tx, ask.key)
    if ask.url:
        add_hook(tx, AskHook(ask.account.caller, account.id, ask.url, ("*",), ask.secret))
    return account


def add_hook(tx: Tx, ask: AskHook) -> Hook:
    """Tell this address of events of these kinds from now on; at most 16 for an account."""
    partners.allows(ask.caller, "webhooks:write")
    earlier = tx.get(HOOKED, ask.account_id)
    ids = earlier.hook_ids if earlier else ()
    if len(ids) >= HOOKS_MAX:
        raise m.TooManyHooks(field="url")
    hook_id = tx.new_id("we")
    now = Hooked(ask.account_id, (*ids, hook_id))
    if earlier is None:
        tx.add(HOOKED, now)
    else:
        tx.put(HOOKED, now)
    return tx.add(
        HOOKS,
        Hook(
            hook_id,
            ask.account_id,
            ask.url,
            ask.kinds,
            ask.description,
            ask.metadata,
            ask.version,
            "enabled",
            _seal(tx.vault, hook_id, "secret", ask.secret),
            "",
            0,
            tx.now,
        ),
    )


def change_hook(tx: Tx, ask: AskHookChange) -> Hook:
    """Change, roll or remove a registered address. One that is not enabled any more is told nothing,
    not even what is on its way; for a day after a roll the old secret signs beside the new one."""
    partners.allows(ask.caller, "webhooks:write")
    hook = hook_of(tx, ask.caller, ask.hook_id)
    changes: dict[str, Any] = {
        name: value
        for name in ("url", "kinds", "description", "metadata", "state")
        if (value := getattr(ask, name)) is not None
    }
    if ask.secret is not None:
        old = secrets_of(tx.vault, hook, tx.now)[0]
        changes["secret"] = _seal(tx.vault, hook.id, "secret", ask.secret)
        changes["old_secret"] = _seal(tx.vault, hook.id, "old_secret", old)
        changes["old_until"] = later(tx.now, OLD_SECRET_S)
    hook = msgspec.structs.replace(hook, **changes)
    if hook.state != "enabled":
        _give_up(tx, hook)
    if hook.state == "removed":
        hooked = tx.get(HOOKED, hook.account_id)
        assert hooked is not None
        left = tuple(one for one in hooked.hook_ids if one != hook.id)
        tx.put(HOOKED, Hooked(hook.account_id, left))
    return tx.put(HOOKS, hook)


def planner(dialect: DialectName, tells: Tells) -> Callable[[Tx, Sequence[FactRow]], None]:
    """A follower that puts a notice on its way to each address that wants an event."""

    @hears(for_an_audience)
    def plan(tx: Tx, facts: Sequence[FactRow]) -> None:
        for fact in facts:
            speaking = tx.get(SPEAKING, fact.audience) if fact.audience else None
            for account_id in speaking.account_ids if speaking else ():
                listening = _listening(tx, account_id)
                account = tx.get(ACCOUNTS, account_id) if listening else None
                if account and account.dialect == dialect and not account.closed_at:
                    _plan(tx, account, fact, tells, listening)

    return plan


def _listening(tx: Tx, account_id: str) -> list[Hook]:
    hooked = tx.get(HOOKED, account_id)
    wanted = [tx.get(HOOKS, one) for one in (hooked.hook_ids if hooked else ())]
    return [one for one in wanted if one is not None and one.state == "enabled"]


def _plan(tx: Tx, account: Account, fact: FactRow, tells: Tells, listening: Sequence[Hook]) -> None:
    for kind, subject in tells(tx, account, fact):
        for hook in listening:
            if "*" in hook.kinds or kind in hook.kinds:
                service.add_notice(
                    tx, account, fact, kind, subject=subject, url=hook.url, hook=hook.id
                )


def _give_up(tx: Tx, hook: Hook) -> None:
    for notice in store.waiting_for(tx, hook.id, GIVEN_UP_MAX):
        known = tx.get(NOTICES, notice.id)
        assert known is not None
        given_up = msgspec.structs.replace(known, state="failed", trouble="endpoint switched off")
        tx.put(NOTICES, given_up)


def say_more(tx: Tx, ask: AskSayMore) -> Particulars:
    """Add to, change or take from what was said about a thing; the edge has seen that it is the account's."""
    known = tx.get(PARTICULARS, ask.about)
    if known is None:
        said = {name: text for name, text in ask.said.items() if text}
        return service.note_said(tx, ask.about, Said(ask.account, said=said))
    merged = {name: text for name, text in {**known.said, **ask.said}.items() if text}
    return tx.put(PARTICULARS, msgspec.structs.replace(known, said=merged))


def reseal_hook(tx: Tx, hook_id: str) -> None:
    """Seal a registered address's secrets under the active master key."""
    hook = tx.get(HOOKS, hook_id)
    assert hook is not None
    sealed = {
        column: tx.vault.reseal(text, place=_place(hook_id, column)) if text else ""
        for column, text in (("secret", hook.secret), ("old_secret", hook.old_secret))
    }
    tx.put(HOOKS, msgspec.structs.replace(hook, **sealed))


def secrets_of(vault: Vault, hook: Hook, now: int) -> list[str]:
    """The secrets that sign at this moment, the newest first."""
    found = [vault.open(hook.secret, place=_place(hook.id, "secret")).decode()]
    if hook.old_secret and hook.old_until > now:
        found.append(vault.open(hook.old_secret, place=_place(hook.id, "old_secret")).decode())
    return found


def _seal(vault: Vault, hook_id: str, column: str, secret: str) -> str:
    return vault.seal(secret.encode(), place=_place(hook_id, column))


def _place(hook_id: str, column: str) -> str:
    return f"dialects_hooks.{column}:{hook_id}"


# Reading ------------------------------------------------------------------------------------


def hook(reader: Reader, hook_id: str) -> Hook | None:
    """The registered address with this id, removed or not."""
    return reader.get(HOOKS, hook_id)  # type: ignore[no-any-return]


def hook_of(reader: Reader, caller: Caller, hook_id: str) -> Hook:
    """One of the caller's registered addresses."""
    found: Hook | None = reader.get(HOOKS, hook_id)
    account: Account | None = reader.get(ACCOUNTS, found.account_id) if found else None
    mine = account is not None and account.audience == caller.audience
    if found is None or found.state == "removed" or not mine:
        raise m.HookNotFound(field="id")
    return found


def hooks_of(reader: Reader, account_id: str) -> list[Hook]:
    """An account's registered addresses, newest first."""
    hooked: Hooked | None = reader.get(HOOKED, account_id)
    ids = hooked.hook_ids if hooked else ()
    return [reader.get(HOOKS, one) for one in reversed(ids)]


def resealable(reader: Reader) -> list[str]:
    """Registered addresses, whose secrets are sealed."""
    return store.all_hook_ids(reader)
