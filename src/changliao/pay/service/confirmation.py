"""Paying: by a person with a PIN, by a shop within a mandate, on a rail."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from changliao.db.lane import Wish, touches
from changliao.db.tx import Tx
from changliao.kernel.refusal import Refusal
from changliao.ledger import service as ledger
from changliao.ledger.model import Account, AskTransfer, ExceedsCredits
from changliao.partners import service as partners
from changliao.partners.model import Caller
from changliao.pay import model as m
from changliao.pay import rules
from changliao.pay.events import (
    PaymentAttemptFailed,
    PaymentAuthorized,
    PaymentPaid,
    PaymentProcessing,
)
from changliao.pay.model import (
    SHOP,
    UNSPLIT,
    WALLET_METHOD,
    AskConfirm,
    AskGiveUp,
    AskShopConfirm,
    Channel,
    Combined,
    Confirmation,
    Mode,
    Payment,
)
from changliao.pay.service.acting import acted
from changliao.pay.store import COMBINED, METHODS, PAYMENTS
from changliao.people.model.passkeys import Proof
from changliao.people.service import passkeys
from changliao.rails import service as rails
from changliao.rails.model import AskAttempt, NothingToGiveUp
from changliao.wallet import service as wallet
from changliao.wallet.model import AskSpend, InsufficientFunds

P = TypeVar("P")

PURPOSE = "payment"


def confirm_payment(tx: Tx, ask: AskConfirm) -> Payment | Refusal:
    """A person pays. From the wallet the money moves (or is held) at once; on a rail an attempt begins.

    Refusals about the proof are *returned*, so that the count of wrong ones is kept, and a passkey's
    challenge stays spent whatever else refuses; all others are raised and leave nothing behind.
    """
    payment = rules.payable(tx.get(PAYMENTS, ask.payment_id), tx.now)
    if payment.mode not in ask.modes:
        raise m.ModeForbids(field="id")
    check_method(tx, payment, ask.method, ask.channel)
    if refusal := passkeys.check_proof(tx, proof(ask, rules.worth_confirming(payment))):
        return refusal
    return carried_out(tx, ask, lambda tx, ask: _pay(tx, payment, ask))


def _pay(tx: Tx, payment: Payment, ask: AskConfirm) -> Payment:
    if ask.method == WALLET_METHOD:
        return pay_from_wallet(tx, payment, ask.person_id)
    return began(tx, payment, ask.method, ask.person_id, pay_on_rail(tx, payment, PURPOSE, ask))


def proof(ask: AskConfirm, about: str) -> Proof:
    """How the person proves it, and what a passkey must have signed."""
    return Proof(ask.person_id, ask.pin, ask.passkey, about)


def carried_out(tx: Tx, ask: AskConfirm, pay: Callable[[Tx, AskConfirm], P]) -> P | Refusal:
    """What was proven is done. After a passkey a refusal is returned: raising it would bring the challenge
    back to life."""
    return pay(tx, ask) if ask.passkey is None else tx.attempt(pay, ask)


def confirm_by_shop(tx: Tx, ask: AskShopConfirm) -> Payment:
    """A shop confirms its own payment: within a person's mandate, or on a rail the customer pays on."""
    partners.allows(ask.caller, "payments:write")
    payment = rules.own(tx.get(PAYMENTS, ask.payment_id), ask.caller)
    confirmed = _confirmed(tx, rules.payable(payment, tx.now), ask.confirm)
    acted(tx, ask.caller, f"payment.{confirmed.status}", payment, payment.amount)
    return confirmed


def _confirmed(tx: Tx, payment: Payment, confirm: Confirmation) -> Payment:
    if confirm.mandate_id:
        check_method(tx, payment, WALLET_METHOD, "web")
        spend = AskSpend(
            confirm.mandate_id, payment.app_id, payment.mode, payment.amount, payment.currency
        )
        mandate = wallet.spend_mandate(tx, spend)
        return pay_from_wallet(tx, payment, mandate.person_id)
    if confirm.method in ("", WALLET_METHOD):
        raise m.OwnPayment(field="confirm")
    check_method(tx, payment, confirm.method, "web")
    way = AskConfirm("", payment.id, confirm.method, "web", "", confirm.instrument)
    return began(tx, payment, confirm.method, "", pay_on_rail(tx, payment, PURPOSE, way))


def give_up(tx: Tx, ask: AskGiveUp) -> None:
    """The payer wants to pay another way than at a rail's own page. The rail is told, and says whether
    the payment is open again or was paid after all; until then it stays as it is."""
    table: Any = COMBINED if ask.payment_id.startswith("cmb_") else PAYMENTS
    asked = tx.get(table, ask.payment_id)
    if asked is None or asked.payer != ask.person_id:
        raise m.PaymentNotFound(field="id")
    if asked.status != "processing":
        raise NothingToGiveUp(field="id", status=asked.status)
    rails.give_up(tx, asked.attempt_id)


@touches(confirm_payment)
def _wishes_of_person(tx: Tx, ask: AskConfirm) -> Iterator[Wish | None]:
    yield PAYMENTS, ask.payment_id
    yield from passkeys.proof_wishes(proof(ask, ""))
    yield None
    if payment := tx.peek(PAYMENTS, ask.payment_id):
        yield METHODS, (payment.app_id, payment.mode, ask.method, ask.channel)
        if ask.method == WALLET_METHOD:
            yield wallet.wallet_wish(ask.person_id, payment.currency, payment.mode)
            yield till_wish(payment.app_id, payment.currency, payment.mode, payment.split)


@touches(confirm_by_shop)
def _wishes_of_shop(tx: Tx, ask: AskShopConfirm) -> Iterator[Wish | None]:
    yield PAYMENTS, ask.payment_id
    yield None
    if payment := tx.peek(PAYMENTS, ask.payment_id):
        yield from confirm_wishes(tx, ask.caller, ask.confirm, payment.currency, payment.split)


def confirm_wishes(
    tx: Tx, caller: Caller, confirm: Confirmation, currency: str, split: bool
) -> Iterator[Wish | None]:
    """What confirming by a shop looks for, but for the payment itself."""
    method = WALLET_METHOD if confirm.mandate_id else confirm.method
    yield METHODS, (caller.app_id, caller.mode, method, "web")
    if confirm.mandate_id:
        yield till_wish(caller.app_id, currency, caller.mode, split)
        yield from wallet.mandate_wishes(tx, confirm.mandate_id)


def till_wish(app_id: str, currency: str, mode: Mode, split: bool = False) -> Wish:
    """What `till` looks for."""
    return ledger.account_wish(app_id, UNSPLIT if split else SHOP, currency, mode)


def shop_account(tx: Tx, payment: Payment) -> Account:
    """Where the shop's money of this currency stands. It never goes below zero."""
    return ledger.account_of(
        tx, payment.app_id, SHOP, payment.currency, payment.mode, no_overdraft=True
    )


def unsplit_account(tx: Tx, payment: Payment) -> Account:
    """Where the shop's money stands that is set aside to be split. It never goes below zero."""
    return ledger.account_of(
        tx, payment.app_id, UNSPLIT, payment.currency, payment.mode, no_overdraft=True
    )


def till(tx: Tx, payment: Payment) -> Account:
    """Where the money of this payment comes in: aside when it is to be split, or the shop's own."""
    return unsplit_account(tx, payment) if payment.split else shop_account(tx, payment)


def pay_from_wallet(tx: Tx, payment: Payment, person_id: str) -> Payment:
    """Move the money from wallet to shop, or hold it when the shop captures later."""
    purse = wallet.wallet_of(tx, person_id, payment.currency, payment.mode)
    shop = till(tx, payment)
    held = payment.capture == "manual"
    ask = AskTransfer(
        payment.amount,
        purse.id,
        shop.id,
        "payment",
        "pending" if held else "single",
        ref=payment.id,
        memo=payment.reference,
        timeout_s=rules.HOLD_S if held else 0,
    )
    try:
        transfer = ledger.post(tx, ask)
    except ExceedsCredits as short:
        raise InsufficientFunds(field="amount", available=purse.available) from short
    if held:
        return authorized(tx, payment, person_id, transfer.id, transfer.expires_at)
    return paid(tx, payment, WALLET_METHOD, payer=person_id)


def pay_on_rail(tx: Tx, asked: Payment | Combined, purpose: str, way: AskConfirm) -> str:
    """Begin an attempt, and answer its id; what is paid is `processing` until the rail has said what
    became of it."""
    if isinstance(asked, Payment) and asked.capture == "manual":
        raise m.CaptureUnsupported(field="method")
    attempt = AskAttempt(
        way.method,
        "in",
        purpose,
        asked.id,
        asked.mode,
        asked.amount,
        asked.currency,
        way.instrument,
        channel=way.channel,
        payer_ip=way.payer_ip,
    )
    return rails.open_attempt(tx, attempt).id


def began(tx: Tx, payment: Payment, rail: str, person_id: str, attempt_id: str) -> Payment:
    """Somebody pays on a rail."""
    payment = rules.moved(
        payment,
        "processing",
        tx.now,
        method=rail,
        payer=person_id,
        attempt_id=attempt_id,
        reason="",
    )
    tx.emit(
        PaymentProcessing(payment.id, payment.reference, payment.amount, payment.currency, rail),
        about=payment.id,
        audience=payment.audience,
    )
    return tx.put(PAYMENTS, payment)


def reopened(tx: Tx, payment: Payment, rail: str, reason: str) -> Payment:
    """The rail has refused for certain: the payment can be paid again."""
    payment = rules.moved(payment, "open", tx.now, reason=reason, attempt_id="", payer="")
    tx.emit(
        PaymentAttemptFailed(
            payment.id, payment.reference, payment.amount, payment.currency, rail, reason
        ),
        about=payment.id,
        audience=payment.audience,
    )
    return tx.put(PAYMENTS, payment)


def paid(tx: Tx, payment: Payment, method: str, *, payer: str = "") -> Payment:
    """The shop has all of the money, on its balance or set aside."""
    payment = rules.moved(
        rules.set_aside(payment, payment.amount, tx.now) if payment.split else payment,
        "paid",
        tx.now,
        method=method,
        payer=payer or payment.payer,
        captured_amount=payment.amount,
        paid_at=tx.now,
        reason="",
    )
    tell_paid(tx, payment)
    return tx.put(PAYMENTS, payment)


def tell_paid(tx: Tx, payment: Payment) -> None:
    """Say that a payment is paid: once in its life."""
    tx.emit(
        PaymentPaid(
            payment.id,
            payment.reference,
            payment.amount,
            payment.currency,
            payment.captured_amount,
            payment.method,
        ),
        about=payment.id,
        audience=payment.audience,
    )


def authorized(
    tx: Tx, payment: Payment, person_id: str, hold_id: str, hold_expires_at: int
) -> Payment:
    """The money is held."""
    payment = rules.moved(
        payment,
        "authorized",
        tx.now,
        method=WALLET_METHOD,
        payer=person_id,
        hold_id=hold_id,
        hold_expires_at=hold_expires_at,
        reason="",
    )
    tx.emit(
        PaymentAuthorized(
            payment.id, payment.reference, payment.amount, payment.currency, payment.method
        ),
        about=payment.id,
        audience=payment.audience,
    )
    return tx.put(PAYMENTS, payment)


def check_method(tx: Tx, payment: Payment, method: str, channel: Channel) -> None:
    """Refuse a method that the payment's shop does not offer in the channel, or has suspended."""
    row = tx.get(METHODS, (payment.app_id, payment.mode, method, channel))
    rules.offered(row, method)
