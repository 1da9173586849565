"""The verbs of dialects: accounts and their keys, what was said beside a payment, notices."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from changliao.bus import jobs
from changliao.bus.outbox import for_an_audience, hears
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.db.lane import Wish, touches, wishes_of
from changliao.db.tx import Tx
from changliao.db.vault import Vault
from changliao.dialects import model as m
from changliao.dialects import rules, store
from changliao.dialects.events import DialectChanged, DialectClosed, DialectOpened
from changliao.dialects.model import (
    Account,
    AskAccount,
    AskAccountChange,
    AskBody,
    AskNoticeTry,
    AskPlatformKey,
    AskSaying,
    DialectName,
    Notice,
    Particulars,
    PlatformKey,
    Said,
    Speaking,
)
from changliao.dialects.store import ACCOUNTS, NOTICES, PARTICULARS, PLATFORM_KEYS, SPEAKING
from changliao.kernel.refusal import Refusal
from changliao.partners import service as partners
from changliao.partners.model import Caller, Mode
from changliao.pay import service as pay
from changliao.pay.model import ReferenceTaken, ShopBalanceShort

NOTIFY = "dialects.notify"
"""The kind of job that tells a shop in its dialect."""


def open_account(tx: Tx, ask: AskAccount) -> Account:
    """Let an app be spoken to in a dialect: one account per dialect, app and mode."""
    partners.allows(ask.caller, "webhooks:write")
    speaking = tx.get(SPEAKING, ask.caller.audience)
    ids = speaking.account_ids if speaking else ()
    if any(_is_open(tx.get(ACCOUNTS, one), ask.dialect) for one in ids):
        raise m.AccountTaken(field="dialect")
    account_id = tx.new_id("dia")
    account = Account(
        account_id,
        ask.dialect,
        ask.caller.app_id,
        ask.caller.mode,
        ask.number,
        ask.alias,
        ask.public_key,
        ask.serial,
        _seal(tx.vault, account_id, ask.secrets),
        ask.settings,
        tx.now,
    )
    now = Speaking(ask.caller.audience, (*ids, account_id))
    if speaking is None:
        tx.add(SPEAKING, now)
    else:
        tx.put(SPEAKING, now)
    tx.emit(DialectOpened(account_id, ask.dialect, ask.number, ask.caller.actor), about=account_id)
    return tx.add(ACCOUNTS, account)


def change_account(tx: Tx, ask: AskAccountChange) -> Account:
    """Other keys or settings from now on; what is signed with the old ones is refused at once."""
    partners.allows(ask.caller, "webhooks:write")
    account = _own(tx, ask.caller, ask.account_id)
    changes: dict[str, Any] = {
        name: value
        for name in ("public_key", "serial", "settings")
        if (value := getattr(ask, name)) is not None
    }
    if ask.secrets is not None:
        changes["secrets"] = _seal(tx.vault, account.id, ask.secrets)
    what = ", ".join(sorted(changes))
    tx.emit(DialectChanged(account.id, account.dialect, what, ask.caller.actor), about=account.id)
    return tx.put(ACCOUNTS, msgspec.structs.replace(account, **changes))


def close_account(tx: Tx, ask: AskAccountChange) -> Account:
    """Speak this dialect no more with the app; notices on their way are still delivered."""
    partners.allows(ask.caller, "webhooks:write")
    account = _own(tx, ask.caller, ask.account_id)
    tx.emit(DialectClosed(account.id, account.dialect, ask.caller.actor), about=account.id)
    return tx.put(ACCOUNTS, msgspec.structs.replace(account, closed_at=tx.now))


def keep_platform_key(tx: Tx, ask: AskPlatformKey) -> PlatformKey:
    """The key pair of this installation in a dialect: the one there is, else this one."""
    there = store.platform_keys(tx, ask.dialect, ask.mode)
    if there:
        return there[0]
    key_id = tx.new_id("dpk")
    return tx.add(
        PLATFORM_KEYS,
        PlatformKey(
            key_id,
            ask.dialect,
            ask.mode,
            tx.vault.seal(ask.private_key, place=_key_place(key_id)),
            ask.public_key,
            ask.certificate,
            ask.serial,
            tx.now,
        ),
    )


def note_said(tx: Tx, about: str, said: Said, *, fresh: bool = False) -> Particulars:
    """Keep what a shop said beside a payment or a refund; the first word stays. `fresh`: its id was made
    just now, so nobody need look."""
    earlier = None if fresh else tx.get(PARTICULARS, about)
    if earlier is not None:
        return earlier
    return tx.add(
        PARTICULARS,
        Particulars(
            about,
            said.account.id,
            said.notify_url,
            said.return_url,
            said.request,
            said.said,
            tx.now,
        ),
    )


def particulars_wish(about: str) -> Wish:
    """What reading what was said about a thing looks for."""
    return PARTICULARS, about


def saying(tx: Tx, ask: AskSaying) -> Any:
    """Run a verb of pay, and keep what was said beside the noun it answers, in one commit.

    The same number with another request is refused, though pay itself would see no difference.
    """
    noun = ask.verb(tx, ask.ask)
    if isinstance(noun, Refusal):
        return noun
    made_here = getattr(noun, "created_at", 0) == tx.now  # Nobody can have said a word of it yet.
    kept = note_said(tx, noun.id, ask.said, fresh=made_here)
    if (kept.account_id, kept.request) != (ask.said.account.id, ask.said.request):
        raise ReferenceTaken(field="reference")
    return noun


@touches(saying)
def _wishes(tx: Tx, ask: AskSaying) -> Iterator[Wish | None]:
    if inner := wishes_of(ask.verb):
        yield from inner(tx, ask.ask)


def refund_now(tx: Tx, ask: AskSaying) -> m.Refunded:
    """`saying` for a refund in a dialect that knows none that wait: a shop whose balance is short is
    refused, and nothing is kept. A refund that waits already is answered as it is."""
    refund = ask.verb(tx, ask.ask)
    fresh = tx.get(PARTICULARS, refund.id) is None
    if fresh and refund.waits_for == pay.SHOP_IS_SHORT:
        raise ShopBalanceShort(field="amount")
    note_said(tx, refund.id, ask.said)
    return m.Refunded(refund, fresh)


@hears(for_an_audience)
def plan_notices(tx: Tx, facts: Sequence[FactRow]) -> None:
    """Hear facts: a notice for each order whose shop gave an address, and a job to deliver it.

    A refund is told where its own request said, else where its payment's did.
    """
    for fact in facts:
        if not fact.audience or fact.kind not in rules.TOLD_SOMEWHERE:
            continue
        speaking = tx.get(SPEAKING, fact.audience)
        for account_id in speaking.account_ids if speaking else ():
            account = tx.get(ACCOUNTS, account_id)
            assert account is not None
            kind = rules.TOLD[account.dialect].get(fact.kind)
            if kind:
                _plan(tx, account, fact, kind)


def _plan(tx: Tx, account: Account, fact: FactRow, kind: str) -> None:
    subject = str(msgspec.json.decode(fact.body).get("refund_id", fact.about))
    for about in dict.fromkeys((subject, fact.about)):
        known = tx.get(PARTICULARS, about)
        if known is None:
            continue
        # It may be another's account that asked for this one's payment (a service provider's).
        teller = account if known.account_id == account.id else tx.get(ACCOUNTS, known.account_id)
        if teller is None or teller.dialect != account.dialect:
            continue
        if known.notify_url:
            add_notice(tx, teller, fact, kind, subject=subject, url=known.notify_url)
            return


def add_notice(
    tx: Tx, account: Account, fact: FactRow, kind: str, *, subject: str, url: str, hook: str = ""
) -> Notice:
    """Put a notice on its way. `hook` names the registered address it goes to, where there are such."""
    notice = Notice(
        tx.new_id("ntc"),
        account.id,
        account.dialect,
        kind,
        subject,
        fact.seq,
        url,
        hook,
        "",
        "waiting",
        0,
        0,
        "",
        "",
        tx.now,
    )
    jobs.later(tx, NOTIFY, notice.id)
    return tx.add(NOTICES, notice)


def keep_body(tx: Tx, ask: AskBody) -> Notice:
    """Keep what a notice says; the first rendering stays."""
    notice = tx.get(NOTICES, ask.notice_id)
    assert notice is not None
    if notice.body:
        return notice
    return tx.put(NOTICES, msgspec.structs.replace(notice, body=ask.body))


def note_try(tx: Tx, ask: AskNoticeTry) -> int:
    """Keep what came of a try; answers when to try again, or 0 for never (delivered, or given up)."""
    notice = tx.get(NOTICES, ask.notice_id)
    if notice is None:
        return 0
    tried = msgspec.structs.replace(
        notice,
        tries=notice.tries + 1,
        status=ask.status,
        trouble=ask.trouble,
        excerpt=ask.excerpt,
        tried_at=tx.now,
    )
    wait_us = None if ask.heard else rules.wait_us(tried)
    if notice.state != "waiting":
        wait_us = None
    elif ask.heard:
        tried = msgspec.structs.replace(tried, state="delivered", trouble="")
    elif wait_us is None:
        tried = msgspec.structs.replace(tried, state="failed")
    tx.put(NOTICES, tried)
    return 0 if wait_us is None else tx.now + wait_us


def reseal_account(tx: Tx, account_id: str) -> None:
    """Seal an account's secrets under the active master key."""
    account = tx.get(ACCOUNTS, account_id)
    assert account is not None
    sealed = tx.vault.reseal(account.secrets, place=_account_place(account_id))
    tx.put(ACCOUNTS, msgspec.structs.replace(account, secrets=sealed))


def reseal_platform_key(tx: Tx, key_id: str) -> None:
    """Seal a private key of ours under the active master key."""
    key = tx.get(PLATFORM_KEYS, key_id)
    assert key is not None
    sealed = tx.vault.reseal(key.private_key, place=_key_place(key_id))
    tx.put(PLATFORM_KEYS, msgspec.structs.replace(key, private_key=sealed))


def secrets_of(vault: Vault, account: Account) -> dict[str, str]:
    """An account's secrets, opened."""
    opened = vault.open(account.secrets, place=_account_place(account.id))
    return msgspec.json.decode(opened, type=dict[str, str])


def private_key_of(vault: Vault, key: PlatformKey) -> bytes:
    """The private half of a key pair of ours (PEM), opened."""
    return vault.open(key.private_key, place=_key_place(key.id))


def _own(tx: Tx, caller: Caller, account_id: str) -> Account:
    account = tx.get(ACCOUNTS, account_id)
    if account is None or not rules.open_to(account, caller.app_id, caller.mode):
        raise m.AccountNotFound(field="id")
    return account


def _is_open(account: Account | None, dialect: DialectName) -> bool:
    return account is not None and not account.closed_at and account.dialect == dialect


def _seal(vault: Vault, account_id: str, secrets: dict[str, str]) -> str:
    return vault.seal(msgspec.json.encode(secrets), place=_account_place(account_id))


def _account_place(account_id: str) -> str:
    return f"dialects_accounts.secrets:{account_id}"


def _key_place(key_id: str) -> str:
    return f"dialects_platform_keys.private_key:{key_id}"


# Reading ------------------------------------------------------------------------------------


def caller_as(reader: Reader, account: Account) -> Caller:
    """Who calls when a request is signed with an account's key: its app, with every right a key has."""
    return partners.caller_for(reader, account.app_id, account.mode, account.id)


def account_by_number(reader: Reader, dialect: DialectName, number: str) -> Account | None:
    """The account with this number, unless it is closed."""
    found: Account | None = reader.find(ACCOUNTS, ("dialect", "number"), (dialect, number))
    return None if found is None or found.closed_at else found


def account_of_app(reader: Reader, dialect: DialectName, app_id: str, mode: Mode) -> Account | None:
    """The open account of an app in a dialect."""
    found = store.accounts_of(reader, app_id, mode)
    return next((one for one in found if _is_open(one, dialect)), None)


def account_by_alias(reader: Reader, dialect: DialectName, alias: str) -> Account | None:
    """The open account with this second number."""
    return store.account_by_alias(reader, dialect, alias)


def account(reader: Reader, account_id: str) -> Account | None:
    """The account with this id, closed or not."""
    return reader.get(ACCOUNTS, account_id)  # type: ignore[no-any-return]


def account_of(reader: Reader, caller: Caller, account_id: str) -> Account:
    """One of the caller's accounts."""
    found: Account | None = reader.get(ACCOUNTS, account_id)
    if found is None or not rules.open_to(found, caller.app_id, caller.mode):
        raise m.AccountNotFound(field="id")
    return found


def accounts_of(reader: Reader, caller: Caller) -> list[Account]:
    """The caller's open accounts."""
    found = store.accounts_of(reader, caller.app_id, caller.mode)
    return [one for one in found if not one.closed_at]


def platform_key(reader: Reader, dialect: DialectName, mode: Mode) -> PlatformKey | None:
    """The newest key pair of ours in a dialect."""
    found = store.platform_keys(reader, dialect, mode)
    return found[0] if found else None


def particulars(reader: Reader, about: str) -> Particulars | None:
    """What a shop said about this, if it was said in a dialect."""
    return reader.get(PARTICULARS, about)  # type: ignore[no-any-return]


def notice(reader: Reader, notice_id: str) -> Notice | None:
    """The notice with this id."""
    return reader.get(NOTICES, notice_id)  # type: ignore[no-any-return]


def notices_of(reader: Reader, account_id: str, limit: int) -> list[Notice]:
    """An account's notices, newest first."""
    return store.notices_of(reader, account_id, limit)


def newest_notify_url(reader: Reader, account_id: str) -> str:
    """Where the account last wanted to be told, or empty."""
    return store.newest_notify_url(reader, account_id)


def resealable(reader: Reader) -> tuple[list[str], list[str]]:
    """Accounts and key pairs of ours whose secrets are sealed."""
    return store.all_account_ids(reader), store.all_platform_key_ids(reader)
