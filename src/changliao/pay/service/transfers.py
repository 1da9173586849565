"""A shop pays a person: into the wallet at once, or once the person has accepted."""

from collections.abc import Iterator

import msgspec

from changliao.db.driver import Reader
from changliao.db.lane import Wish, touches
from changliao.db.tx import Tx
from changliao.kernel.ids import looks_like
from changliao.ledger import service as ledger
from changliao.ledger.model import AskTransfer, ExceedsCredits
from changliao.partners import service as partners
from changliao.partners.model import Caller
from changliao.pay import model as m
from changliao.pay import rules, store
from changliao.pay.events import (
    TransferCanceled,
    TransferDeclined,
    TransferReturned,
    TransferSucceeded,
    TransferWaiting,
)
from changliao.pay.model import (
    SHOP,
    AskCancelTransfer,
    AskIncoming,
    AskShopTransfer,
    ShopTransfer,
    TransferStatus,
)
from changliao.pay.store import TRANSFERS
from changliao.people import service as people
from changliao.people.model import PersonNotFound
from changliao.wallet import service as wallet
from changliao.wallet.model import PlayNotAllowed

CODE = "transfer"
"""The ledger code of what shops pay to persons."""
_BY_REFERENCE = ("app_id", "mode", "reference")


def pay_person(tx: Tx, ask: AskShopTransfer) -> ShopTransfer:
    """Move `amount` minor units from the shop's balance into a person's wallet, in this very commit.

    With `needs_acceptance` they are set aside for 24 hours, and the person accepts or declines. The
    shop's number (`reference`) is unique for ever per app and mode: the same content again answers the
    same transfer, other content is refused. Refuses, moving nothing, when the balance is short.
    """
    partners.allows(ask.caller, "transfers:write")
    if ask.caller.mode not in ask.modes:
        raise PlayNotAllowed(field="person")
    person_id = _payee(tx, ask.caller, ask.person)
    key = (ask.caller.app_id, ask.caller.mode, ask.reference)
    earlier = tx.find(TRANSFERS, _BY_REFERENCE, key)
    if earlier is not None:
        return rules.same_transfer(earlier, ask, person_id)
    made = rules.transfer(ask, tx.new_id("trf"), person_id, tx.now)
    shop = ledger.account_of(tx, made.app_id, SHOP, made.currency, made.mode, no_overdraft=True)
    purse = wallet.wallet_of(tx, person_id, made.currency, made.mode)
    move = AskTransfer(
        made.amount,
        shop.id,
        purse.id,
        CODE,
        "pending" if ask.needs_acceptance else "single",
        ref=made.id,
        memo=made.description or made.reference,
        timeout_s=rules.ACCEPT_S if ask.needs_acceptance else 0,
    )
    try:
        moved = ledger.post(tx, move)
    except ExceedsCredits as short:
        raise m.ShopBalanceShort(field="amount", available=shop.available) from short
    if not ask.needs_acceptance:
        _tell(tx, TransferSucceeded, made, actor=ask.caller.doer)
        return tx.add(TRANSFERS, made)
    made = msgspec.structs.replace(
        made, status="waiting", hold_id=moved.id, expires_at=moved.expires_at
    )
    _tell(tx, TransferWaiting, made, actor=ask.caller.doer)
    return tx.add(TRANSFERS, made)


@touches(pay_person)
def _wishes(tx: Tx, ask: AskShopTransfer) -> Iterator[Wish | None]:
    caller = ask.caller
    yield TRANSFERS, _BY_REFERENCE, (caller.app_id, caller.mode, ask.reference)
    yield ledger.account_wish(caller.app_id, SHOP, ask.currency, caller.mode)


def accept_transfer(tx: Tx, ask: AskIncoming) -> ShopTransfer:
    """The person takes what a shop wants to pay: it is in the wallet now. Refuses what does not wait."""
    transfer = rules.incoming(tx.get(TRANSFERS, ask.transfer_id), ask.person_id)
    transfer = rules.decided(transfer, "succeeded", tx.now)
    ledger.post(tx, AskTransfer(0, kind="post", pending_id=transfer.hold_id, final=True))
    _tell(tx, TransferSucceeded, transfer)
    return tx.put(TRANSFERS, transfer)


def decline_transfer(tx: Tx, ask: AskIncoming) -> ShopTransfer:
    """The person does not want it: the shop has its money again. Refuses what does not wait."""
    transfer = rules.incoming(tx.get(TRANSFERS, ask.transfer_id), ask.person_id)
    transfer = _given_back(tx, transfer, "declined")
    _tell(tx, TransferDeclined, transfer)
    return transfer


def cancel_transfer(tx: Tx, ask: AskCancelTransfer) -> ShopTransfer:
    """The shop takes a transfer back that still waits. Refuses what does not."""
    partners.allows(ask.caller, "transfers:write")
    transfer = rules.own_transfer(tx.get(TRANSFERS, ask.transfer_id), ask.caller)
    transfer = _given_back(tx, transfer, "canceled")
    _tell(tx, TransferCanceled, transfer, actor=ask.caller.doer)
    return transfer


def returned(tx: Tx, transfer_id: str) -> None:
    """Nobody accepted in time, and the ledger has given the hold back to the shop."""
    transfer = tx.get(TRANSFERS, transfer_id)
    assert transfer is not None
    transfer = rules.decided(transfer, "returned", tx.now)
    _tell(tx, TransferReturned, transfer)
    tx.put(TRANSFERS, transfer)


def _given_back(tx: Tx, transfer: ShopTransfer, status: TransferStatus) -> ShopTransfer:
    transfer = rules.decided(transfer, status, tx.now)
    ledger.post(tx, AskTransfer(0, kind="void", pending_id=transfer.hold_id))
    return tx.put(TRANSFERS, transfer)


def _tell(
    tx: Tx,
    fact: type[TransferWaiting]
    | type[TransferSucceeded]
    | type[TransferDeclined]
    | type[TransferCanceled]
    | type[TransferReturned],
    transfer: ShopTransfer,
    **more: str,
) -> None:
    """Say what became of it; to whom it went is not told."""
    tx.emit(
        fact(transfer.id, transfer.reference, transfer.amount, transfer.currency, **more),
        about=transfer.id,
        audience=transfer.audience,
    )


def _payee(tx: Tx, caller: Caller, person: str) -> str:
    """Whom the shop means, by an open id of its own or by a handle."""
    if looks_like("opn", person):
        return partners.person_of_open_id(tx, tx.vault, caller.app_id, person).id
    found = people.person_by_handle(tx, person)
    if found is None:
        raise PersonNotFound(field="person")
    return found.id


# Reading ------------------------------------------------------------------------------------


def transfer_of(reader: Reader, caller: Caller, transfer_id: str) -> ShopTransfer:
    """One of the caller's transfers."""
    return rules.own_transfer(reader.get(TRANSFERS, transfer_id), caller)


def transfer_by_reference(reader: Reader, caller: Caller, reference: str) -> ShopTransfer | None:
    """The caller's transfer with this number of its own."""
    key = (caller.app_id, caller.mode, reference)
    return reader.find(TRANSFERS, _BY_REFERENCE, key)  # type: ignore[no-any-return]


def transfers_of(reader: Reader, caller: Caller, *, before: str, limit: int) -> list[ShopTransfer]:
    """The caller's transfers, newest first."""
    return store.transfers_of(reader, caller.app_id, caller.mode, before, limit)


def incoming_of(
    reader: Reader, person_id: str, *, status: str, before: str, limit: int
) -> list[ShopTransfer]:
    """What a person was asked to accept, newest first; of one status, or all."""
    return store.incoming_of(reader, person_id, status, before, limit)
