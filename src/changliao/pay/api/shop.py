"""Routes for shops: payments, captures, voids, refunds."""

from collections.abc import Callable
from datetime import datetime

from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.kernel.instant import Instant, from_datetime
from changliao.ledger.model import AmountNotPositive, AmountTooLarge, CurrencyUnknown
from changliao.partners import service as partners
from changliao.partners.model import Caller, RoleForbids, ScopeForbids
from changliao.pay import model as m
from changliao.pay import service
from changliao.pay.api import show
from changliao.pay.model import Confirmation, Payment, Refund
from changliao.rails.model import InstrumentInvalid
from changliao.wallet import model as wm
from changliao.wire.call import Call
from changliao.wire.refusals import BadRequest
from changliao.wire.routes import CREATED, Guard, Param, Routes

PAGING = (
    Param("after", "Cursor: `next` of the page before."),
    Param("limit", "Rows of a page, 1 to 100; 20 by default.", int),
)
CashierUrl = Callable[[str], str]
"""The address of a payment's cashier, token included."""

_ALLOWED = (ScopeForbids, RoleForbids)
_AMOUNTS = (AmountNotPositive, AmountTooLarge, CurrencyUnknown)


def moment(text: str, field: str) -> int:
    """RFC 3339 text as microseconds; 0 when left out."""
    if not text:
        return 0
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(
            f"`{field}` must be RFC 3339, such as 2026-01-31T08:00:00Z.", field=field
        ) from None
    if parsed.tzinfo is None:
        raise BadRequest(f"`{field}` must name its offset from UTC, such as Z.", field=field)
    return Instant(from_datetime(parsed))


def positive(amount: int | None) -> int:
    """An amount that was left out is 0, all that is left; one that was sent must be above 0."""
    if amount is not None and amount <= 0:
        raise AmountNotPositive(field="amount")
    return amount or 0


def routes(db: Db, guard: Guard[Caller], cashier_url: CashierUrl) -> Routes:
    """Everything under /v1/payments and /v1/refunds that a shop calls."""
    api = Routes("Payments")

    def shown(payment: Payment) -> show.PaymentView:
        payer = show.payer_of(db.vault, payment)
        return show.show_payment(payment, cashier_url(payment.combined_id or payment.id), payer)

    def scope(caller: Caller) -> str:
        return caller.once_scope

    @api.post(
        "/v1/payments",
        guard=guard,
        body=show.PaymentBody,
        answers=show.PaymentView,
        status=CREATED,
        keyed=True,
        refuses=(
            *_ALLOWED,
            *_AMOUNTS,
            m.ReferenceInvalid,
            m.ReferenceTaken,
            m.TextTooLong,
            m.MetadataInvalid,
            m.ReturnUrlInvalid,
            m.ExpiryInvalid,
            m.CustomerNotFound,
            m.OwnPayment,
            m.MethodNotFound,
            m.MethodSuspended,
            m.CaptureUnsupported,
            InstrumentInvalid,
            wm.MandateNotFound,
            wm.MandateRevoked,
            wm.MandateExceeded,
            wm.InsufficientFunds,
        ),
    )
    async def create(call: Call, body: show.PaymentBody) -> show.PaymentView:
        """Ask to be paid.

        Send the person to `cashier_url`, or confirm at once with `confirm`. The order number
        (`reference`) is unique for ever per app and mode: the same content again answers the same
        payment, other content is refused.
        """
        confirm = body.confirm
        ask = m.AskPayment(
            call.who,
            body.amount,
            body.currency,
            body.reference,
            body.description,
            body.return_url,
            moment(body.expires_at, "expires_at"),
            body.capture,
            body.customer_id,
            body.metadata,
            Confirmation(confirm.mandate_id, confirm.method, confirm.instrument)
            if confirm
            else None,
            body.split,
        )
        once = call.once(scope(call.who), service.create_payment, ask, Payment)
        return shown(await db.write_once(once))

    @api.get(
        "/v1/payments",
        guard=guard,
        answers=show.Payments,
        params=(
            *PAGING,
            Param("reference", "The shop's own order number: that payment alone."),
            Param("status", "Only payments of this status."),
            Param("q", "Looked for in order number, description and id."),
        ),
        refuses=_ALLOWED,
    )
    async def find(call: Call) -> show.Payments:
        """The app's payments, newest first, or the one of an order number."""
        who: Caller = call.who
        partners.allows(who, "payments:read")
        if reference := call.param("reference"):
            one = await db.read(service.payment_by_reference, who, reference)
            return show.Payments([shown(one)] if one else [], None)
        limit = call.limit
        found = await db.read(
            service.payments_of,
            who,
            status=call.param("status"),
            text=call.param("q")[:100],
            before=call.after,
            limit=limit,
        )
        more = found[-1].id if len(found) == limit else None
        return show.Payments([shown(one) for one in found], more)

    @api.get(
        "/v1/payments/{id}",
        guard=guard,
        answers=show.PaymentView,
        refuses=(*_ALLOWED, m.PaymentNotFound),
    )
    async def one(call: Call, payment_id: str) -> show.PaymentView:
        """One payment as it stands."""
        partners.allows(call.who, "payments:read")
        return shown(await db.read(service.payment_of, call.who, payment_id))

    @api.post(
        "/v1/payments/{id}/cancellation",
        guard=guard,
        body=show.ReasonBody,
        answers=show.PaymentView,
        keyed=True,
        refuses=(
            *_ALLOWED,
            m.PaymentNotFound,
            m.PaymentNotCancelable,
            m.PaymentIsCombined,
            m.TextTooLong,
        ),
    )
    async def cancel(call: Call, payment_id: str, body: show.ReasonBody) -> show.PaymentView:
        """Nobody shall pay this any more. Refused unless it is open: money may be on its way."""
        ask = m.AskOnPayment(call.who, payment_id, reason=body.reason)
        once = call.once(scope(call.who), service.cancel_payment, ask, Payment)
        return shown(await db.write_once(once))

    @api.post(
        "/v1/payments/{id}/captures",
        guard=guard,
        body=show.CaptureBody,
        answers=show.PaymentView,
        keyed=True,
        refuses=(
            *_ALLOWED,
            m.PaymentNotFound,
            m.PaymentNotAuthorized,
            m.PaymentExpired,
            m.CaptureTooLarge,
            AmountNotPositive,
        ),
    )
    async def capture(call: Call, payment_id: str, body: show.CaptureBody) -> show.PaymentView:
        """Take some of what is held, many times if need be. The first capture makes it paid."""
        ask = m.AskOnPayment(call.who, payment_id, positive(body.amount), body.final)
        once = call.once(scope(call.who), service.capture, ask, Payment)
        return shown(await db.write_once(once))

    @api.post(
        "/v1/payments/{id}/void",
        guard=guard,
        body=show.ReasonBody,
        answers=show.PaymentView,
        keyed=True,
        refuses=(
            *_ALLOWED,
            m.PaymentNotFound,
            m.PaymentNotAuthorized,
            m.PaymentExpired,
            m.HoldUsed,
            m.TextTooLong,
        ),
    )
    async def void(call: Call, payment_id: str, body: show.ReasonBody) -> show.PaymentView:
        """Give all that is held back to the payer; refused once a part was captured."""
        ask = m.AskOnPayment(call.who, payment_id, reason=body.reason)
        once = call.once(scope(call.who), service.void, ask, Payment)
        return shown(await db.write_once(once))

    @api.post(
        "/v1/payments/{id}/refunds",
        guard=guard,
        body=show.RefundBody,
        answers=show.RefundView,
        status=CREATED,
        keyed=True,
        refuses=(
            *_ALLOWED,
            m.PaymentNotFound,
            m.PaymentNotPaid,
            m.RefundTooLarge,
            m.ReferenceTaken,
            m.AmountMismatch,
            m.TextTooLong,
            AmountNotPositive,
        ),
    )
    async def refund(call: Call, payment_id: str, body: show.RefundBody) -> show.RefundView:
        """Give money back: all or part, many times, never more than is left.

        A wallet has it at once. On a rail, or with too little on the shop's account, the refund is
        `pending`; it succeeds or fails later, and a webhook tells.
        """
        ask = m.AskRefund(call.who, payment_id, positive(body.amount), body.reference, body.reason)
        once = call.once(scope(call.who), service.request_refund, ask, Refund)
        return show.show_refund(await db.write_once(once))

    @api.get(
        "/v1/payments/{id}/refunds",
        guard=guard,
        answers=show.Refunds,
        refuses=(*_ALLOWED, m.PaymentNotFound),
    )
    async def refunds(call: Call, payment_id: str) -> show.Refunds:
        """A payment's refunds, oldest first."""
        partners.allows(call.who, "payments:read")

        def query(reader: Reader) -> show.Refunds:
            payment = service.payment_of(reader, call.who, payment_id)
            found = service.refunds_of(reader, payment.id)
            return show.Refunds([show.show_refund(one) for one in found])

        return await db.read(query)

    @api.get(
        "/v1/refunds/{id}",
        guard=guard,
        answers=show.RefundView,
        refuses=(*_ALLOWED, m.RefundNotFound),
    )
    async def one_refund(call: Call, refund_id: str) -> show.RefundView:
        """One refund as it stands."""
        partners.allows(call.who, "payments:read")
        return show.show_refund(await db.read(service.refund_of, call.who, refund_id))

    @api.post(
        "/v1/refunds/{id}/tries",
        guard=guard,
        answers=show.RefundView,
        keyed=True,
        refuses=(*_ALLOWED, m.RefundNotFound, m.RefundNotFailed, m.RefundTooLarge),
    )
    async def again(call: Call, refund_id: str) -> show.RefundView:
        """Try a failed refund again, under the same id."""
        ask = m.AskRefundAgain(call.who, refund_id)
        once = call.once(scope(call.who), service.refund_again, ask, Refund)
        return show.show_refund(await db.write_once(once))

    return api
