"""The verbs of shops' own servers: tokens and keys exchanged with them, and planning to report to them."""

from collections.abc import Callable, Sequence

import msgspec

from changliao.bus.outbox import for_an_audience, hears
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.db.tx import Tx
from changliao.db.vault import Vault
from changliao.dialects import service, store
from changliao.dialects.events import InstanceRegistered
from changliao.dialects.model import (
    Account,
    AskInstance,
    AskInstanceKeys,
    DialectName,
    Instance,
)
from changliao.dialects.store import ACCOUNTS, INSTANCES, PARTICULARS, SPEAKING

BY_URL = ("account_id", "api_url")

Tells = Callable[[Reader, FactRow], list[tuple[str, str]]]
"""The events that a fact is to a shop's server: kind and subject of each."""


def register_instance(tx: Tx, ask: AskInstance) -> Instance:
    """Keep the token and the keys of a shop's server; what was exchanged before is replaced."""
    known = tx.find(INSTANCES, BY_URL, (ask.account.id, ask.api_url))
    instance_id = known.id if known else tx.new_id("sin")
    instance = Instance(
        instance_id,
        ask.account.id,
        ask.api_url,
        ask.their_id,
        tx.vault.seal(ask.token.encode(), place=_place(instance_id)),
        ask.keys,
        tx.now,
        known.created_at if known else tx.now,
        tx.now,
    )
    tx.emit(
        InstanceRegistered(ask.account.id, ask.account.dialect, instance_id, ask.api_url),
        about=ask.account.id,
    )
    return tx.put(INSTANCES, instance) if known else tx.add(INSTANCES, instance)


def keep_keys(tx: Tx, ask: AskInstanceKeys) -> Instance:
    """The keys of a shop's server as they are now, and when they were asked for, so that nobody asks
    again at once."""
    known = tx.get(INSTANCES, ask.instance_id)
    assert known is not None
    return tx.put(INSTANCES, msgspec.structs.replace(known, keys=ask.keys, keys_at=tx.now))


def planner(dialect: DialectName, tells: Tells) -> Callable[[Tx, Sequence[FactRow]], None]:
    """A follower that puts a report on its way to the server that a payment was asked for by."""

    @hears(for_an_audience)
    def plan(tx: Tx, facts: Sequence[FactRow]) -> None:
        for fact in facts:
            speaking = tx.get(SPEAKING, fact.audience) if fact.audience else None
            for account_id in speaking.account_ids if speaking else ():
                account = tx.get(ACCOUNTS, account_id)
                if account and account.dialect == dialect:
                    _plan(tx, account, fact, tells)

    return plan


def _plan(tx: Tx, account: Account, fact: FactRow, tells: Tells) -> None:
    said = tx.get(PARTICULARS, fact.about)
    if said is None or said.account_id != account.id or not said.notify_url:
        return
    for kind, subject in tells(tx, fact):
        service.add_notice(tx, account, fact, kind, subject=subject, url=said.notify_url)


def reseal_instance(tx: Tx, instance_id: str) -> None:
    """Seal a token under the active master key."""
    known = tx.get(INSTANCES, instance_id)
    assert known is not None
    sealed = tx.vault.reseal(known.token, place=_place(instance_id))
    tx.put(INSTANCES, msgspec.structs.replace(known, token=sealed))


def token_of(vault: Vault, instance: Instance) -> str:
    """The token that its server takes from us, opened."""
    return vault.open(instance.token, place=_place(instance.id)).decode()


def _place(instance_id: str) -> str:
    return f"dialects_instances.token:{instance_id}"


# Reading ------------------------------------------------------------------------------------


def instance_at(reader: Reader, account_id: str, api_url: str) -> Instance | None:
    """The server of an account at this address."""
    return reader.find(INSTANCES, BY_URL, (account_id, api_url))  # type: ignore[no-any-return]


def instances_of(reader: Reader, account_id: str) -> list[Instance]:
    """An account's servers, oldest first."""
    return store.instances_of(reader, account_id)


def resealable(reader: Reader) -> list[str]:
    """Servers whose tokens are sealed."""
    return store.all_instance_ids(reader)
