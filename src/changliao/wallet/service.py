"""The verbs of wallets."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from changliao.bus.outbox import hears, of_kinds
from changliao.db.driver import Reader
from changliao.db.facts import FactRow
from changliao.db.lane import Wish
from changliao.db.tx import Tx
from changliao.kernel.refusal import Refusal
from changliao.ledger import service as ledger
from changliao.ledger.model import Account, AskTransfer, Transfer
from changliao.partners import service as partners
from changliao.partners.model import AppNotFound, audience
from changliao.people.events.standing import PersonGone
from changliao.people.model.passkeys import Proof
from changliao.people.service import passkeys
from changliao.rails import service as rails
from changliao.rails.events import AttemptFailed, AttemptSucceeded, AttemptUnknown
from changliao.rails.model import AskAttempt
from changliao.wallet import rules, store
from changliao.wallet.events import (
    MandateGiven,
    MandateTakenBack,
    TopUpFailed,
    TopUpRequested,
    TopUpSucceeded,
)
from changliao.wallet.model import (
    WALLET,
    AskMandate,
    AskRevoke,
    AskSpend,
    AskTopUp,
    Mandate,
    MandateId,
    MandateNotFound,
    Mode,
    TopUp,
    TopUpId,
    TopUpNotFound,
)
from changliao.wallet.store import MANDATES, TOP_UPS

PURPOSE = "top_up"


def wallet_of(tx: Tx, person_id: str, currency: str, mode: Mode) -> Account:
    """The person's wallet of a currency; opened when it is used first. It never goes below zero."""
    return ledger.account_of(tx, person_id, WALLET, currency, mode, no_overdraft=True)


def request_top_up(tx: Tx, ask: AskTopUp) -> TopUp:
    """Ask a rail for money; the wallet is credited when the rail says that it came."""
    rules.amount(ask.amount, ask.currency)
    top_up = TopUp(
        TopUpId(tx.new_id("top")),
        ask.person_id,
        ask.mode,
        ask.rail,
        ask.amount,
        ask.currency,
        "processing",
        "",
        tx.now,
        tx.now,
    )
    wallet_of(tx, ask.person_id, ask.currency, ask.mode)
    rails.open_attempt(
        tx,
        AskAttempt(
            ask.rail, "in", PURPOSE, top_up.id, ask.mode, ask.amount, ask.currency, ask.instrument
        ),
    )
    tx.emit(
        TopUpRequested(top_up.id, ask.person_id, ask.mode, ask.rail, ask.amount, ask.currency),
        about=top_up.id,
    )
    return tx.add(TOP_UPS, top_up)


@hears(of_kinds(AttemptSucceeded.kind, AttemptFailed.kind, AttemptUnknown.kind))
def hear_rails(tx: Tx, facts: Sequence[FactRow]) -> None:
    """Hear what became of attempts, and finish the top-ups they were for."""
    for fact in facts:
        if fact.kind == AttemptSucceeded.kind:
            _top_up_came(tx, msgspec.json.decode(fact.body, type=AttemptSucceeded))
        elif fact.kind == AttemptFailed.kind:
            failed = msgspec.json.decode(fact.body, type=AttemptFailed)
            if failed.purpose == PURPOSE and failed.direction == "in":
                top_up = _change(tx, failed.about, "failed", failed.reason)
                tx.emit(TopUpFailed(top_up.id, top_up.person_id, failed.reason), about=top_up.id)
        elif fact.kind == AttemptUnknown.kind:
            unknown = msgspec.json.decode(fact.body, type=AttemptUnknown)
            if unknown.purpose == PURPOSE and unknown.direction == "in":
                _change(tx, unknown.about, "unknown", "")


def _top_up_came(tx: Tx, fact: AttemptSucceeded) -> None:
    if fact.purpose != PURPOSE or fact.direction != "in":
        return
    # Also after a failure: money that came late is the person's all the same.
    top_up = _change(tx, fact.about, "succeeded", "")
    received = rails.received(tx, top_up.rail, top_up.currency, top_up.mode)
    wallet = wallet_of(tx, top_up.person_id, top_up.currency, top_up.mode)
    ledger.post(
        tx,
        AskTransfer(
            top_up.amount, received.id, wallet.id, "top_up", ref=top_up.id, memo=top_up.rail
        ),
    )
    tx.emit(
        TopUpSucceeded(top_up.id, top_up.person_id, top_up.mode, top_up.amount, top_up.currency),
        about=top_up.id,
    )


def _change(tx: Tx, top_up_id: str, status: Any, reason: str) -> TopUp:
    top_up = tx.get(TOP_UPS, top_up_id)
    assert top_up is not None
    changed = msgspec.structs.replace(top_up, status=status, reason=reason, changed_at=tx.now)
    return tx.put(TOP_UPS, changed)


def give_mandate(tx: Tx, ask: AskMandate) -> Mandate | Refusal:
    """Let a shop confirm payments itself within limits. A wrong PIN or passkey is counted, so that refusal
    is returned and not raised."""
    proof = Proof(ask.person_id, ask.pin, ask.passkey, worth_confirming(tx, ask))
    if refusal := passkeys.check_proof(tx, proof):
        return refusal
    mandate = Mandate(
        MandateId(tx.new_id("man")),
        ask.person_id,
        ask.app_id,
        ask.mode,
        ask.currency,
        ask.per_payment,
        ask.per_day,
        0,
        0,
        tx.now,
        0,
    )
    tx.emit(
        MandateGiven(mandate.id, ask.currency, ask.per_payment, ask.per_day),
        about=mandate.id,
        audience=audience(ask.app_id, ask.mode),
    )
    return tx.add(MANDATES, mandate)


def worth_confirming(reader: Reader | Tx, ask: AskMandate) -> str:
    """What a passkey must sign to give this mandate. Refuses limits that cannot be, and an app that is
    none."""
    rules.limits(ask)
    if not partners.app_name(reader, ask.app_id):
        raise AppNotFound(field="app_id")
    return rules.worth_confirming(ask)


def revoke_mandate(tx: Tx, ask: AskRevoke) -> Mandate:
    """Take a mandate back; from this moment the shop can confirm nothing by it. Twice is once."""
    mandate = tx.get(MANDATES, ask.mandate_id)
    if mandate is None or mandate.person_id != ask.person_id:
        raise MandateNotFound(field="id")
    if mandate.revoked_at:
        return mandate
    tx.emit(
        MandateTakenBack(mandate.id),
        about=mandate.id,
        audience=audience(mandate.app_id, mandate.mode),
    )
    return tx.put(MANDATES, msgspec.structs.replace(mandate, revoked_at=tx.now))


def wallet_wish(person_id: str, currency: str, mode: Mode) -> Wish:
    """What `wallet_of` looks for, for the `touches` of other rooms."""
    return ledger.account_wish(person_id, WALLET, currency, mode)


def mandate_wishes(tx: Tx, mandate_id: str) -> Iterator[Wish | None]:
    """What `spend_mandate` looks for, and then the wallet that it leads to."""
    yield MANDATES, mandate_id
    yield None
    if mandate := tx.peek(MANDATES, mandate_id):
        yield wallet_wish(mandate.person_id, mandate.currency, mandate.mode)


def spend_mandate(tx: Tx, ask: AskSpend) -> Mandate:
    """Count a payment against a mandate; refuses when that is more than it allows."""
    return tx.put(MANDATES, rules.spend(tx.get(MANDATES, ask.mandate_id), ask, tx.now))


# Reading ------------------------------------------------------------------------------------


def wallets_of(reader: Reader, person_id: str, mode: Mode) -> list[Account]:
    """A person's wallets in one mode, by currency."""
    return ledger.accounts_of(reader, person_id, WALLET, mode)


def wallet_in(reader: Reader, person_id: str, currency: str, mode: Mode) -> Account | None:
    """A person's wallet of a currency, if it was ever used."""
    return ledger.find_account(reader, person_id, WALLET, currency, mode)


def entries(
    reader: Reader, person_id: str, currency: str, mode: Mode, before: int, limit: int
) -> list[tuple[Transfer, int]]:
    """A wallet's statement, newest first: each transfer and what it did to the wallet.

    Holds and what becomes of them are shown with amount 0 beside the posts that move money.
    """
    account = wallet_in(reader, person_id, currency, mode)
    if account is None:
        return []
    found = ledger.statement(reader, account.id, before=before, limit=limit, newest_first=True)
    return [(transfer, _signed(transfer, account)) for transfer in found]


def _signed(transfer: Transfer, account: Account) -> int:
    if transfer.kind not in ("single", "post"):
        return 0
    return transfer.amount if transfer.credit == account.id else -transfer.amount


def top_up(reader: Reader, person_id: str, top_up_id: str) -> TopUp:
    """One of a person's top-ups."""
    found = reader.get(TOP_UPS, top_up_id)
    if found is None or found.person_id != person_id:
        raise TopUpNotFound(field="id")
    return found  # type: ignore[no-any-return]


def top_ups_of(reader: Reader, person_id: str, limit: int) -> list[TopUp]:
    """A person's top-ups, newest first."""
    return store.top_ups_of(reader, person_id, limit)


def top_ups_under_way(reader: Reader, person_id: str) -> bool:
    """Whether money is on its way into one of a person's wallets."""
    return store.top_ups_under_way(reader, person_id)


@hears(of_kinds(PersonGone.kind))
def hear_people(tx: Tx, facts: Sequence[FactRow]) -> None:
    """Follow people: who has gone lets no shop take anything any more."""
    for row in facts:
        if row.kind == PersonGone.kind:
            gone = msgspec.json.decode(row.body, type=PersonGone)
            for mandate in store.mandates_of(tx, gone.person_id):
                revoke_mandate(tx, AskRevoke(gone.person_id, mandate.id))


def mandates_of(reader: Reader, person_id: str) -> list[Mandate]:
    """A person's mandates, newest first."""
    return store.mandates_of(reader, person_id)


def mandates_for(reader: Reader, app_id: str, mode: str, after: str, limit: int) -> list[Mandate]:
    """The mandates an app holds."""
    return store.mandates_for(reader, app_id, mode, after, limit)


def broken_invariants(reader: Reader) -> list[str]:
    """What is wrong with wallets, in plain words: each top-up is what the ledger moved (I8)."""
    return [
        f"I8: top-up {one}: the ledger moved another sum than its status says, or it is not there"
        for one in store.wrong_top_ups(reader)
    ]
