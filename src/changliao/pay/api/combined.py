"""Routes for shops that combine payments on one cashier page."""

from collections.abc import Callable, Sequence

from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.db.vault import Vault
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import Value, View
from changliao.ledger.model import AmountNotPositive, AmountTooLarge, CurrencyUnknown
from changliao.partners import service as partners
from changliao.partners.model import AppNotFound, Caller, RoleForbids, ScopeForbids
from changliao.pay import model as m
from changliao.pay import service
from changliao.pay.api import show
from changliao.pay.api.shop import CashierUrl, moment
from changliao.pay.model import Combined, CombinedStatus, Mode, Payment
from changliao.wire.call import Call
from changliao.wire.routes import CREATED, Guard, Param, Routes

_ALLOWED = (ScopeForbids, RoleForbids)


class PartBody(Value, frozen=True, forbid_unknown_fields=True):
    """One payment. `app_id` is whose it is: left out, the asking app's; `reference` is that app's own
    order number."""

    amount: int
    currency: str
    reference: str
    app_id: str = ""
    description: str = ""
    split: bool = False
    metadata: dict[str, str] = {}


class CombinedBody(Value, frozen=True, forbid_unknown_fields=True):
    """A wish to be paid 2 to 50 payments of one currency at once. `reference` is the asking app's own
    number of the whole; `expires_at` is RFC 3339, two hours from now by default."""

    reference: str
    payments: tuple[PartBody, ...]
    description: str = ""
    return_url: str = ""
    expires_at: str = ""


class CombinedView(View, frozen=True):
    """A combined payment. `amount` is the sum of its payments, in minor units."""

    id: str
    status: CombinedStatus
    mode: Mode
    amount: int
    currency: str
    reference: str
    description: str
    method: str | None
    reason: str | None
    return_url: str | None
    cashier_url: str
    created_at: str
    expires_at: str
    version: int
    payments: list[show.PaymentView]


class CombinedPayments(View, frozen=True):
    """Combined payments."""

    items: list[CombinedView]


def show_combined(
    combined: Combined, parts: Sequence[Payment], cashier_url: CashierUrl, vault: Vault
) -> CombinedView:
    """A combination as the app that made it sees it."""
    address = cashier_url(combined.id)
    return CombinedView(
        combined.id,
        combined.status,
        combined.mode,
        combined.amount,
        combined.currency,
        combined.reference,
        combined.description,
        combined.method or None,
        combined.reason or None,
        combined.return_url or None,
        address,
        rfc3339(Instant(combined.created_at)),
        rfc3339(Instant(combined.expires_at)),
        combined.version,
        [show.show_payment(one, address, show.payer_of(vault, one)) for one in parts],
    )


def routes(db: Db, guard: Guard[Caller], cashier_url: CashierUrl) -> Routes:
    """Everything under /v1/combined_payments but its confirmation, which is the cashier's."""
    api = Routes("Combined payments")

    def shown(
        reader: Reader, find: Callable[..., Combined | None], *args: object
    ) -> CombinedView | None:
        found = find(reader, *args)
        if found is None:
            return None
        return show_combined(found, service.parts_of(reader, found), cashier_url, db.vault)

    async def answer(call: Call, combined: Combined) -> CombinedView:
        """What a verb answered, now or when its answer was kept, for who may still see it."""

        def query(reader: Reader) -> list[Payment]:
            return service.parts_of(reader, service.combined_of(reader, call.who, combined.id))

        return show_combined(combined, await db.read(query), cashier_url, db.vault)

    @api.post(
        "/v1/combined_payments",
        guard=guard,
        body=CombinedBody,
        answers=CombinedView,
        status=CREATED,
        keyed=True,
        refuses=(
            *_ALLOWED,
            AmountNotPositive,
            AmountTooLarge,
            CurrencyUnknown,
            AppNotFound,
            m.CombinedNotFound,
            m.PartsInvalid,
            m.ReferenceInvalid,
            m.ReferenceTaken,
            m.TextTooLong,
            m.MetadataInvalid,
            m.ReturnUrlInvalid,
            m.ExpiryInvalid,
        ),
    )
    async def create(call: Call, body: CombinedBody) -> CombinedView:
        """Ask to be paid several payments at once: all succeed or none.

        Each is an ordinary payment of its app: the asking one, another of the same partner, or one that
        lets the asking app act for it. They are refunded and split one by one, but paid, canceled and
        expired together, on the `cashier_url` of the whole.
        """
        parts = tuple(
            m.Part(
                one.amount,
                one.currency,
                one.reference,
                one.app_id,
                one.description,
                one.split,
                one.metadata,
            )
            for one in body.payments
        )
        expires_at = moment(body.expires_at, "expires_at")
        ask = m.AskCombined(
            call.who, body.reference, parts, body.description, body.return_url, expires_at
        )
        once = call.once(call.who.once_scope, service.create_combined, ask, Combined)
        return await answer(call, await db.write_once(once))

    @api.get(
        "/v1/combined_payments",
        guard=guard,
        answers=CombinedPayments,
        params=(Param("reference", "The app's own number of the whole."),),
        refuses=_ALLOWED,
    )
    async def by_reference(call: Call) -> CombinedPayments:
        """The combined payment of a number, if there is one."""
        partners.allows(call.who, "payments:read")
        wanted = call.param("reference")
        found = await db.read(shown, service.combined_by_reference, call.who, wanted)
        return CombinedPayments([found] if found else [])

    @api.get(
        "/v1/combined_payments/{id}",
        guard=guard,
        answers=CombinedView,
        refuses=(*_ALLOWED, m.CombinedNotFound),
    )
    async def one(call: Call, combined_id: str) -> CombinedView:
        """One combined payment as it stands, with its payments."""
        partners.allows(call.who, "payments:read")
        found = await db.read(shown, service.combined_of, call.who, combined_id)
        assert found is not None
        return found

    @api.post(
        "/v1/combined_payments/{id}/cancellation",
        guard=guard,
        body=show.ReasonBody,
        answers=CombinedView,
        keyed=True,
        refuses=(*_ALLOWED, m.CombinedNotFound, m.PaymentNotCancelable, m.TextTooLong),
    )
    async def cancel(call: Call, combined_id: str, body: show.ReasonBody) -> CombinedView:
        """Nobody shall pay these any more. Refused unless open: money may be on its way."""
        ask = m.AskOnCombined(call.who, combined_id, body.reason)
        once = call.once(call.who.once_scope, service.cancel_combined, ask, Combined)
        return await answer(call, await db.write_once(once))

    return api
