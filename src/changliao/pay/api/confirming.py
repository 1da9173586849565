"""Routes by which a person pays: what a passkey is asked to sign, and the confirmation."""

from changliao.db.db import Db
from changliao.kernel.value import View
from changliao.pay import model as m
from changliao.pay import service
from changliao.pay.api import show
from changliao.pay.api.cashier import (
    CashierPaymentView,
    Site,
    asked_for,
    return_to,
    show_payment,
    shown,
)
from changliao.pay.model import Combined, Mode, Payment
from changliao.people.model import PinLocked, PinMissing, SignedIn, WrongPin
from changliao.people.model.passkeys import (
    AskChallenge,
    Asked,
    PasskeyChallengeGone,
    PasskeyLocked,
    PasskeyMissing,
    PasskeysUnavailable,
    WrongPasskey,
)
from changliao.people.service import passkeys
from changliao.rails.model import InstrumentInvalid
from changliao.wallet.model import InsufficientFunds
from changliao.wire.call import Call
from changliao.wire.limits import Buckets
from changliao.wire.refusals import RateLimited
from changliao.wire.routes import CREATED, Guard, Routes

_CONFIRMS = (
    m.PaymentNotOpen,
    m.PaymentExpired,
    m.MethodNotFound,
    m.MethodSuspended,
    m.ModeForbids,
    InstrumentInvalid,
    WrongPin,
    WrongPasskey,
    PasskeyLocked,
    PasskeyChallengeGone,
    PinLocked,
    PinMissing,
    InsufficientFunds,
)
PER_S, BURST = 1, 30
"""How often one person may ask what to sign."""


class ConfirmedView(View, frozen=True):
    """What a confirmation came to, for ever the same; GET /v1/cashier/{id} shows how things stand."""

    payment: CashierPaymentView
    return_to: str | None


def routes(db: Db, person: Guard[SignedIn], site: Site, modes: tuple[Mode, ...]) -> Routes:
    """The challenges and the confirmation of payments, single and combined."""
    api, buckets = Routes("Cashier"), Buckets()
    origin = passkeys.origin_of(site.url)

    async def asked(call: Call, payment_id: str, body: show.ChallengeBody) -> Asked:
        service.check_token(db.vault, payment_id, body.token)
        who: SignedIn = call.who
        buckets.take(who.person.id, PER_S, BURST)
        about = await db.read(service.worth_confirming, await db.read(asked_for, payment_id))
        wish = AskChallenge("confirm", who.person.id, origin, about)
        return await db.read(
            passkeys.asked_to_confirm, await db.write(passkeys.ask_challenge, wish)
        )

    @api.post(
        "/v1/payments/{id}/challenges",
        guard=person,
        body=show.ChallengeBody,
        answers=Asked,
        status=CREATED,
        refuses=(m.PaymentNotFound, PasskeysUnavailable, PasskeyMissing, RateLimited),
    )
    async def ask(call: Call, payment_id: str, body: show.ChallengeBody) -> Asked:
        """Ask what a passkey must sign to pay this: it covers payment, amount and shop.

        Hand `public_key` to `navigator.credentials.get` and its answer to the confirmation within five
        minutes; it counts once, and for nothing else.
        """
        return await asked(call, payment_id, body)

    @api.post(
        "/v1/combined_payments/{id}/challenges",
        guard=person,
        body=show.ChallengeBody,
        answers=Asked,
        status=CREATED,
        refuses=(
            m.PaymentNotFound,
            m.CombinedNotFound,
            PasskeysUnavailable,
            PasskeyMissing,
            RateLimited,
        ),
    )
    async def ask_for_all(call: Call, combined_id: str, body: show.ChallengeBody) -> Asked:
        """Ask what a passkey must sign to pay all the payments of a combined one."""
        return await asked(call, combined_id, body)

    def confirmation(call: Call, payment_id: str, body: show.ConfirmationBody) -> m.AskConfirm:
        service.check_token(db.vault, payment_id, body.token)
        return m.AskConfirm(
            call.who.person.id,
            payment_id,
            body.method,
            body.channel,
            body.pin,
            body.instrument,
            modes,
            call.client_ip,
            body.passkey,
        )

    @api.post(
        "/v1/payments/{id}/confirmation",
        guard=person,
        body=show.ConfirmationBody,
        answers=ConfirmedView,
        keyed=True,
        refuses=(
            m.PaymentNotFound,
            m.PaymentIsCombined,
            m.CaptureUnsupported,
            *_CONFIRMS,
        ),
    )
    async def confirm(call: Call, payment_id: str, body: show.ConfirmationBody) -> ConfirmedView:
        """Pay, as the person who is signed in, with the payment PIN or a passkey."""
        ask = confirmation(call, payment_id, body)
        once = call.once(ask.person_id, service.confirm_payment, ask, Payment)
        payment: Payment = await db.write_once(once)
        back = return_to(payment, payment.status, site.signing_seed, payment.changed_at)
        return ConfirmedView(show_payment(payment, payment.status), back)

    @api.post(
        "/v1/combined_payments/{id}/confirmation",
        guard=person,
        body=show.ConfirmationBody,
        answers=ConfirmedView,
        keyed=True,
        refuses=(m.PaymentNotFound, m.CombinedNotFound, *_CONFIRMS),
    )
    async def confirm_all(
        call: Call, combined_id: str, body: show.ConfirmationBody
    ) -> ConfirmedView:
        """Pay all the payments of a combined one, or none, with the payment PIN or a passkey."""
        ask = confirmation(call, combined_id, body)
        once = call.once(ask.person_id, service.confirm_combined, ask, Combined)
        combined: Combined = await db.write_once(once)
        # As it was in that commit, for ever the same: refunds that came since are left out.
        captured = combined.amount if combined.status == "paid" else 0
        back = return_to(combined, combined.status, site.signing_seed, combined.changed_at)
        return ConfirmedView(shown(combined, combined.status, captured, 0, "auto"), back)

    return api
