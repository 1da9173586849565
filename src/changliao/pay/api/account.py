"""Routes for shops: methods, customers, balances, one payment's whole history."""

from collections.abc import Mapping
from typing import Any

import msgspec

from changliao.bus import outbox
from changliao.db.db import Db
from changliao.db.driver import Reader
from changliao.db.vault import Vault
from changliao.kernel.instant import Instant, rfc3339
from changliao.kernel.value import View
from changliao.partners import service as partners
from changliao.partners.model import Caller, RoleForbids, ScopeForbids
from changliao.pay import model as m
from changliao.pay import service
from changliao.pay.api import show
from changliao.pay.api.shop import CashierUrl
from changliao.pay.model import Customer, Mode
from changliao.rails import service as rails_service
from changliao.rails.model import Attempt
from changliao.wire.call import Call
from changliao.wire.routes import CREATED, Guard, Routes

_ALLOWED = (ScopeForbids, RoleForbids)


class ShopBalanceView(View, frozen=True):
    """A shop's money of one currency, in minor units; `available` leaves out what is set aside for
    persons, `pending` is held for it and not captured. `unsplit` is beside the balance: set aside to be
    split."""

    currency: str
    balance: int
    available: int
    pending: int
    unsplit: int


class Balances(View, frozen=True):
    """A shop's money."""

    mode: str
    items: list[ShopBalanceView]


class AttemptView(View, frozen=True):
    """One try on a rail."""

    id: str
    rail: str
    direction: str
    purpose: str
    state: str
    reason: str
    amount: int
    currency: str
    asked: int
    created_at: str
    changed_at: str


class FactView(View, frozen=True):
    """One thing that happened."""

    id: str
    sequence: int
    kind: str
    at: str
    data: dict[str, Any]


class History(View, frozen=True):
    """Everything about one payment: attempts, refunds, facts. GET /v1/deliveries?about= has its
    webhooks."""

    payment: show.PaymentView
    refunds: list[show.RefundView]
    attempts: list[AttemptView]
    facts: list[FactView]


def show_attempt(attempt: Attempt) -> AttemptView:
    """An attempt as the shop sees it."""
    return AttemptView(
        attempt.id,
        attempt.rail,
        attempt.direction,
        attempt.purpose,
        attempt.state,
        attempt.reason,
        attempt.amount,
        attempt.currency,
        attempt.asked,
        rfc3339(Instant(attempt.created_at)),
        rfc3339(Instant(attempt.changed_at)),
    )


def _history(
    reader: Reader, vault: Vault, who: Caller, payment_id: str, cashier_url: CashierUrl
) -> History:
    payment = service.payment_of(reader, who, payment_id)
    refunds = service.refunds_of(reader, payment.id)
    attempts = rails_service.attempts_about(reader, payment.id)
    if payment.combined_id:
        attempts += rails_service.attempts_about(reader, payment.combined_id)
    for refund in refunds:
        attempts += rails_service.attempts_about(reader, refund.id)
    facts = outbox.facts_about(reader, payment.id)
    return History(
        show.show_payment(
            payment, cashier_url(payment.combined_id or payment.id), show.payer_of(vault, payment)
        ),
        [show.show_refund(one) for one in refunds],
        [show_attempt(one) for one in attempts],
        [
            FactView(
                f"evt_{one.seq}",
                one.seq,
                one.kind,
                rfc3339(Instant(one.at)),
                msgspec.json.decode(one.body),
            )
            for one in facts
        ],
    )


def _balances(reader: Reader, who: Caller) -> list[ShopBalanceView]:
    """A line for each currency of which there is or was money, on the balance or set aside."""
    found = {one.currency: one for one in service.accounts_of(reader, who)}
    aside = {one.currency: one for one in service.aside_of(reader, who)}
    lines = []
    for currency in sorted(found.keys() | aside.keys()):
        one, unsplit = found.get(currency), aside.get(currency)
        lines.append(
            ShopBalanceView(
                currency,
                one.balance if one else 0,
                one.available if one else 0,
                sum(account.credits_pending for account in (one, unsplit) if account),
                unsplit.balance if unsplit else 0,
            )
        )
    return lines


def routes(
    db: Db,
    guard: Guard[Caller],
    agent: Guard[Caller],
    cashier_url: CashierUrl,
    rails: Mapping[str, Mode],
) -> Routes:
    """Methods, customers, balances; a payment's history, for an app that acts for its shop too."""
    api = Routes("Shop account")

    def method_ask(call: Call, method_id: str, reason: str = "") -> m.AskMethod:
        method, _, channel = method_id.rpartition(".")
        known = method == m.WALLET_METHOD or rails.get(method) == call.who.mode
        if channel not in m.CHANNELS or not known:
            raise m.MethodNotFound(field="id")
        return m.AskMethod(call.who, method, channel, reason)

    @api.get("/v1/methods", guard=guard, answers=show.Methods, refuses=_ALLOWED)
    async def methods(call: Call) -> show.Methods:
        """The methods the app offers in each channel, and the rails it could offer."""
        who: Caller = call.who
        partners.allows(who, "payments:read")
        found = await db.read(service.methods_of, who.app_id, who.mode)
        return show.Methods(
            [show.show_method(one) for one in found],
            sorted(name for name, mode in rails.items() if mode == who.mode),
        )

    @api.post(
        "/v1/methods",
        guard=guard,
        body=show.MethodBody,
        answers=show.MethodView,
        status=CREATED,
        refuses=(*_ALLOWED, m.MethodNotFound),
    )
    async def offer(call: Call, body: show.MethodBody) -> show.MethodView:
        """Offer a rail in a channel. The wallet is offered by itself."""
        ask = method_ask(call, f"{body.method}.{body.channel}")
        return show.show_method(await db.write(service.offer_method, ask))

    @api.post(
        "/v1/methods/{id}/suspension",
        guard=guard,
        body=show.ReasonBody,
        answers=show.MethodView,
        refuses=(*_ALLOWED, m.MethodNotFound, m.ReasonMissing, m.TextTooLong),
    )
    async def suspend(call: Call, method_id: str, body: show.ReasonBody) -> show.MethodView:
        """Do not take a method in a channel for now. The reason is shown to people."""
        ask = method_ask(call, method_id, body.reason)
        return show.show_method(await db.write(service.suspend_method, ask))

    @api.delete(
        "/v1/methods/{id}/suspension",
        guard=guard,
        answers=show.MethodView,
        refuses=(*_ALLOWED, m.MethodNotFound),
    )
    async def resume(call: Call, method_id: str) -> show.MethodView:
        """Take a method again."""
        ask = method_ask(call, method_id)
        return show.show_method(await db.write(service.resume_method, ask))

    @api.post(
        "/v1/customers",
        guard=guard,
        body=show.CustomerBody,
        answers=show.CustomerView,
        status=CREATED,
        keyed=True,
        refuses=(*_ALLOWED, m.ReferenceInvalid, m.TextTooLong),
    )
    async def add_customer(call: Call, body: show.CustomerBody) -> show.CustomerView:
        """Make a customer known by the shop's own number; the same number is the same customer."""
        ask = m.AskCustomer(call.who, body.reference, body.name)
        once = call.once(call.who.once_scope, service.add_customer, ask, Customer)
        return show.show_customer(await db.write_once(once))

    @api.get(
        "/v1/customers/{id}",
        guard=guard,
        answers=show.CustomerView,
        refuses=(*_ALLOWED, m.CustomerNotFound),
    )
    async def customer(call: Call, customer_id: str) -> show.CustomerView:
        """One customer."""
        partners.allows(call.who, "payments:read")
        return show.show_customer(await db.read(service.customer_of, call.who, customer_id))

    @api.get("/v1/balances", guard=guard, answers=Balances, refuses=_ALLOWED)
    async def balances(call: Call) -> Balances:
        """The app's money per currency."""
        who: Caller = call.who
        partners.allows(who, "balances:read")
        return Balances(who.mode, await db.read(_balances, who))

    @api.get(
        "/v1/payments/{id}/history",
        guard=agent,
        answers=History,
        refuses=(*_ALLOWED, m.PaymentNotFound),
    )
    async def history(call: Call, payment_id: str) -> History:
        """Everything that happened to one payment."""
        partners.allows(call.who, "payments:read")
        return await db.read(_history, db.vault, call.who, payment_id, cashier_url)

    return api
