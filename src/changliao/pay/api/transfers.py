"""Routes for what shops pay to persons: the shop's side, and the person's."""

from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.db.vault import Vault
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import Value, View
from changliao.ledger.model import AmountNotPositive, AmountTooLarge, CurrencyUnknown
from changliao.partners import service as partners
from changliao.partners.model import Caller, RoleForbids, ScopeForbids
from changliao.pay import model as m
from changliao.pay import service
from changliao.pay.api.shop import PAGING
from changliao.pay.model import Mode, ShopTransfer, TransferStatus
from changliao.people.model import PersonNotFound, SignedIn
from changliao.wallet.model import PlayNotAllowed
from changliao.wire.call import Call
from changliao.wire.refusals import BadRequest
from changliao.wire.routes import CREATED, Guard, Param, Routes

_ALLOWED = (ScopeForbids, RoleForbids)
_STATUSES = ("waiting", "succeeded", "declined", "canceled", "returned")


class TransferBody(Value, frozen=True, forbid_unknown_fields=True):
    """Pay a person. `amount` is whole minor units; `reference` is the shop's own number; `person` is an
    open id (a payment's `payer`) or a handle; the person reads `description`. With `needs_acceptance`
    the person is asked first."""

    amount: int
    currency: str
    reference: str
    person: str
    description: str = ""
    needs_acceptance: bool = False


class TransferView(View, frozen=True):
    """What a shop pays to a person; `person` is an open id that this app alone knows. While `waiting`
    the money is set aside until `expires_at`, then it is `returned`."""

    id: str
    status: TransferStatus
    mode: Mode
    amount: int
    currency: str
    reference: str
    person: str
    description: str
    needs_acceptance: bool
    created_at: str
    changed_at: str
    expires_at: str | None


class Transfers(View, frozen=True):
    """Transfers, newest first."""

    items: list[TransferView]
    next: str | None


class IncomingTransferView(View, frozen=True):
    """What a shop wants to pay to the person who is asked, in minor units."""

    id: str
    status: TransferStatus
    mode: Mode
    shop_name: str
    amount: int
    currency: str
    description: str
    created_at: str
    changed_at: str
    expires_at: str


class IncomingTransfers(View, frozen=True):
    """What a person was asked to accept, newest first."""

    items: list[IncomingTransferView]
    next: str | None


def show_transfer(vault: Vault, transfer: ShopTransfer) -> TransferView:
    """A transfer as its shop sees it."""
    return TransferView(
        transfer.id,
        transfer.status,
        transfer.mode,
        transfer.amount,
        transfer.currency,
        transfer.reference,
        partners.open_id_of(vault, transfer.app_id, transfer.person_id),
        transfer.description,
        transfer.needs_acceptance,
        rfc3339(Instant(transfer.created_at)),
        rfc3339(Instant(transfer.changed_at)),
        rfc3339(Instant(transfer.expires_at)) if transfer.needs_acceptance else None,
    )


def show_incoming(reader: Reader, transfer: ShopTransfer) -> IncomingTransferView:
    """A transfer as the person who is asked sees it."""
    app = partners.app(reader, transfer.app_id)
    return IncomingTransferView(
        transfer.id,
        transfer.status,
        transfer.mode,
        app.name if app else "",
        transfer.amount,
        transfer.currency,
        transfer.description,
        rfc3339(Instant(transfer.created_at)),
        rfc3339(Instant(transfer.changed_at)),
        rfc3339(Instant(transfer.expires_at)),
    )


def shop_routes(db: Db, guard: Guard[Caller], modes: tuple[Mode, ...]) -> Routes:
    """Everything under /v1/transfers; `modes` are the wallets that persons have here."""
    api = Routes("Transfers")

    @api.post(
        "/v1/transfers",
        guard=guard,
        body=TransferBody,
        answers=TransferView,
        status=CREATED,
        keyed=True,
        refuses=(
            *_ALLOWED,
            AmountNotPositive,
            AmountTooLarge,
            CurrencyUnknown,
            PersonNotFound,
            PlayNotAllowed,
            m.ReferenceInvalid,
            m.TransferReferenceTaken,
            m.TextTooLong,
            m.ShopBalanceShort,
        ),
    )
    async def pay(call: Call, body: TransferBody) -> TransferView:
        """Pay a person out of the app's balance, into the wallet.

        It has `succeeded` at once; with `needs_acceptance` it is `waiting` for 24 hours, and a webhook
        tells what the person said. The number (`reference`) is unique for ever per app and mode.
        """
        ask = m.AskShopTransfer(
            call.who,
            body.amount,
            body.currency,
            body.reference,
            body.person,
            body.description,
            body.needs_acceptance,
            modes,
        )
        once = call.once(call.who.audience, service.pay_person, ask, ShopTransfer)
        return show_transfer(db.vault, await db.write_once(once))

    @api.get(
        "/v1/transfers",
        guard=guard,
        answers=Transfers,
        params=(*PAGING, Param("reference", "The shop's own number: that transfer alone.")),
        refuses=_ALLOWED,
    )
    async def find(call: Call) -> Transfers:
        """The app's transfers, newest first, or the one of a number."""
        who: Caller = call.who
        partners.allows(who, "payments:read")
        if reference := call.param("reference"):
            one = await db.read(service.transfer_by_reference, who, reference)
            return Transfers([show_transfer(db.vault, one)] if one else [], None)
        limit = call.limit
        found = await db.read(service.transfers_of, who, before=call.after, limit=limit)
        more = found[-1].id if len(found) == limit else None
        return Transfers([show_transfer(db.vault, one) for one in found], more)

    @api.get(
        "/v1/transfers/{id}",
        guard=guard,
        answers=TransferView,
        refuses=(*_ALLOWED, m.TransferNotFound),
    )
    async def one(call: Call, transfer_id: str) -> TransferView:
        """One transfer as it stands."""
        partners.allows(call.who, "payments:read")
        return show_transfer(db.vault, await db.read(service.transfer_of, call.who, transfer_id))

    @api.post(
        "/v1/transfers/{id}/cancellation",
        guard=guard,
        answers=TransferView,
        keyed=True,
        refuses=(*_ALLOWED, m.TransferNotFound, m.TransferNotWaiting),
    )
    async def cancel(call: Call, transfer_id: str) -> TransferView:
        """Take back a transfer that still waits; the app has its money again."""
        ask = m.AskCancelTransfer(call.who, transfer_id)
        once = call.once(call.who.audience, service.cancel_transfer, ask, ShopTransfer)
        return show_transfer(db.vault, await db.write_once(once))

    return api


def person_routes(db: Db, guard: Guard[SignedIn]) -> Routes:
    """What a person does with what shops want to pay."""
    api = Routes("Wallet")

    @api.get(
        "/v1/wallet/incoming_transfers",
        guard=guard,
        answers=IncomingTransfers,
        params=(*PAGING, Param("status", "Only those of this status, such as `waiting`.")),
    )
    async def incoming(call: Call) -> IncomingTransfers:
        """What shops wanted to pay and asked one to accept, newest first."""
        status, limit = call.param("status"), call.limit
        if status and status not in _STATUSES:
            raise BadRequest(f"`status` is one of {', '.join(_STATUSES)}.", field="status")
        person_id, after = call.who.person.id, call.after

        def query(reader: Reader) -> IncomingTransfers:
            found = service.incoming_of(reader, person_id, status=status, before=after, limit=limit)
            more = found[-1].id if len(found) == limit else None
            return IncomingTransfers([show_incoming(reader, one) for one in found], more)

        return await db.read(query)

    @api.post(
        "/v1/wallet/incoming_transfers/{id}/acceptance",
        guard=guard,
        answers=IncomingTransferView,
        keyed=True,
        refuses=(m.TransferNotFound, m.TransferNotWaiting),
    )
    async def accept(call: Call, transfer_id: str) -> IncomingTransferView:
        """Take the money: it is in the wallet now."""
        person_id = call.who.person.id
        ask = m.AskIncoming(person_id, transfer_id)
        once = call.once(person_id, service.accept_transfer, ask, ShopTransfer)
        return await db.read(show_incoming, await db.write_once(once))

    @api.post(
        "/v1/wallet/incoming_transfers/{id}/refusal",
        guard=guard,
        answers=IncomingTransferView,
        keyed=True,
        refuses=(m.TransferNotFound, m.TransferNotWaiting),
    )
    async def decline(call: Call, transfer_id: str) -> IncomingTransferView:
        """Do not take the money: the shop has it again."""
        person_id = call.who.person.id
        ask = m.AskIncoming(person_id, transfer_id)
        once = call.once(person_id, service.decline_transfer, ask, ShopTransfer)
        return await db.read(show_incoming, await db.write_once(once))

    return api
